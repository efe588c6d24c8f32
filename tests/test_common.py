"""scikit-learn's own checks, on every public estimator, with no expected failure."""

import importlib
import inspect
import pkgutil

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

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
pytestmark = pytest.mark.filterwarnings("ignore:X has .* which make no square:UserWarning")


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_check(estimator, check):
    check(estimator)


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


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_defaults_pass_check_estimator_as_users_call_it(estimator):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert len(results) > 40
    assert {result["status"] for result in results} == {"passed"}
