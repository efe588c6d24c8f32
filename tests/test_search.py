"""Hyperparameter searches of scikit-learn: callbacks, workers, threads, scores and times."""

import sys

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils import Bunch

from skdigits import ReducedDigitClassifier

GRID = {"hidden_layer_sizes": [(8,), (24,)]}


class StopAfter:
    """A callback that asks to stop after some epochs, and keeps what it has seen."""

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
    with pytest.raises(ValueError, match="training diverged"):
        small(optimizer="sgd", learning_rate=1e30, learning_rate_schedule="constant").set_callbacks(
            stop
        ).fit(X, y)
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


def _coefs_and_threads(classifier, X, y):
    coefs = classifier.fit(X, y).coefs_
    return coefs, sys.modules["tensorflow"].config.threading.get_intra_op_parallelism_threads()


def _fit_in_two_processes(classifier, X, y):
    with joblib.parallel_config(backend="loky", n_jobs=2):
        return joblib.Parallel()(
            joblib.delayed(_coefs_and_threads)(classifier, X, y) for _ in range(2)
        )


def test_processes_learn_the_same_weights(digits, small):
    X, _, y, _ = digits
    classifier = small(dropout=0.2)
    results = _fit_in_two_processes(classifier, X, y)
    expected = classifier.fit(X, y).coefs_
    for coefs, threads in results:
        assert threads == 1  # as here; another number may change the last bits
        for ours, theirs in zip(coefs, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_processes_share_the_cores(monkeypatch, digits, small):
    X, _, y, _ = digits
    monkeypatch.delenv("OMP_NUM_THREADS")  # lets joblib choose, as it does for users
    (coefs, threads), (others, _) = _fit_in_two_processes(small(dropout=0.2), X, y)
    assert threads == max(joblib.cpu_count() // 2, 1)
    for ours, theirs in zip(coefs, others, strict=True):
        np.testing.assert_array_equal(ours, theirs)


class FakeThreading:
    """A stand-in for TensorFlow's thread settings, which are fixed once TensorFlow has run."""

    def __init__(self, error=None):
        self.set = {}
        self.error = error

    def set_intra_op_parallelism_threads(self, n_threads):
        if self.error:
            raise self.error
        self.set["intra"] = n_threads

    def set_inter_op_parallelism_threads(self, n_threads):
        self.set["inter"] = n_threads


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OMP_NUM_THREADS": "3"}, {"intra": 3, "inter": 3}),
        ({"OMP_NUM_THREADS": "3,2"}, {"intra": 3, "inter": 3}),
        ({"OMP_NUM_THREADS": "3", "TF_NUM_INTRAOP_THREADS": "5"}, {}),
        ({"OMP_NUM_THREADS": "many"}, {}),
        ({"OMP_NUM_THREADS": "0"}, {}),
        ({}, {}),
    ],
)
def test_threads_are_limited_by_the_environment(variables, expected, monkeypatch):
    from skdigits._training import threads

    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for error in (None, RuntimeError("cannot be modified after initialization")):
        threading = FakeThreading(error)
        monkeypatch.setattr(threads, "tf", Bunch(config=Bunch(threading=threading)))
        threads.limit_threads()
        assert threading.set == ({} if error else expected)


def test_halving_by_epochs(digits, small):
    X, _, y, _ = digits
    grid = {"learning_rate": [1e-6, 1e-5, 1e-3, 1e-2]}
    search = HalvingGridSearchCV(
        small(), grid, resource="epochs", min_resources=1, max_resources=4, factor=2, cv=2
    ).fit(X, y)
    assert search.n_resources_ == [1, 2, 4]
    assert search.n_candidates_ == [4, 2, 1]
    assert search.best_params_["learning_rate"] >= 1e-3
    assert search.best_estimator_.n_iter_ == search.best_params_["epochs"] == 4


class SeesValidation(ClassifierMixin, BaseEstimator):
    """A classifier that keeps the numbers of training and validation samples of its fits."""

    seen = []

    def fit(self, X, y, X_val=None, y_val=None):
        self.classes_ = np.unique(y)
        self.seen.append((len(X), len(X_val), len(y_val)))
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize(
    ("n_validation", "n_in_folds"), [(60, {30}), (59, {59}), (61, {61}), (30, {30})]
)
def test_scikit_learn_splits_validation_samples_of_the_same_number_as_X(
    n_validation, n_in_folds, routing
):
    """docs/searching.md says so. If this changes, change it there and in the docstrings of fit."""
    X, y = np.zeros((60, 2)), np.arange(60) % 2
    held_out = {"X_val": np.zeros((n_validation, 2)), "y_val": np.zeros(n_validation, int)}
    with config_context(enable_metadata_routing=routing):
        classifier = SeesValidation()
        if routing:
            classifier.set_fit_request(X_val=True, y_val=True)
        classifier.seen.clear()
        GridSearchCV(classifier, {}, cv=2).fit(X, y, **held_out)
        refit = classifier.seen.pop()
        cross_validate(classifier, X, y, cv=2, params=held_out)
    assert refit == (60, n_validation, n_validation)
    assert set(classifier.seen) == {(30, n, n) for n in n_in_folds}
    assert len(classifier.seen) == 4


def _score_and_keep(classifier, X, y):
    _score_and_keep.kept.append((classifier.fit_time_, classifier.history_))
    return classifier.score(X, y)


def test_times_and_histories_of_a_search(digits, small):
    """fit_time_ is part of the time in cv_results_; a scorer keeps the history of each fold."""
    X, _, y, _ = digits
    _score_and_keep.kept = []
    search = GridSearchCV(small(epochs=3), GRID, cv=2, scoring=_score_and_keep, refit=False)
    search.fit(X, y)
    times = np.array([time for time, _ in _score_and_keep.kept]).reshape(2, 2)
    assert (times > 0).all()
    assert (times.mean(axis=1) <= search.cv_results_["mean_fit_time"]).all()
    assert [len(history["loss"]) for _, history in _score_and_keep.kept] == [3] * 4
