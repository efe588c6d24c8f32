"""Every meta-estimator of scikit-learn that takes a classifier, with each of our classifiers."""

import inspect
import pickle

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import (
    enable_halving_search_cv,  # noqa: F401
    enable_iterative_imputer,  # noqa: F401
)
from sklearn.feature_selection import RFE, RFECV, SelectFromModel, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils.discovery import all_estimators
from sklearn.utils.validation import has_fit_parameter

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier
from skdigits._compat import HasMethods

# Selectors and chains take any number of features; ConvDigitClassifier warns about most of them.
pytestmark = pytest.mark.filterwarnings("ignore:X has .* which is not a square number:UserWarning")

rng = np.random.default_rng(0)
y = np.arange(60) % 3
X = rng.normal(size=(60, 9)) + np.eye(3)[y].repeat(3, axis=1) * 3  # 3 x 3 pixels, one row brighter
SHARED = {
    "dropout": 0.0,
    "optimizer": "sgd",
    "learning_rate": 0.3,
    "batch_size": 16,
    "epochs": 6,
    "random_state": 0,
}
dense = DenseDigitClassifier((4,), **SHARED)
conv = ConvDigitClassifier(
    (2,), pool_size=None, batch_normalization=False, hidden_layer_sizes=(), **SHARED
)
CLASSIFIERS = {
    "dense": dense,
    "conv": conv,
    "reduced": ReducedDigitClassifier(StandardScaler(), dense, random_state=0),
}
SEEDS = {"random_state": [0, 1]}  # a parameter of every classifier


def importances(classifier):
    """Importance of each feature: the total weight of its connections."""
    network = getattr(classifier, "classifier_", classifier)
    return np.abs(network.coefs_[0]).sum(axis=1)


# How to build each meta-estimator from a classifier.
META_ESTIMATORS = {
    AdaBoostClassifier: lambda one: AdaBoostClassifier(one, n_estimators=2, random_state=0),
    BaggingClassifier: lambda one: BaggingClassifier(one, n_estimators=2, random_state=0),
    CalibratedClassifierCV: lambda one: CalibratedClassifierCV(one, cv=2),
    ClassifierChain: lambda one: ClassifierChain(one),
    FixedThresholdClassifier: lambda one: FixedThresholdClassifier(one, threshold=0.4),
    FrozenEstimator: lambda one: FrozenEstimator(clone(one).fit(X, y)),
    GradientBoostingClassifier: lambda one: GradientBoostingClassifier(
        init=one, n_estimators=1, random_state=0
    ),
    GridSearchCV: lambda one: GridSearchCV(one, SEEDS, cv=2),
    HalvingGridSearchCV: lambda one: HalvingGridSearchCV(
        one, SEEDS, cv=2, min_resources=30, factor=2, random_state=0
    ),
    HalvingRandomSearchCV: lambda one: HalvingRandomSearchCV(
        one, SEEDS, cv=2, min_resources=30, factor=2, random_state=0
    ),
    MultiOutputClassifier: MultiOutputClassifier,
    OneVsOneClassifier: OneVsOneClassifier,
    OneVsRestClassifier: OneVsRestClassifier,
    OutputCodeClassifier: lambda one: OutputCodeClassifier(one, random_state=0),
    Pipeline: lambda one: make_pipeline(StandardScaler(), one),
    RFE: lambda one: RFE(one, n_features_to_select=8, importance_getter=importances),
    RFECV: lambda one: RFECV(one, min_features_to_select=8, cv=2, importance_getter=importances),
    RandomizedSearchCV: lambda one: RandomizedSearchCV(one, SEEDS, n_iter=2, cv=2, random_state=0),
    SelectFromModel: lambda one: SelectFromModel(one, importance_getter=importances),
    SelfTrainingClassifier: lambda one: SelfTrainingClassifier(one, threshold=0.5, max_iter=2),
    SequentialFeatureSelector: lambda one: SequentialFeatureSelector(
        one, n_features_to_select=1, cv=2
    ),
    StackingClassifier: lambda one: StackingClassifier([("a", one), ("b", one)], cv=2),
    TunedThresholdClassifierCV: lambda one: TunedThresholdClassifierCV(one, cv=2, thresholds=5),
    VotingClassifier: lambda one: VotingClassifier([("a", one), ("b", one)], voting="soft"),
}
OTHERS = {
    "AdaBoostRegressor": "takes a regressor",
    "BaggingRegressor": "takes a regressor",
    "ColumnTransformer": "takes transformers",
    "FeatureUnion": "takes transformers, see test_union_of_selectors",
    "GradientBoostingRegressor": "takes a regressor",
    "IterativeImputer": "takes a regressor",
    "LinearDiscriminantAnalysis": "takes an estimator of covariances",
    "MultiOutputRegressor": "takes a regressor",
    "QuadraticDiscriminantAnalysis": "takes an estimator of covariances",
    "RANSACRegressor": "takes a regressor",
    "RegressorChain": "takes a regressor",
    "StackingRegressor": "takes regressors",
    "TransformedTargetRegressor": "takes a regressor",
    "VotingRegressor": "takes regressors",
}
# They rank features by their weights, but the pixels of an image share the weights of a filter.
BY_WEIGHTS = (RFE, RFECV, SelectFromModel)
BINARY = (FixedThresholdClassifier, TunedThresholdClassifierCV)
MULTILABEL = (ClassifierChain, MultiOutputClassifier)
# Numbers of features that the selectors may choose from nine; one of them chooses from two.
SELECTORS = {
    RFE: [8],
    RFECV: [8, 9],
    SelectFromModel: range(1, 9),
    SequentialFeatureSelector: [1],
}

