"""ReducedDigitClassifier and scikit-learn's metadata routing; equality with a Pipeline."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skdigits import ReducedDigitClassifier


class FitOnly(BaseEstimator):
    """A transformer without fit_transform, whose fit takes weights."""

    def fit(self, X, y=None, sample_weight=None):
        self.weight_ = sample_weight
        self.fitted_ = True
        return self

    def transform(self, X):
        return X[:, ::2]


class Grouped(TransformerMixin, BaseEstimator):
    """A transformer with custom metadata."""

    def fit(self, X, y=None, groups=None):
        self.groups_ = groups
        return self

    def transform(self, X):
        return X


@pytest.fixture(autouse=True)
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(scope="module")
def weight(digits):
    return np.random.default_rng(0).uniform(0.5, 2, len(digits[2]))


@pytest.mark.parametrize("n_samples", [20, 64, 65, 300])
def test_is_the_pipeline_for_any_number_of_samples(n_samples, digits, small):
    X, X_test, y, _ = digits
    X, y = X[:n_samples], y[:n_samples]
    with config_context(enable_metadata_routing=False):
        reduced = ReducedDigitClassifier(PCA(5, random_state=0), small()).fit(X, y)
        pipeline = make_pipeline(PCA(5, random_state=0), small()).fit(X, y)
    np.testing.assert_array_equal(reduced.predict_proba(X_test), pipeline.predict_proba(X_test))


def test_weights_are_those_of_the_pipeline(digits, small, weight):
    """Samples of weight 0 count for a reducer that takes no weights."""
    X, X_test, y, _ = digits
    weight = np.where(np.arange(len(y)) % 3, weight, 0)
    with config_context(enable_metadata_routing=False):
        reduced = ReducedDigitClassifier(PCA(5, random_state=0), small())
        reduced.fit(X, y, sample_weight=weight)
        pipeline = make_pipeline(PCA(5, random_state=0), small())
        pipeline.fit(X, y, densedigitclassifier__sample_weight=weight)
    np.testing.assert_array_equal(reduced.predict_proba(X_test), pipeline.predict_proba(X_test))


def test_weights_reach_a_reducer_that_takes_them(digits, weight):
    X, _, y, _ = digits
    expected = StandardScaler().fit(X, sample_weight=weight).mean_
    with config_context(enable_metadata_routing=False):
        reduced = ReducedDigitClassifier(StandardScaler(), GaussianNB())
        reduced.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(reduced.reducer_.mean_, expected)


@pytest.mark.parametrize(
    ("to_reducer", "to_classifier"), [(True, False), (False, True), (True, True)]
)
def test_weights_go_where_they_are_requested(to_reducer, to_classifier, digits, small, weight):
    X, X_test, y, _ = digits
    scaler = StandardScaler().set_fit_request(sample_weight=to_reducer)
    network = small().set_fit_request(sample_weight=to_classifier)
    reduced = ReducedDigitClassifier(scaler, network).fit(X, y, sample_weight=weight)
    pipeline = make_pipeline(scaler, network).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(reduced.predict_proba(X_test), pipeline.predict_proba(X_test))
    np.testing.assert_array_equal(reduced.reducer_.mean_, pipeline[0].mean_)


def test_metadata_that_nobody_requests_is_an_error(digits, small, weight):
    X, X_test, y, y_test = digits
    reduced = ReducedDigitClassifier(PCA(5), small())
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        reduced.fit(X, y, sample_weight=weight)
    with pytest.raises(UnsetMetadataPassedError, match="X_val"):
        reduced.fit(X, y, X_val=X_test, y_val=y_test)


def test_default_classifier_requests_all_metadata(digits, weight):
    X, X_test, y, y_test = digits
    X, y, weight, weight_val = X[:200], y[:200], weight[:200], weight[: len(y_test)]
    reduced = ReducedDigitClassifier(PCA(5), random_state=0)
    metadata = {"sample_weight": weight, "X_val": X_test, "y_val": y_test}
    reduced.fit(X, y, **metadata, sample_weight_val=weight_val)
    expected = reduced.classifier_.coefs_[0]
    probabilities = reduced.predict_proba(X_test)[np.arange(len(y_test)), y_test]
    loss = np.average(-np.log(probabilities), weights=weight_val)
    assert reduced.history_["val_loss"][-1] == pytest.approx(loss, rel=1e-5)
    with config_context(enable_metadata_routing=False):
        np.testing.assert_array_equal(
            reduced.fit(X, y, sample_weight=weight).classifier_.coefs_[0], expected
        )


def test_other_metadata_of_the_parts(digits, small):
    X, _, y, _ = digits
    reduced = ReducedDigitClassifier(Grouped().set_fit_request(groups=True), small())
    reduced.fit(X, y, groups=y % 3)
    np.testing.assert_array_equal(reduced.reducer_.groups_, y % 3)
    with (
        config_context(enable_metadata_routing=False),
        pytest.raises(ValueError, match="only supported if enable_metadata_routing=True"),
    ):
        reduced.fit(X, y, groups=y % 3)


def test_a_search_routes_weights_to_the_parts(digits, small, weight):
    X, _, y, _ = digits
    network = small().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    search = GridSearchCV(
        ReducedDigitClassifier(PCA(random_state=0), network).set_score_request(sample_weight=True),
        {"reducer__n_components": [2, 10]},
        cv=2,
        error_score="raise",
    ).fit(X, y, sample_weight=weight)
    expected = ReducedDigitClassifier(PCA(10, random_state=0), network)
    expected.fit(X, y, sample_weight=weight)
    assert search.best_params_ == {"reducer__n_components": 10}
    np.testing.assert_array_equal(
        search.best_estimator_.classifier_.coefs_[0], expected.classifier_.coefs_[0]
    )


def test_reducer_without_fit_transform(digits, small, weight):
    X, X_test, y, _ = digits
    network = small().set_fit_request(sample_weight=True)
    reduced = ReducedDigitClassifier(FitOnly().set_fit_request(sample_weight=True), network)
    reduced.fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(reduced.reducer_.weight_, weight)
    expected = network.fit(X[:, ::2], y, sample_weight=weight).predict_proba(X_test[:, ::2])
    np.testing.assert_array_equal(reduced.predict_proba(X_test), expected)


def test_attributes_of_the_classifier(digits, small):
    X, X_test, y, _ = digits
    reduced = ReducedDigitClassifier(PCA(5, random_state=0), small())
    names = ("history_", "epoch_times_", "n_iter_", "best_epoch_", "n_parameters_")
    assert not any(hasattr(reduced, name) for name in names)
    reduced.fit(X, y)
    for name in names:
        assert getattr(reduced, name) == getattr(reduced.classifier_, name)
    assert not hasattr(reduced, "decision_function")
    linear = ReducedDigitClassifier(PCA(5, random_state=0), LinearSVC()).fit(X, y)
    assert not hasattr(linear, "n_parameters_")
    assert not hasattr(linear, "predict_log_proba")
    pipeline = make_pipeline(PCA(5, random_state=0), LinearSVC()).fit(X, y)
    np.testing.assert_allclose(linear.decision_function(X_test), pipeline.decision_function(X_test))
