"""A reducer in front of a classifier."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.feature_selection import SelectFromModel, SelectKBest, chi2
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skdigits import ReducedDigitClassifier


def forest_pixels(n_pixels):
    forest = RandomForestClassifier(n_estimators=20, random_state=42)
    return SelectFromModel(forest, threshold=-np.inf, max_features=n_pixels)


@pytest.mark.parametrize("reducer", [PCA(0.95), forest_pixels(20), SelectKBest(chi2, k=20)])
def test_equals_the_pipeline(reducer, digits, small):
    X, X_test, y, _ = digits
    reduced = ReducedDigitClassifier(reducer, small(dropout=0.2)).fit(X, y)
    pipeline = make_pipeline(reducer, small(dropout=0.2)).fit(X, y)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        np.testing.assert_array_equal(
            getattr(reduced, method)(X_test), getattr(pipeline, method)(X_test)
        )


def test_forest_keeps_the_number_of_pixels(digits, small):
    X, _, y, _ = digits
    reduced = ReducedDigitClassifier(forest_pixels(20), small(dropout=0.2)).fit(X, y)
    assert reduced.classifier_.n_features_in_ == 20
    importances = reduced.reducer_.estimator_.feature_importances_
    assert set(np.flatnonzero(reduced.reducer_.get_support())) == set(np.argsort(importances)[-20:])


@pytest.mark.parametrize("routing", [False, True])
def test_validation_data_pass_through_the_reducer(routing, digits, small):
    X, X_test, y, y_test = digits
    network = small(epochs=3, dropout=0.2)
    with config_context(enable_metadata_routing=routing):
        if routing:
            network.set_fit_request(X_val=True, y_val=True)
        reduced = ReducedDigitClassifier(PCA(0.95), network)
        reduced.fit(X, y, X_val=X_test, y_val=y_test)
    accuracy = reduced.classifier_.history_["val_accuracy"][-1]
    assert reduced.score(X_test, y_test) == pytest.approx(accuracy)
    assert 0 < reduced.reduction_time_ < reduced.fit_time_
    assert 0 < reduced.classifier_.fit_time_ < reduced.fit_time_


def test_random_state_reaches_all_parts_that_have_none(digits, small):
    X, X_test, y, _ = digits

    def probabilities(seed):
        forest = RandomForestClassifier(n_estimators=5)
        reducer = SelectFromModel(forest, threshold=-np.inf, max_features=20)
        classifier = small(random_state=None, dropout=0.2)
        return ReducedDigitClassifier(reducer, classifier, random_state=seed).fit(X, y)

    once, again, other = (probabilities(seed).predict_proba(X_test) for seed in (0, 0, 1))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    kept = ReducedDigitClassifier(PCA(0.95), small(random_state=5, dropout=0.2), random_state=0)
    kept.fit(X, y)
    assert kept.classifier_.random_state == 5


def test_parameters_of_both_parts_are_searchable(digits, small):
    X, _, y, _ = digits
    search = GridSearchCV(
        ReducedDigitClassifier(PCA(random_state=0), small(epochs=8)),
        {"reducer__n_components": [2, 20], "classifier__epochs": [1, 8]},
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_ == {
        "classifier__epochs": 8,
        "reducer__n_components": 20,
    }


def test_weights_reach_the_parts_that_accept_them(digits):
    X, _, y, _ = digits
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    reduced = ReducedDigitClassifier(PCA(10, random_state=0), GaussianNB())
    reduced.fit(X, y, sample_weight=weight)
    projected = PCA(10, random_state=0).fit_transform(X)
    expected = GaussianNB().fit(projected, y, sample_weight=weight)
    np.testing.assert_allclose(reduced.classifier_.theta_, expected.theta_, rtol=1e-5)
    with pytest.raises(
        ValueError, match=r"sample_weight was passed, but KNeighborsClassifier\(\) does not accept"
    ):
        ReducedDigitClassifier(PCA(10), KNeighborsClassifier()).fit(X, y, sample_weight=weight)


def test_classifier_of_another_library(digits):
    X, X_test, y, _ = digits
    network = MLPClassifier(8, max_iter=200, tol=0.1, random_state=0)  # batch_size="auto"
    reduced = ReducedDigitClassifier(PCA(10, random_state=0), network).fit(X[:100], y[:100])
    pipeline = make_pipeline(PCA(10, random_state=0), network).fit(X[:100], y[:100])
    np.testing.assert_array_equal(reduced.predict_proba(X_test), pipeline.predict_proba(X_test))


def test_class_of_weight_zero_is_kept_and_never_predicted(digits, small):
    X, X_test, y, _ = digits
    reduced = ReducedDigitClassifier(PCA(10), small()).fit(X, y, sample_weight=y != 9)
    assert reduced.predict_proba(X_test).shape == (len(X_test), 10)
    assert reduced.classes_.tolist() == list(range(10))
    assert 9 not in reduced.predict(X_test)


def test_methods_are_those_of_the_classifier():
    assert hasattr(ReducedDigitClassifier(), "predict_proba")
    assert not hasattr(ReducedDigitClassifier(classifier=LinearSVC()), "predict_proba")


def test_classifier_without_validation_data_is_an_error(digits):
    X, X_test, y, y_test = digits
    with pytest.raises(
        ValueError, match=r"X_val was passed, but GaussianNB\(\) does not accept it"
    ):
        ReducedDigitClassifier(PCA(5), GaussianNB()).fit(X, y, X_val=X_test, y_val=y_test)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"reducer": "PCA"}, "reducer"),
        ({"random_state": "seed"}, "random_state"),
    ],
)
def test_bad_parameters(parameters, message, digits):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match=f"'{message}' parameter of ReducedDigitClassifier"):
        ReducedDigitClassifier(**parameters).fit(X, y)


@pytest.mark.parametrize("classifier", [LinearRegression(), IsolationForest()])
def test_classifier_must_be_a_classifier(classifier, digits):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match="classifier must be a classifier; got"):
        ReducedDigitClassifier(PCA(5), classifier).fit(X, y)


def test_failure_leaves_the_estimator_as_it_was(digits, small):
    X, X_test, y, _ = digits
    reduced = ReducedDigitClassifier(PCA(5), small()).fit(X, y)
    expected = reduced.predict(X_test)
    reduced.set_params(classifier__epochs=0)
    with pytest.raises(ValueError, match="epochs"):
        reduced.fit(X[:, :20], y)
    np.testing.assert_array_equal(reduced.predict(X_test), expected)
