"""Searches: scikit-learn's ways to look for parameters, their progress, workers and times."""

import os
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdigits import DenseDigitClassifier, ReducedDigitClassifier

GRID = {"hidden_layer_sizes": [(8,), (24,)]}


class StopAfter:
    """A callback that asks to stop after some epochs, and keeps what it was told."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs
        self.begun, self.scores, self.torn_down = [], [], 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.torn_down += 1

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name == "epoch":
            self.scores.append(fitted_estimator.score(X, y))
        return context.task_name == "epoch" and context.task_id + 1 == self.n_epochs


def test_callback_sees_every_epoch_and_may_stop(small, digits):
    X, _, y, _ = digits
    stop = StopAfter(3)
    classifier = small(epochs=10, learning_rate_schedule="constant").set_callbacks(stop).fit(X, y)
    assert classifier.n_iter_ == 3
    assert len(classifier.history_["loss"]) == 3
    assert stop.begun == ["fit"] + 3 * ["epoch"]
    assert stop.torn_down == 1
    scores = [
        small(epochs=epochs, learning_rate_schedule="constant").fit(X, y).score(X, y)
        for epochs in (1, 2, 3)
    ]
    assert stop.scores == scores


def test_a_callback_that_stops_keeps_the_best_weights(small, digits):
    X, X_val, y, y_val = digits
    stop = StopAfter(4)
    classifier = small(epochs=10, early_stopping=True, learning_rate=0.3).set_callbacks(stop)
    classifier.fit(X, y, X_val=X_val, y_val=y_val)
    assert classifier.n_iter_ == 4
    best = np.argmin(classifier.history_["val_loss"])
    assert classifier.best_epoch_ == best + 1
    assert classifier.score(X_val, y_val) == pytest.approx(
        classifier.history_["val_accuracy"][best]
    )


def test_callbacks_are_torn_down_after_an_error(small, digits):
    X, _, y, _ = digits
    stop = StopAfter(9)
    with pytest.raises(ValueError, match="X_val"):
        small().set_callbacks(stop).fit(X, y, X_val=X)
    assert stop.torn_down == 1


@pytest.mark.filterwarnings("ignore:The estimator MinMaxScaler does not support callbacks")
def test_scikit_learns_own_callbacks(small, digits, capsys):
    """ProgressBar from a search down to the epochs, ScoringMonitor on one fit."""
    X, _, y, _ = digits
    reduced = ReducedDigitClassifier(classifier=small(epochs=2))
    search = GridSearchCV(
        make_pipeline(MinMaxScaler(), reduced),
        {"reduceddigitclassifier__classifier__dropout": [0.0, 0.1]},
        cv=2,
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    shown = capsys.readouterr().out
    assert "GridSearchCV" in shown
    assert "DenseDigitClassifier" in shown
    assert "100%" in shown

    monitor = ScoringMonitor(scoring="accuracy")
    classifier = small(epochs=3).set_callbacks(monitor).fit(X, y)
    logged = monitor.get_logs().data_as_pandas
    assert len(logged[logged.iloc[:, 0].notna()]) >= 3
    assert classifier.score(X, y) == logged["accuracy"].iloc[-1]


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_same_scores_with_every_backend(digits, n_jobs, backend):
    X, _, y, _ = digits
    classifier = DenseDigitClassifier(epochs=2, random_state=0)
    with joblib.parallel_config(backend=backend, n_jobs=n_jobs):
        search = GridSearchCV(classifier, GRID, cv=2).fit(X, y)
    expected = GridSearchCV(classifier, GRID, cv=2).fit(X, y)
    for key in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(search.cv_results_[key], expected.cv_results_[key])


def _threads():
    import skdigits._training.compiled_loop  # noqa: F401

    tf = sys.modules["tensorflow"]
    return tf.config.threading.get_intra_op_parallelism_threads()


def test_workers_share_the_cores(monkeypatch):
    """Each of two worker processes trains with half of the threads."""
    monkeypatch.delenv("OMP_NUM_THREADS")
    with joblib.parallel_config(backend="loky", n_jobs=2):
        found = joblib.Parallel()(joblib.delayed(_threads)() for _ in range(2))
    assert set(found) == {max(joblib.cpu_count() // 2, 1)}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OMP_NUM_THREADS": "3,2"}, 3),
        ({"OMP_NUM_THREADS": "3", "TF_NUM_INTRAOP_THREADS": "5"}, 0),  # as TensorFlow has it
        ({"OMP_NUM_THREADS": "many"}, 0),
        ({}, 0),
    ],
)
def test_thread_budget(variables, expected):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    }
    code = (
        "import skdigits._training.compiled_loop, tensorflow as tf\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(found.stdout) == expected


def test_halving_by_epochs(digits):
    X, _, y, _ = digits
    classifier = DenseDigitClassifier(16, random_state=0)
    grid = {"learning_rate": [1e-6, 1e-5, 1e-3, 1e-2]}
    search = HalvingGridSearchCV(
        classifier, grid, resource="epochs", min_resources=1, max_resources=4, factor=2, cv=2
    ).fit(X, y)
    assert search.n_resources_ == [1, 2, 4]
    assert search.n_candidates_ == [4, 2, 1]
    assert search.best_params_["learning_rate"] >= 1e-3
    assert search.best_estimator_.n_iter_ == search.best_params_["epochs"] == 4


def test_randomized(digits):
    X, _, y, _ = digits
    classifier = DenseDigitClassifier(epochs=2, random_state=0)
    distributions = {"hidden_layer_sizes": [(8,), (16,), (32,)], "dropout": [0.0, 0.2]}
    search = RandomizedSearchCV(classifier, distributions, n_iter=3, cv=2, random_state=0)
    search.fit(X, y)
    alone = clone(classifier).set_params(**search.best_params_)
    assert search.best_score_ == cross_val_score(alone, X, y, cv=2).mean()


def _score_and_history(classifier, X, y):
    _score_and_history.kept.append((classifier.fit_time_, classifier.history_))
    return classifier.score(X, y)


def test_times_and_histories_of_a_search(digits):
    """cv_results_ agrees with fit_time_, and a scorer keeps the history of each fold."""
    X, _, y, _ = digits
    _score_and_history.kept = []
    classifier = DenseDigitClassifier(epochs=3, random_state=0)
    search = GridSearchCV(classifier, GRID, cv=2, scoring=_score_and_history, refit=False)
    search.fit(X, y)
    times = [time for time, _ in _score_and_history.kept]
    found = [search.cv_results_["mean_fit_time"][n] for n in (0, 1)]
    assert found == pytest.approx([np.mean(times[:2]), np.mean(times[2:])], rel=0.1, abs=0.02)
    assert [len(history["loss"]) for _, history in _score_and_history.kept] == [3] * 4
