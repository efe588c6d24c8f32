"""Samples on another scale than in training: a warning, and no false alarms."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer

from skdigits import DenseDigitClassifier, ReducedDigitClassifier
from skdigits._estimators.input_range import training_range, value_range


@pytest.fixture(scope="module")
def trained(digits, small):
    X, _, y, _ = digits
    return {
        16: small(epochs=1).fit(X, y),
        1: small(epochs=1).fit(X / 16, y),
        255: small(epochs=1).fit((X * 15.9375).astype(np.uint8), y),
    }


@pytest.mark.parametrize("n_samples", [1, 3, 300])
@pytest.mark.parametrize(("scale", "other"), [(16, 1), (255, 1), (1, 16), (1, 255), (16, 255)])
def test_other_scale_warns(scale, other, n_samples, trained, digits):
    X = digits[1][:n_samples] * np.float32(other / 16)
    message = f"X has values from 0 to .*, but .* from 0 to {scale}; scale X as in training"
    for method in ("predict", "predict_proba", "predict_log_proba", "activations"):
        with pytest.warns(UserWarning, match=message) as caught:
            getattr(trained[scale], method)(X)
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=message):
        trained[scale].score(X, digits[3][:n_samples])


@pytest.mark.parametrize("n_samples", [1, 300])
def test_negative_pixels_warn_after_training_without(n_samples, trained, digits):
    X = digits[1][:n_samples] / 8 - 1
    for classifier in trained.values():
        with pytest.warns(UserWarning, match="X has values from -1 to"):
            classifier.predict(X)


def test_reducers_do_not_hide_the_scale(digits, small):
    X, X_test, y, y_test = digits
    reduced = ReducedDigitClassifier(PCA(10), small(epochs=1)).fit(X, y)
    with pytest.warns(UserWarning, match="X has values from 0 to 1, but .* from 0 to 16;"):
        reduced.predict(X_test / 16)
    with pytest.warns(UserWarning, match="X_val has values from 0 to 1,"):
        reduced.fit(X, y, X_val=X_test / 16, y_val=y_test)
    imputed = ReducedDigitClassifier(SimpleImputer(), small(epochs=1))
    imputed.fit(np.where(X > 15, np.nan, X), y)
    with warnings.catch_warnings(action="error"):
        reduced.predict(X_test)
        imputed.predict(X_test)
        imputed.predict(np.where(X_test > 15, np.nan, X_test))


def test_dark_images_warn_if_there_are_many(trained, digits):
    X = digits[1].astype(np.uint8)
    with pytest.warns(UserWarning, match="from 0 to 16, but .* from 0 to 255"):
        trained[255].predict(X[:10])
    with warnings.catch_warnings(action="error"):
        trained[255].predict(X[:9])


@pytest.mark.parametrize("scale", [16, 255])
@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 64)),
        np.eye(1, 64),
        np.full((1, 64), 0.3),
        np.full((1, 64), 1.5),
        np.zeros((40, 64)),
    ],
)
def test_blank_and_dark_images_do_not_warn(scale, image, trained):
    with warnings.catch_warnings(action="error"):
        trained[scale].predict(image)


def test_same_scale_does_not_warn(trained, digits):
    X = digits[1]
    with warnings.catch_warnings(action="error"):
        for scale, classifier in trained.items():
            same = (X * np.float32(scale / 16)).astype(np.uint8 if scale == 255 else np.float32)
            classifier.predict(same)
            for image in same:
                classifier.predict(image[None])


def test_outliers_do_not_warn():
    X, y = load_iris(return_X_y=True)
    classifier = DenseDigitClassifier([], epochs=1).fit(X, y)
    X[3] = 1e6
    with warnings.catch_warnings(action="error"):
        classifier.predict(X)


def test_other_scale_in_validation_and_in_further_training_warns(digits, small):
    X, X_test, y, y_test = digits
    with pytest.warns(UserWarning, match="X_val has values from 0 to 1,"):
        small(epochs=1).fit(X, y, X_val=X_test / 16, y_val=y_test)
    classifier = small().partial_fit(X / 16, y, classes=range(10))
    with pytest.warns(UserWarning, match="X has values from 0 to 16, but .* from 0 to 1;"):
        classifier.partial_fit(X, y)
    with warnings.catch_warnings(action="error"):
        classifier.predict(X)  # on which it has been trained by now


def test_range_of_many_values():
    X = np.random.default_rng(0).normal(size=(3000, 50)).astype(np.float32)
    assert value_range(X) == (X.min(), X.max())
    low, high, typical = training_range(X, value_range(X))
    assert (low, high) == value_range(X)
    assert typical == np.median(np.abs(X[::3]).max(axis=1))
    few = X[:3]
    assert training_range(few, value_range(few))[2] == np.median(np.abs(few).max(axis=1))
    X[2000, 7] = np.nan
    assert np.isnan(value_range(X)).all()