CASES = [
    pytest.param(meta, name, id=f"{meta.__name__}-{name}")
    for meta in META_ESTIMATORS
    for name in CLASSIFIERS
    if not (meta in BY_WEIGHTS and name == "conv")
]
WEIGHTED_CASES = [case for case in CASES if has_fit_parameter(case.values[0], "sample_weight")]


def takes_estimators(estimator):
    """Whether a class has a parameter that holds other estimators."""
    kinds = ("estimator", "classifier", "regressor", "transformer")
    endings = (*kinds, *(f"{kind}s" for kind in kinds), "steps", "transformer_list")
    names = inspect.signature(estimator).parameters
    constraints = getattr(estimator, "_parameter_constraints", {})
    return any(
        (name.endswith(endings) and not name.startswith(("n_", "sample_")))
        or any(
            isinstance(constraint, HasMethods) and "fit" in constraint.methods
            for constraint in constraints.get(name, [])
        )
        for name in names
    )


def test_no_meta_estimator_is_missing():
    """A new one of scikit-learn belongs in META_ESTIMATORS, or in OTHERS with a reason."""
    found = {name for name, estimator in all_estimators() if takes_estimators(estimator)}
    assert found == {meta.__name__ for meta in META_ESTIMATORS} | OTHERS.keys()


def problem(meta):
    """The samples and labels that a meta-estimator learns from."""
    if meta in BINARY:
        return X, (y > 0).astype(int)
    if meta in MULTILABEL:
        return X, np.column_stack([y > 0, y > 1]).astype(int)
    if meta is SelfTrainingClassifier:
        return X, np.where(np.arange(60) < 45, y, -1)  # -1: unlabelled
    if meta is SequentialFeatureSelector:
        return X[:, 1:4:2], y
    return X, y


@pytest.mark.parametrize(("meta", "name"), CASES)
def test_meta_estimator_learns(meta, name):
    """It predicts better than chance, or selects features; a clone and a pickle do the same."""
    samples, labels = problem(meta)
    estimator = META_ESTIMATORS[meta](CLASSIFIERS[name]).fit(samples, labels)
    copy = clone(estimator).fit(samples, labels)
    saved = pickle.loads(pickle.dumps(estimator))
    if meta in SELECTORS:
        np.testing.assert_array_equal(copy.get_support(), estimator.get_support())
        np.testing.assert_array_equal(saved.transform(samples), estimator.transform(samples))
        assert estimator.get_support().sum() in SELECTORS[meta]
        return
    predicted = estimator.predict(samples)
    np.testing.assert_array_equal(copy.predict(samples), predicted)
    np.testing.assert_array_equal(saved.predict(samples), predicted)
    expected = y > 0 if meta in BINARY else labels if meta in MULTILABEL else y
    columns = zip(expected.reshape(60, -1).T, predicted.reshape(60, -1).T, strict=True)
    assert all(balanced_accuracy_score(*column) > 0.6 for column in columns)


