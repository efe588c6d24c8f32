"""The display of a search draws the results of the search and marks its choice."""

import keras
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.stats import loguniform, randint
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skdigits.displays import SweepDisplay

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def search(small, digits):
    X, _, y, _ = digits
    grid = {"hidden_layer_sizes": [(4,), (8,), (16,)], "learning_rate": [0.001, 0.01]}
    return GridSearchCV(small(epochs=2), grid, cv=2).fit(X, y)


def test_sweep_over_one_and_two_parameters(search):
    results = pd.DataFrame(search.cv_results_)
    both = SweepDisplay.from_estimator(search)
    assert both.params == ("hidden_layer_sizes", "learning_rate")
    for axes, measure in zip(both.ax_, ("test_score", "fit_time"), strict=True):
        drawn = [container[0].get_xydata() for container in axes.containers]
        for line, rate in zip(drawn, (0.001, 0.01), strict=True):
            rows = results[results.param_learning_rate == rate]
            np.testing.assert_array_equal(line, np.c_[[4, 8, 16], rows[f"mean_{measure}"]])
    one = SweepDisplay.from_estimator(search, params="learning_rate", linestyle=":")
    best_width = search.best_params_["hidden_layer_sizes"]
    of_best_width = results[results.param_hidden_layer_sizes == best_width]
    (container,) = one.ax_[0].containers
    np.testing.assert_array_equal(container[0].get_ydata(), of_best_width.mean_test_score)
    star = one.ax_[0].lines[-1].get_xydata()
    np.testing.assert_array_equal(
        star, [[search.best_params_["learning_rate"], search.best_score_]]
    )


def test_sweep_over_words(small, digits):
    X, _, y, _ = digits
    grid = {"activation": ["relu", "tanh"], "hidden_layer_sizes": [(), (4, 4)]}
    words = GridSearchCV(small(epochs=1), grid, cv=2).fit(X[:200], y[:200])
    display = SweepDisplay.from_estimator(words, params=("hidden_layer_sizes", "activation"))
    assert [tick.get_text() for tick in display.ax_[1].get_xticklabels()] == ["()", "(4, 4)"]
    assert [text.get_text() for text in display.ax_[0].get_legend().get_texts()] == [
        "relu",
        "tanh",
        "best",
    ]


def star_of(display):
    (star,) = (line for line in display.ax_[0].lines if line.get_label() == "best")
    return star.get_xydata()[0].tolist()


def test_sweep_marks_the_choice_of_the_search(small, digits):
    X, _, y, _ = digits
    widths = {"hidden_layer_sizes": [4, 8, 16]}
    chosen = GridSearchCV(small(epochs=1), widths, cv=2, refit=lambda results: 1).fit(X, y)
    star = star_of(SweepDisplay.from_estimator(chosen))
    assert star == [8, chosen.cv_results_["mean_test_score"][1]]
    metrics = {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"}
    several = GridSearchCV(small(epochs=1), widths, cv=2, **metrics).fit(X, y)
    display = SweepDisplay.from_estimator(several)
    assert display.ax_[0].get_ylabel() == "neg_log_loss"
    assert star_of(display)[1] == several.cv_results_["mean_test_neg_log_loss"].max()
    with pytest.raises(ValueError, match=r"scoring must name.* accuracy, neg_log_loss; got 'f1'"):
        SweepDisplay.from_estimator(several, scoring="f1")


def test_sweep_of_successive_halving_draws_the_last_round_of_each(small, digits):
    X, _, y, _ = digits
    grid = {"learning_rate": [0.0001, 0.001, 0.01, 0.03]}
    search = HalvingGridSearchCV(
        small(), grid, cv=2, resource="epochs", min_resources=1, max_resources=4, random_state=0
    ).fit(X, y)
    display = SweepDisplay.from_estimator(search)
    assert display.params == ("learning_rate",)
    results = pd.DataFrame(search.cv_results_)
    last = results.drop_duplicates("param_learning_rate", keep="last")
    drawn = np.concatenate([one[0].get_xydata() for one in display.ax_[0].containers])
    expected = last.sort_values("param_learning_rate")[["param_learning_rate", "mean_test_score"]]
    np.testing.assert_array_equal(drawn, expected.to_numpy(dtype=float))
    assert star_of(display) == [search.best_params_["learning_rate"], search.best_score_]


def test_sweep_draws_unset_parameters(digits):
    X, _, y, _ = digits
    grid = [
        {"max_depth": [1, 3], "class_weight": [None, "balanced"]},
        {"min_samples_leaf": [200, 300]},
    ]
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=2).fit(X, y)
    display = SweepDisplay.from_estimator(search, params=["max_depth", "class_weight"])
    texts = [text.get_text() for text in display.ax_[0].get_legend().get_texts()]
    assert texts == ["None", "balanced", "best"]
    display = SweepDisplay.from_estimator(search, params="min_samples_leaf")
    ticks = [tick.get_text() for tick in display.ax_[1].get_xticklabels()]
    assert ticks == ["not set", "200", "300"]
    with pytest.raises(ValueError, match="one or two of the 3 parameters that vary"):
        SweepDisplay.from_estimator(search)


def test_sweep_of_a_random_halving_draws_every_candidate_once(digits):
    X, _, y, _ = digits
    space = {"max_depth": [1, 2, 3], "ccp_alpha": loguniform(1e-5, 1e-1)}
    search = HalvingRandomSearchCV(
        DecisionTreeClassifier(random_state=0), space, n_candidates=9, cv=2, random_state=0
    ).fit(X, y)
    display = SweepDisplay.from_estimator(search, params="ccp_alpha")
    (container,) = display.ax_[0].containers
    drawn = container[0].get_xdata()
    found = pd.DataFrame(search.cv_results_)
    alike = found[found.param_max_depth == search.best_params_["max_depth"]].param_ccp_alpha
    assert sorted(drawn) == sorted(set(alike))
    assert container[0].get_linestyle() == "None"  # they end in different rounds
    assert star_of(display) == [search.best_params_["ccp_alpha"], search.best_score_]


