"""Digit classifiers inside scikit-learn's searches, ensembles and curves."""

import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    PredefinedSplit,
    cross_val_score,
    learning_curve,
    validation_curve,
)


def test_grid_search_chooses_structure_and_epochs(digits, small):
    X, X_test, y, y_test = digits
    search = GridSearchCV(
        small(), {"hidden_layer_sizes": [2, (32,)], "epochs": [2, 10]}, cv=2, error_score="raise"
    ).fit(X, y)
    assert search.best_params_ == {"hidden_layer_sizes": (32,), "epochs": 10}
    assert search.score(X_test, y_test) > 0.9
    assert 0 < search.best_estimator_.fit_time_ <= search.refit_time_


def test_grid_search_with_validation_data(digits, small):
    X, X_test, y, y_test = digits
    search = GridSearchCV(small(), {"epochs": [1, 2]}, cv=2)
    search.fit(X, y, X_val=X_test, y_val=y_test)
    accuracy = search.best_estimator_.history_["val_accuracy"][-1]
    assert search.score(X_test, y_test) == pytest.approx(accuracy)


def test_scores_rise_along_learning_and_validation_curves(digits, small):
    X, _, y, _ = digits
    _, _, scores = learning_curve(
        small(epochs=10), X, y, train_sizes=[100, 600], cv=2, error_score="raise"
    )
    assert scores[1].mean() > scores[0].mean()
    _, scores = validation_curve(
        small(), X, y, param_name="epochs", param_range=[1, 10], cv=2, error_score="raise"
    )
    assert scores[1].mean() > scores[0].mean()
    _, _, incremental = learning_curve(
        small(),
        X,
        y,
        train_sizes=[100, 400, 600],
        cv=2,
        exploit_incremental_learning=True,
        error_score="raise",
    )
    assert incremental[2].mean() > incremental[0].mean()


def test_predefined_split(digits, small):
    X, X_test, y, y_test = digits
    both = np.vstack([X, X_test]), np.hstack([y, y_test])
    split = PredefinedSplit(np.repeat([-1, 0], [len(y), len(y_test)]))
    (score,) = cross_val_score(small(), *both, cv=split)
    assert score == small().fit(X, y).score(X_test, y_test)