@pytest.mark.parametrize(("meta", "name"), WEIGHTED_CASES)
def test_weights_reach_the_classifier(meta, name):
    """Class 1 is predicted more often if its samples weigh more."""
    samples, labels = problem(meta)
    targets = labels[:, 0] if meta in MULTILABEL else labels
    counts = []
    for heavy in (0, 1):
        weight = np.where(targets == heavy, 100, 1)
        estimator = META_ESTIMATORS[meta](CLASSIFIERS[name])
        predicted = estimator.fit(samples, labels, sample_weight=weight).predict(samples)
        counts.append(np.sum((predicted[:, 0] if meta in MULTILABEL else predicted) == 1))
    assert counts[0] < counts[1]


@pytest.mark.parametrize("name", ["dense", "reduced"])
def test_union_of_selectors(name):
    selectors = [
        SelectFromModel(CLASSIFIERS[name], importance_getter=importances, max_features=4),
        SelectFromModel(dense, importance_getter=importances, max_features=5),
    ]
    union = make_union(*selectors).fit(X, y)
    assert union.transform(X).shape[1] == sum(
        clone(selector).fit(X, y).get_support().sum() for selector in selectors
    )


def test_randomized_search_over_distributions():
    """SciPy's distributions and NumPy's arrays yield NumPy's scalars."""
    distributions = {
        "batch_size": 2 ** np.arange(4, 7),
        "learning_rate": loguniform(1e-3, 1e-1),
        "epochs": randint(1, 4),
        "warmup_fraction": uniform(0, 0.9),
        "standardize": np.array([True, False]),
        "learning_rate_schedule": np.array(["constant", "cosine"]),
        "tol": np.linspace(0, 1, 3, dtype=np.float32),
        "hidden_layer_sizes": [np.array([4]), np.int64(4)],
    }
    search = RandomizedSearchCV(
        dense, distributions, n_iter=6, cv=2, random_state=0, error_score="raise"
    ).fit(X, y)
    plain = {
        key: value.tolist() if isinstance(value, np.generic | np.ndarray) else value
        for key, value in search.best_params_.items()
    }
    alone = clone(dense).set_params(**plain)
    assert search.best_score_ == cross_val_score(alone, X, y, cv=2).mean()
    np.testing.assert_array_equal(search.predict_proba(X), clone(alone).fit(X, y).predict_proba(X))


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("epochs", np.arange(1, 4, dtype=np.uint8)),
        ("learning_rate", np.logspace(-3, -1, 3)),
        ("batch_size", 2 ** np.arange(4, 6)),
        ("early_stopping", np.array([False])),
    ],
)
def test_validation_curve_over_arrays(parameter, values):
    _, found = validation_curve(
        dense, X, y, param_name=parameter, param_range=values, cv=2, error_score="raise"
    )
    expected = [
        cross_val_score(clone(dense).set_params(**{parameter: value}), X, y, cv=2)
        for value in values.tolist()
    ]
    np.testing.assert_array_equal(found, expected)


def search_scores(classifier):
    search = GridSearchCV(classifier, SEEDS, cv=2, error_score="raise").fit(X, y)
    return search.cv_results_["mean_test_score"]


@pytest.mark.parametrize("backend", [pytest.param("loky", marks=pytest.mark.slow), "threading"])
def test_parallel_searches_give_the_scores_of_sequential_ones(backend):
    expected = [search_scores(classifier) for classifier in CLASSIFIERS.values()]
    with joblib.parallel_config(backend=backend, n_jobs=2):
        found = [search_scores(classifier) for classifier in CLASSIFIERS.values()]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_forked_processes_name_the_backend_to_use(name):
    """joblib's multiprocessing forks: it would hang after TensorFlow has started its threads."""
    classifier = clone(CLASSIFIERS[name]).fit(X, y)
    with (
        joblib.parallel_config(backend="multiprocessing", n_jobs=2),
        pytest.raises(RuntimeError, match="use joblib's loky backend or 'spawn'"),
    ):
        search_scores(classifier)
