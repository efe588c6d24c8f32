"""Saved models of earlier versions of skdigits, made by data/make.py, load and predict the same."""

from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

FILES = sorted((Path(__file__).parent / "data").glob("*/*.joblib"))


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
