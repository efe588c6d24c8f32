"""Warnings point at the user's line, however many libraries lie between it and skdigits."""

import copy
import linecache

import numpy as np
import pytest
from sklearn.callback import ProgressBar
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    validation_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from test_imports import MODULES, for_modules

from skdigits import DigitImageNormalizer, ReducedDigitClassifier
from skdigits.displays import MistakesDisplay

GRID = {"learning_rate": [0.01]}
RATE = {"param_name": "learning_rate", "param_range": [0.01]}


def scaled(network):
    return make_pipeline(MinMaxScaler(), network)


def reduced(network):
    return ReducedDigitClassifier(PCA(5), network)


@pytest.fixture(scope="module")
def images(digits):
    return digits[0][:256], digits[2][:256]


def assert_points_here(caught, n_warnings):
    lines = [linecache.getline(one.filename, one.lineno) for one in caught]
    assert {one.filename for one in caught} == {__file__}
    assert all("lambda" in line for line in lines), lines
    assert len(caught) == n_warnings


@pytest.mark.parametrize(
    ("fit", "n_warnings"),
    [
        (lambda network, X, y: network.fit(X, y), 1),
        (lambda network, X, y: reduced(network).fit(X, y), 1),
        (lambda network, X, y: scaled(network).fit(X, y), 1),
        (lambda network, X, y: scaled(reduced(network)).fit(X, y), 1),
        (lambda network, X, y: GridSearchCV(network, GRID, cv=2).fit(X, y), 3),
        (lambda network, X, y: GridSearchCV(network, GRID, cv=2, n_jobs=1).fit(X, y), 3),
        (lambda network, X, y: GridSearchCV(scaled(network), {}, cv=2).fit(X, y), 3),
        (lambda network, X, y: network.set_callbacks(ProgressBar()).fit(X, y), 1),
        (lambda network, X, y: cross_val_score(network, X, y, cv=2), 2),
        (lambda network, X, y: cross_val_score(reduced(network), X, y, cv=2), 2),
        (lambda network, X, y: cross_validate(network, X, y, cv=2), 2),
        (lambda network, X, y: cross_val_predict(network, X, y, cv=2), 2),
        (lambda network, X, y: validation_curve(network, X, y, cv=2, **RATE), 2),
        (lambda network, X, y: BaggingClassifier(network, n_estimators=2).fit(X, y), 2),
    ],
)
def test_warnings_of_a_fit_point_at_the_user(fit, n_warnings, small, images):
    network = small((4,), epochs=1, early_stopping=True, learning_rate_schedule="cosine")
    with pytest.warns(UserWarning, match="early_stopping=True may end training") as caught:
        fit(network, *images)
    assert_points_here(caught, n_warnings)


@pytest.fixture(scope="module")
def trained(small, images):
    X, y = images
    network = small((4,), epochs=1).fit(X, y)
    return {
        "network": network,
        "pipeline": make_pipeline(MinMaxScaler((0, 1)).fit(X), network),
        "search": GridSearchCV(small((4,), epochs=1), GRID, cv=2).fit(X, y),
    }


@pytest.mark.parametrize(
    ("predict", "n_warnings"),
    [
        (lambda models, X, y: models["network"].predict(X / 16), 1),
        (lambda models, X, y: models["network"].predict_log_proba(X / 16), 1),
        (lambda models, X, y: models["network"].score(X / 16, y), 1),
        (lambda models, X, y: copy.deepcopy(models["network"]).partial_fit(X * 16, y), 1),
        (lambda models, X, y: models["pipeline"].predict(X), 1),
        (lambda models, X, y: models["pipeline"].score(X, y), 1),
        (lambda models, X, y: models["search"].predict_proba(X / 16), 1),
        (lambda models, X, y: MistakesDisplay.from_estimator(models["network"], X / 16, y), 1),
        (
            lambda models, X, y: permutation_importance(
                models["network"], X / 16, y, n_repeats=1, max_samples=0.1
            ),
            65,
        ),
    ],
)
@pytest.mark.usefixtures("closed_figures")
def test_warnings_of_a_prediction(predict, n_warnings, trained, images):
    with pytest.warns(UserWarning, match="scale X as in training") as caught:
        predict(trained, *images)
    assert_points_here(caught, n_warnings)


@pytest.mark.parametrize(
    "transform",
    [
        lambda X: DigitImageNormalizer().transform(X),
        lambda X: DigitImageNormalizer().set_output(transform="pandas").fit_transform(X),
        lambda X: make_pipeline(MinMaxScaler(), DigitImageNormalizer()).fit_transform(X),
    ],
)
def test_warnings_of_a_transformation(transform):
    """One warning is about rows that are not square images, the other about blank images."""
    with pytest.warns(UserWarning, match=r"not a square number|blank") as caught:
        transform(np.zeros((2, 63)))
    assert_points_here(caught, 2)


@pytest.mark.parametrize(
    "fit",
    [
        lambda network, X, y: network.fit(X[:, 1:], y),
        lambda network, X, y: cross_val_score(network, X[:, 1:], y, cv=[(range(200), range(9))]),
    ],
)
def test_warnings_of_a_convolutional_network(fit, tiny_conv, images, monkeypatch):
    monkeypatch.setattr("skdigits._training.cpu.has_fast_bfloat16", lambda: False)
    network = tiny_conv(kernel_size=1, epochs=1, precision="mixed_bfloat16")
    with pytest.warns(UserWarning, match=r"not a square number|have bfloat16 arithmetic") as caught:
        fit(network, *images)
    messages = {str(one.message)[:9] for one in caught}
    assert messages == {"X has 63 ", "precision"}
    assert_points_here(caught, len(caught))


@for_modules("_utils", inside=False)
def test_warnings_are_issued_in_one_place(name):
    """It finds the user's line; a fixed stacklevel would be right for one call path only."""
    assert "warnings.warn(" not in MODULES[name].read_text()
