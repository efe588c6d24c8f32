"""scikit-learn's own checks on every public estimator; none may be skipped."""

import importlib
import inspect
import pkgutil
from unittest import SkipTest

import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdigits
from skdigits import (
    ConvDigitClassifier,
    DenseDigitClassifier,
    DigitImageNormalizer,
    ProgressBar,
    ReducedDigitClassifier,
    SeveralDigitsWarning,
)

# Checks use any number of features; ConvDigitClassifier warns about most of them.
pytestmark = pytest.mark.filterwarnings("ignore:X has .* which is not a square number:UserWarning")


def tiny(hidden_layer_sizes=(), **parameters):
    """A dense network that is compiled quickly."""
    defaults = {"dropout": 0.0, "learning_rate": 0.1, "epochs": 30}
    return DenseDigitClassifier(hidden_layer_sizes, **(defaults | parameters))


ESTIMATORS = [
    ConvDigitClassifier(
        (2,),
        pool_size=None,
        batch_normalization=False,
        hidden_layer_sizes=(),
        dropout=0.0,
        learning_rate=0.1,
        epochs=30,
    ),
    tiny(8),
    DigitImageNormalizer(),
    ReducedDigitClassifier(classifier=tiny()),
]
VARIATIONS = [
    DenseDigitClassifier(),
    tiny(early_stopping=True, validation_fraction=0.5, learning_rate_schedule="constant"),
    tiny(warm_start=True, class_weight="balanced", epochs=None),
    tiny(learning_rate_schedule="constant", standardize=False),
    tiny(batch_size=1),
]
with sklearn.config_context(enable_metadata_routing=True):
    ROUTED = [
        tiny().set_fit_request(sample_weight=True),
        ReducedDigitClassifier(classifier=tiny().set_fit_request(sample_weight=True)),
    ]


WEIGHTS = "check_sample_weight_equivalence_on_dense_data"
PARTIAL_FIT = (
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
    "check_estimators_partial_fit_n_features",
)


def expected_failures(estimator):
    """Return the checks that an estimator cannot pass because of a setting, and the reasons."""
    if isinstance(estimator, ReducedDigitClassifier):
        return {WEIGHTS: "it is make_pipeline(PCA, network), and PCA takes no weights"}
    settings = estimator.get_params()
    failures = {}
    if settings.get("early_stopping"):
        failures |= dict.fromkeys(PARTIAL_FIT, "partial_fit refuses early stopping")
        failures["check_class_weight_classifiers"] = (
            "the validation loss is not weighted by class, and is lowest in an early epoch"
        )
        failures[WEIGHTS] = "some class has one sample, which cannot be in both parts of a split"
    if settings.get("class_weight") == "balanced":
        failures |= dict.fromkeys(PARTIAL_FIT, "partial_fit refuses balanced class weights")
    if settings.get("batch_size") == 1:
        failures[WEIGHTS] = "a repeated sample takes several steps, in the order of the samples"
    return failures


def run_check(estimator, check):
    try:
        check(estimator)
    except SkipTest as skipped:
        pytest.fail(f"was skipped: {skipped}")


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_scikit_learn_check(estimator, check):
    run_check(estimator, check)


@pytest.mark.slow
@parametrize_with_checks(VARIATIONS, expected_failed_checks=expected_failures)
def test_scikit_learn_check_of_other_settings(estimator, check):
    run_check(estimator, check)


@pytest.mark.slow
@parametrize_with_checks(ROUTED, expected_failed_checks=expected_failures)
def test_scikit_learn_check_with_metadata_routing(estimator, check):
    with sklearn.config_context(enable_metadata_routing=True):
        run_check(estimator, check)


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
    exported = [getattr(skdigits, name) for name in skdigits.__all__]
    assert {one for one in exported if inspect.isclass(one)} == public | {
        ProgressBar,
        SeveralDigitsWarning,
    }
