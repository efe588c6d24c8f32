"""Saved models of earlier versions of skdigits, made by data/make.py, load and predict the same."""

from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

from skdigits import DenseDigitClassifier

FILES = sorted((Path(__file__).parent / "data").glob("*/*.joblib"))
assert FILES


def for_each(*files):
    """Run a test for each file."""
    return pytest.mark.parametrize(
        "file", files, ids=[f"{file.parent.name}-{file.stem}" for file in files]
    )


@for_each(*FILES)
def test_a_saved_model_predicts_the_same_in_every_later_version(file):
    X, y = load_digits(return_X_y=True)
    model = joblib.load(file)
    expected = np.load(file.with_suffix(".npy"))
    np.testing.assert_allclose(model.predict_proba(X[: len(expected)]), expected, atol=1e-6)
    assert model.score(X, y) > 0.8


@for_each(*FILES)
def test_a_saved_model_is_complete(file):
    model = joblib.load(file)
    network = model[-1] if file.stem == "pipeline" else model
    assert network.n_iter_ == len(network.history_["loss"]) == 10
    assert "softmax" in model._repr_html_()
    assert clone(model).get_params().keys() == model.get_params().keys()


@for_each(*(file for file in FILES if file.stem in ("dense", "conv")))
def test_a_saved_network_trains_further(file):
    X, y = load_digits(return_X_y=True)
    network = joblib.load(file).partial_fit(X, y)
    assert network.n_iter_ == 11
    assert network.score(X, y) > 0.8


class RequiredSizes(DenseDigitClassifier):
    """A classifier with a parameter that has no default."""

    def __init__(self, hidden_layer_sizes):
        super().__init__(hidden_layer_sizes)


def test_parameters_that_a_saved_state_lacks_get_their_defaults():
    for classifier in (DenseDigitClassifier(7, label_smoothing=0.2), RequiredSizes(7)):
        state = classifier.__getstate__()
        state.pop("label_smoothing")
        loaded = object.__new__(type(classifier))
        loaded.__setstate__(state)
        expected = classifier.get_params()
        if "label_smoothing" in expected:
            expected |= {"label_smoothing": None}
        assert loaded.get_params() == expected
