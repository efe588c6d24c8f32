"""Defaults that depend on the number of training samples."""

import numpy as np
import pytest

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits._estimators.defaults import resolve_defaults
from skdigits._estimators.fitting import MERGED_SAMPLES


def resolved(classifier, n_samples):
    resolve_defaults(classifier, n_samples, classifier.epochs)
    return classifier.batch_size_, classifier.epochs_, classifier.label_smoothing_


@pytest.mark.parametrize(
    ("n_samples", "batch_size", "epochs_of_dense", "epochs_of_conv", "label_smoothing"),
    [
        (1, 32, 400, 300, 0.05),
        (100, 32, 86, 65, 0.05),
        (1_000, 32, 40, 30, 0.05),
        (2_001, 64, 32, 24, 0.05),
        (10_000, 64, 19, 14, 0.05),
        (60_000, 128, 10, 8, 1 / 60),
        (10**9, 128, 1, 1, 1e-6),
    ],
)
def test_defaults_are_those_of_the_documentation(
    n_samples, batch_size, epochs_of_dense, epochs_of_conv, label_smoothing
):
    for kind, epochs in (
        (DenseDigitClassifier, epochs_of_dense),
        (ConvDigitClassifier, epochs_of_conv),
    ):
        expected = batch_size, epochs, pytest.approx(label_smoothing)
        assert resolved(kind(), n_samples) == expected


def test_given_values_are_respected():
    classifier = DenseDigitClassifier(batch_size=7, epochs=3, label_smoothing=0)
    assert resolved(classifier, 100) == (7, 3, 0.0)


def test_every_fit_of_a_curve_has_its_own_defaults(digits, small):
    X, _, y, _ = digits
    classifier = small(epochs=None, batch_size=None, label_smoothing=None)
    for n_samples, epochs in ((64, 100), (512, 50)):
        classifier.fit(X[:n_samples], y[:n_samples])
        assert classifier.n_iter_ == classifier.epochs_ == epochs
    assert classifier.get_params()["epochs"] is None


def test_held_out_samples_do_not_count_for_defaults(digits, small):
    X, _, y, _ = digits
    classifier = small(
        batch_size=None,
        epochs=None,
        early_stopping=True,
        validation_fraction=0.5,
        learning_rate_schedule="constant",
    ).fit(X[:200], y[:200], sample_weight=np.arange(200) % 4 > 0)
    assert classifier.epochs_ == round(400 / 75 ** (1 / 3))
    assert classifier.n_iter_ <= classifier.epochs_


def test_partial_fit_takes_one_epoch(digits, small):
    X, _, y, _ = digits
    classifier = small(batch_size=None, epochs=None, label_smoothing=None)
    classifier.partial_fit(X[:100], y[:100], classes=range(10)).partial_fit(X[:50], y[:50])
    assert (classifier.epochs_, classifier.n_iter_, classifier.batch_size_) == (1, 2, 32)
    assert classifier.label_smoothing_ == 0.05


def test_few_samples_train_alike_in_any_order(digits, small):
    """Repeating samples is the same as weights, and their order does not matter."""
    X, _, y, _ = digits
    X, y = X[:500], y[:500]
    assert len(X) * 2 <= MERGED_SAMPLES
    classifier = small(batch_size=None)
    rng = np.random.default_rng(0)
    times = rng.integers(0, 3, len(X))
    rows = rng.permutation(np.repeat(np.arange(len(X)), times))
    repeated = classifier.fit(X[rows], y[rows]).predict_proba(X)
    weighted = classifier.fit(X, y, sample_weight=times).predict_proba(X)
    np.testing.assert_array_equal(repeated, weighted)


def test_augmentation_preset_digits_scales_with_the_image(tiny_conv):
    rng = np.random.default_rng(0)
    y = np.arange(20) % 10
    limits = {"shift": 2, "rotation": 10, "zoom": 0.1, "shear": 10, "elastic": 0.7}
    for side, scale in ((28, 1), (8, 8 / 28)):
        X = rng.normal(size=(20, side, side))
        given = limits | {name: limits[name] * scale for name in ("shift", "elastic")}
        preset, as_dict, none = (
            tiny_conv(augmentation=augmentation).fit(X, y)
            for augmentation in ("digits", given, None)
        )
        assert preset.history_ == as_dict.history_ != none.history_