def test_sweep_of_a_random_halving_with_equal_candidates(digits):
    X, _, y, _ = digits
    tree = DecisionTreeClassifier(random_state=0)
    search = HalvingRandomSearchCV(
        tree, {"max_depth": randint(1, 4)}, n_candidates=12, cv=2, random_state=0
    ).fit(X, y)
    star = star_of(SweepDisplay.from_estimator(search))
    assert star == [search.best_params_["max_depth"], search.best_score_]


def test_powers_of_two_are_written_in_full(digits):
    X, _, y, _ = digits
    grid = {"min_samples_leaf": [2, 16, 128, 1024]}
    search = GridSearchCV(DecisionTreeClassifier(), grid, cv=2).fit(X, y)
    axes = SweepDisplay.from_estimator(search).ax_[1]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["2", "16", "128", "1024"]


@pytest.mark.parametrize("values", [(0.001, 0.003), (0.001, 0.01), (100, 200)])
def test_few_values_are_the_only_ticks(values, digits):
    X, _, y, _ = digits
    search = GridSearchCV(DecisionTreeClassifier(), {"ccp_alpha": values}).fit(X[:200], y[:200])
    axes = SweepDisplay.from_estimator(search).ax_[1]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(v) for v in values]
    assert axes.get_ylim()[1] > search.cv_results_["mean_fit_time"].max()


def test_int_and_float_values_are_distinguished(digits):
    X, _, y, _ = digits
    grid = {"max_depth": [2, 8], "max_features": [1, 1.0]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=2).fit(X, y)
    display = SweepDisplay.from_estimator(search, params=["max_depth", "max_features"])
    texts = [text.get_text() for text in display.ax_[0].get_legend().get_texts()]
    assert texts == ["1", "1.0", "best"]
    held = SweepDisplay.from_estimator(search, params="max_depth").ax_[0].get_title(loc="left")
    assert held == f"max_features = {search.best_params_['max_features']}"


def test_sweep_of_a_random_search(digits):
    X, _, y, _ = digits
    space = {"C": loguniform(1e-2, 1e2), "gamma": loguniform(1e-4, 1e-2)}
    search = RandomizedSearchCV(SVC(), space, n_iter=9, cv=2, random_state=0).fit(X[:200], y[:200])
    both = SweepDisplay.from_estimator(search)
    assert both.ax_[0].get_xscale() == "log"
    (color_bar,) = set(both.figure_.axes) - set(both.ax_)
    assert color_bar.get_ylabel() == "gamma"
    one = SweepDisplay.from_estimator(search, params="C")  # no two share a gamma, so all are drawn
    (container,) = one.ax_[0].containers
    np.testing.assert_array_equal(container[0].get_xdata(), np.sort(search.cv_results_["param_C"]))
    assert container[0].get_linestyle() == "None"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"params": "epochs"}, "params must name.* hidden_layer_sizes.*got epochs"),
        ({"scoring": "f1"}, "scoring must name a score"),
    ],
)
def test_unknown_params_and_scoring_are_errors(options, message, search):
    with pytest.raises(ValueError, match=message):
        SweepDisplay.from_estimator(search, **options)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores")
@pytest.mark.parametrize("given", [False, True])
def test_failed_candidates_keep_their_place(given, digits):
    X, _, y, _ = digits
    grid = {"criterion": ["unknown", "gini", "entropy"]}
    search = GridSearchCV(DecisionTreeClassifier(max_depth=2), grid, cv=2).fit(X, y)
    display = SweepDisplay.from_estimator(search, ax=plt.subplots(2)[1] if given else None)
    scores, times = display.ax_
    assert scores.get_xlim() == times.get_xlim()
    assert times.get_xlim()[0] < 0 < 2 < times.get_xlim()[1]
    assert [tick.get_text() for tick in times.get_xticklabels()] == grid["criterion"]
    (failed,) = (line for line in scores.lines if line.get_label() == "failed")
    assert failed.get_xdata() == [0]
    assert [text.get_text() for text in scores.get_legend().get_texts()] == ["best", "failed"]


SGD = keras.optimizers.SGD


@pytest.mark.parametrize(
    ("optimizers", "labels"),
    [
        ([SGD(), SGD(momentum=0.9)], ["SGD(momentum=0)", "SGD(momentum=0.9)"]),
        (
            ["adam", {"class_name": "SGD"}, {"class_name": "SGD", "config": {"momentum": 0.9}}],
            ["adam", "SGD", "SGD(momentum=0.9)"],
        ),
        ([SGD(0.1), keras.optimizers.Lion(0.1)], ["SGD", "Lion"]),
        (
            [{"class_name": "SGD", "config": {"learning_rate": r, "momentum": 0.9}} for r in (1, 2)]
            + [{"class_name": "SGD", "config": {"learning_rate": 1, "momentum": 0.5}}],
            [f"SGD(learning_rate={r}, momentum={m})" for r, m in ((1, 0.9), (2, 0.9), (1, 0.5))],
        ),
    ],
)
def test_optimizers_are_named_by_what_differs(optimizers, labels):
    results = {
        "params": [{"optimizer": optimizer} for optimizer in optimizers],
        "param_optimizer": optimizers,
        "mean_test_score": np.arange(len(optimizers)),
        "std_test_score": np.ones(len(optimizers)),
        "mean_fit_time": np.ones(len(optimizers)),
    }
    axes = SweepDisplay(results, params=["optimizer"]).plot().ax_[1]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == labels
