"""scikit-learn's own checks, on every public estimator, with no expected failure."""

import importlib
import inspect
import pkgutil
from unittest import SkipTest

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdigits
from skdigits import (
    ConvDigitClassifier,
    DenseDigitClassifier,
    DigitImageNormalizer,
    ReducedDigitClassifier,
)

ESTIMATORS = [
    ConvDigitClassifier(),
    DenseDigitClassifier(),
    DigitImageNormalizer(),
    ReducedDigitClassifier(),
]


# Checks use any number of features; ConvDigitClassifier says what it makes of them.
pytestmark = pytest.mark.filterwarnings("ignore:X has .* which is not a square number:UserWarning")


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_check(estimator, check):
    """The checks of check_estimator, none of which may be skipped."""
    try:
        check(estimator)
    except SkipTest as skipped:
        pytest.fail(f"was skipped: {skipped}")


def test_no_public_estimator_escapes_the_checks():
    modules = [skdigits] + [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(skdigits.__path__, "skdigits.")
        if not module.name.endswith("__main__")
    ]
    public = {
        value
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, BaseEstimator)
        and value.__module__.startswith("skdigits")
        and not name.startswith(("_", "Base"))
    }
    assert public == {type(estimator) for estimator in ESTIMATORS}
    assert {getattr(skdigits, name) for name in skdigits.__all__} == public
