"""Properties of fits and predictions, over parameters, data types, labels and weights.

hypothesis draws the cases, the same ones in every run. All of them share a few compiled networks:
whatever is drawn, the network, its optimizer and the size of its batches stay the same.
"""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier

pytestmark = pytest.mark.filterwarnings(
    "error::RuntimeWarning",  # no overflow goes unnoticed
    "ignore:early_stopping=True may end training before",
)


def examples(n):
    """Settings that draw the same examples in every run, however long each takes."""
    return settings(max_examples=n, derandomize=True, deadline=None, database=None)


RNG = np.random.default_rng(0)
N_SAMPLES = 40
SMALLEST, LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
# Ints that all number types can hold, as images of 3 x 3 pixels.
X = RNG.integers(0, 16, (N_SAMPLES, 9)).astype(np.float32)
y = np.arange(N_SAMPLES) % 3
SHARED = {
    "dropout": 0.0,
    "optimizer": "sgd",
    "epochs": 2,
    "batch_size": 16,
    "learning_rate": 0.125,
    "random_state": 0,
}


def dense(**parameters):
    return DenseDigitClassifier(**({"hidden_layer_sizes": (4,)} | SHARED | parameters))


def conv(**parameters):
    structure = {
        "filters": (2,),
        "pool_size": None,
        "batch_normalization": False,
        "hidden_layer_sizes": (),
        "augmentation": None,
    }
    return ConvDigitClassifier(**(structure | SHARED | parameters))


def reduced(**parameters):
    return ReducedDigitClassifier(PCA(4, random_state=0), dense(**parameters))


CLASSIFIERS = {"dense": dense, "conv": conv, "reduced": reduced}
makes = st.sampled_from(list(CLASSIFIERS.values()))
networks = st.sampled_from([dense, conv])


def outcome(classifier, samples=X):
    """Return the probabilities of a fitted classifier and all weights of its network."""
    network = getattr(classifier, "classifier_", classifier)
    return [classifier.predict_proba(samples), *network.coefs_, *network.intercepts_]


def assert_same(one, other):
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def assert_one_line(error, name):
    assert isinstance(error, (ValueError, TypeError))
    assert name in str(error)
    assert "\n" not in str(error)


fit_parameters = st.fixed_dictionaries(
    {},
    optional={
        "learning_rate": st.floats(1e-300, 0.5),
        "learning_rate_schedule": st.sampled_from(
            ["constant", "exponential", "cosine", "one_cycle"]
        ),
        "decay_steps": st.floats(1e-300, 1e300),
        "decay_rate": st.floats(1e-300, 1.0),
        "warmup_fraction": st.floats(0, 1, exclude_max=True),
        "epochs": st.integers(1, 3),
        "l2": st.sampled_from([1e-300, 0.5, 2]),
        "label_smoothing": st.none() | st.floats(0, 1, exclude_max=True),
        "standardize": st.booleans(),
        "early_stopping": st.booleans(),
        "validation_fraction": st.floats(0.1, 0.8),
        "patience": st.integers(1, 10**49),
        "tol": st.floats(0, 1e300),
        "restore_best_weights": st.booleans(),
        "class_weight": st.sampled_from([None, "balanced", {0: 1e300}, {1: 0, 2: 5}]),
        "random_state": st.integers(0, 2**32 - 1),
    },
)


@examples(20)
@given(make=networks, parameters=fit_parameters)
def test_copies_train_and_predict_alike(make, parameters):
    """A clone, a pickle and set_params describe the same model."""
    classifier = make(**parameters).fit(X, y)
    expected = outcome(classifier)
    assert all(np.isfinite(array).all() for array in expected)
    np.testing.assert_allclose(expected[0].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(classifier.predict(X), expected[0].argmax(axis=1))
    assert_same(outcome(pickle.loads(pickle.dumps(classifier))), expected)
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params()
    assert_same(outcome(copy.fit(X, y)), expected)
    assert_same(outcome(make().set_params(**parameters).fit(X, y)), expected)


@examples(20)
@given(make=networks, parameters=fit_parameters, scale=st.floats(1e-3, 1e3))
def test_keras_predicts_the_same(make, parameters, scale):
    classifier = make(**parameters).fit(X * scale, y)
    samples = (X * scale).astype(np.float32)
    expected = classifier.to_keras()(samples).numpy()
    np.testing.assert_allclose(classifier.predict_proba(samples), expected, atol=1e-5)


def memory_map(values, folder):
    path = folder / "X.npy"
    np.save(path, values)
    return np.load(path, mmap_mode="r")


def read_only(values):
    values = values.copy()
    values.setflags(write=False)
    return values


NUMBER_TYPES = [
    *(np.float16, np.float32, np.float64, np.longdouble),
    *(np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64),
    *(object, ">f4", ">f8", ">i2"),
]
CONTAINERS = {
    "array": lambda values, _: values,
    "Fortran order": lambda values, _: np.asfortranarray(values),
    "strided": lambda values, _: np.repeat(np.repeat(values, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda values, _: values[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": lambda values, _: read_only(values),
    "broadcast": lambda values, _: np.broadcast_to(values, values.shape),
    "memory map": lambda values, folder: memory_map(values, folder),
    "list": lambda values, _: values.tolist(),
    "tuple of arrays": lambda values, _: tuple(values),
    "frame": lambda values, _: pd.DataFrame(values),
    "mixed frame": lambda values, _: pd.DataFrame(values).astype({0: float, 1: "Int64"}),
}


@examples(40)
@given(
    make=makes,
    kind=st.sampled_from(NUMBER_TYPES),
    container=st.sampled_from(list(CONTAINERS)),
    binary=st.booleans(),
)
@example(make=dense, kind=bool, container="array", binary=True)
@example(make=conv, kind=bool, container="list", binary=True)
@example(make=reduced, kind=bool, container="frame", binary=True)
def test_number_types_and_containers_are_equal(make, kind, container, binary, tmp_path_factory):
    values = np.where(X > 7, 1, 0) if binary else X
    if container == "memory map" and kind is object:
        kind = np.float64  # pickled objects cannot be mapped
    if (kind, container) == (np.longdouble, "mixed frame"):
        kind = np.float64  # pandas has no nullable longdouble
    samples = CONTAINERS[container](values.astype(kind), tmp_path_factory.mktemp("X"))
    values = values.astype(np.float32)
    classifier, expected = make().fit(samples, y), make().fit(values, y)
    if make is reduced:  # PCA computes float64 in float64
        np.testing.assert_allclose(
            classifier.predict_proba(samples), expected.predict_proba(values), atol=1e-4
        )
        return
    assert_same(outcome(classifier, values), outcome(expected, values))
    # float64 is predicted in float64.
    np.testing.assert_allclose(
        classifier.predict_proba(samples), expected.predict_proba(values), atol=1e-5
    )
    assert len(classifier.predict(samples)) == N_SAMPLES


# NumPy drops null characters at the end of strings.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
INT_TYPES = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]


@st.composite
def sorted_labels(draw):
    """Draw three labels in ascending order, and a container for labels like them."""
    kind = draw(st.sampled_from(["int", "text", "float", "sequence of scalars"]))
    if kind == "text":
        labels = np.array(draw(st.lists(texts, min_size=3, max_size=3, unique=True)))
        wraps = [np.asarray, list, pd.Series, lambda given: given.astype(object)]
        wraps.append(lambda given: pd.Series(pd.Categorical(given)))
    elif kind == "float":
        numbers = st.integers(-(2**53), 2**53)
        dtype = draw(st.sampled_from([np.float64, np.longdouble]))
        labels = np.array(draw(st.lists(numbers, min_size=3, max_size=3, unique=True)), dtype)
        wraps = [np.asarray, list]
    else:
        dtype = draw(st.sampled_from(INT_TYPES))
        limits = np.iinfo(dtype)
        numbers = st.integers(int(limits.min), int(limits.max))
        labels = np.array(draw(st.lists(numbers, min_size=3, max_size=3, unique=True)), dtype)
        wraps = [np.asarray, list, pd.Series, lambda given: given[:, None].repeat(2, 1)[:, 0]]
    wrap = list if kind == "sequence of scalars" else draw(st.sampled_from(wraps))
    return np.sort(labels), wrap


@examples(40)
@given(make=makes, labels_and_container=sorted_labels())
def test_renamed_labels_in_the_same_order_change_nothing(make, labels_and_container):
    labels, container = labels_and_container
    expected = make().fit(X, y)
    classifier = make().fit(X, container(labels[y]))
    np.testing.assert_array_equal(classifier.classes_, labels)
    assert_same(outcome(classifier), outcome(expected))
    np.testing.assert_array_equal(classifier.predict(X), labels[expected.predict(X)])


@pytest.mark.parametrize("make", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_booleans_are_labels(make):
    expected = make().fit(X, (y > 0).astype(int))
    for labels in (y > 0, (y > 0).tolist(), pd.Series(y > 0)):
        classifier = make().fit(X, labels)
        assert_same(outcome(classifier), outcome(expected))
        np.testing.assert_array_equal(classifier.predict(X), expected.predict(X) == 1)


@examples(20)
@given(make=networks, order=st.permutations(range(3)), seed=st.integers(0, 2**32 - 1))
def test_permuted_labels_permute_the_probabilities(make, order, seed):
    """Exact, except that softmax sums in another order; initial weights are permuted as well."""
    parameters = {"warm_start": True, "random_state": seed}
    one = make(**parameters).fit(X, y)
    other = clone(one).fit(X, y)
    order = np.array(order)
    kernel, bias = other._weights[-2:]
    other._weights = [*other._weights[:-2], kernel[:, order], bias[order]]
    expected = one.fit(X, y).predict_proba(X)
    found = other.fit(X, np.argsort(order)[y]).predict_proba(X)
    np.testing.assert_allclose(found, expected[:, order], atol=1e-5)


@examples(20)
@given(make=networks, order=st.permutations(range(N_SAMPLES)))
def test_order_of_the_samples_of_one_batch_changes_nothing(make, order):
    expected = make(batch_size=64).fit(X, y)
    assert_same(outcome(make(batch_size=64).fit(X[order], y[order])), outcome(expected))


WEIGHTS = st.one_of(
    st.sampled_from([1, 2, 3.5, 1e-50, 1e50, 1e-308, 1e308, 5e-324]), st.floats(1e-3, 1e3)
)
weight_lists = st.lists(WEIGHTS, min_size=N_SAMPLES, max_size=N_SAMPLES)
WEIGHT_CONTAINERS = [
    np.asarray,
    list,
    tuple,
    lambda weights: np.array(weights, object),
    lambda weights: pd.Series(weights, index=range(5, 5 + N_SAMPLES)),
]
STOPPING = {"early_stopping": True, "validation_fraction": 0.4}


@examples(40)
@given(
    make=networks,
    weights=weight_lists,
    container=st.sampled_from(WEIGHT_CONTAINERS),
    absent=st.sets(st.integers(9, N_SAMPLES - 1), min_size=1),  # the first ones have all classes
    parameters=st.sampled_from([{}, STOPPING, {"class_weight": "balanced"}, {"batch_size": 64}]),
)
def test_samples_of_weight_zero_are_absent(make, weights, container, absent, parameters):
    weights = np.array(weights)
    present = np.setdiff1d(np.arange(N_SAMPLES), list(absent))
    with_zeros = weights.copy()
    with_zeros[list(absent)] = 0
    fewer = fit_or_error(make(**parameters), X[present], y[present], weights[present])
    all_of_them = fit_or_error(make(**parameters), X, y, container(with_zeros))
    assert_same(all_of_them, fewer)


def fit_or_error(classifier, X, y, weights):
    """The outcome of a fit, or the name of the parameter that a few samples cannot satisfy."""
    try:
        classifier.fit(X, y, sample_weight=weights)
    except ValueError as error:
        assert_one_line(error, "validation_fraction")  # some class is in one part of the split only
        return ["validation_fraction"]
    assert all(np.isfinite(array).all() for array in outcome(classifier))
    return [*outcome(classifier), *map(np.array, classifier.history_.values())]


@examples(40)
@given(
    make=networks,
    weights=weight_lists,
    exponent=st.integers(-900, 900),
    parameters=st.sampled_from([{}, STOPPING, {"class_weight": "balanced"}, {"batch_size": 64}]),
)
def test_scaling_all_weights_by_a_power_of_two_changes_nothing(make, weights, exponent, parameters):
    weights = np.clip(weights, 2.0**-100, 2.0**100)  # times 2**exponent stays exact
    scaled = np.ldexp(weights, exponent)
    assert_same(
        fit_or_error(make(**parameters), X, y, scaled),
        fit_or_error(make(**parameters), X, y, weights),
    )


@examples(20)
@given(exponent=st.integers(-1000, 1000), weights=weight_lists)
def test_weights_of_validation_samples_matter_by_their_ratios(exponent, weights):
    ones = np.ones(N_SAMPLES)
    histories = [
        dense().fit(X, y, X_val=X, y_val=y, sample_weight_val=given).history_
        for given in (ones, np.ldexp(ones, exponent), weights)
    ]
    assert histories[0] == histories[1]
    assert np.isfinite(histories[2]["val_loss"]).all()


@examples(20)
@given(make=networks, kind=st.sampled_from(INT_TYPES), seed=st.integers(0, 1000))
def test_integer_weights_repeat_samples(make, kind, seed):
    """In one batch, where the order of samples does not matter, they agree bit for bit."""
    counts = np.random.default_rng(seed).integers(0, 3, N_SAMPLES).astype(kind)
    counts[:3] = 1
    weighted = make(batch_size=128).fit(X, y, sample_weight=counts)
    n_repeated = counts.astype(int)
    repeated = make(batch_size=128).fit(X.repeat(n_repeated, axis=0), y.repeat(n_repeated))
    assert_same(outcome(weighted), outcome(repeated))


@examples(40)
@given(make=networks, weight=st.one_of(st.floats(0, 1e3), st.floats(1e39, 1e308)), n=st.integers(1))
@example(make=dense, weight=1e-50, n=3)
@example(make=conv, weight=1e50, n=3)
def test_partial_fit_refuses_weights_beyond_float32(make, weight, n):
    weights = np.ones(N_SAMPLES)
    weights[: n % N_SAMPLES + 1] = weight
    classifier = make()
    if weight == 0 or SMALLEST <= weight <= LARGEST:
        classifier.partial_fit(X, y, [0, 1, 2], weights)
        assert all(np.isfinite(array).all() for array in outcome(classifier))
        return
    with pytest.raises(ValueError, match="sample_weight") as error:
        classifier.partial_fit(X, y, [0, 1, 2], weights)
    assert_one_line(error.value, "sample_weight")


def test_partial_fit_refuses_a_product_that_vanishes():
    tiny = dict.fromkeys(range(3), 1e-200)
    with pytest.raises(ValueError, match="sample_weight times class_weight"):
        dense(class_weight=tiny).partial_fit(X, y, [0, 1, 2], np.full(N_SAMPLES, 1e-200))


BAD_WEIGHTS = ["a", 10**400, 1j, np.nan, np.inf, -1.0, None, [1, 2], {}]


@pytest.mark.parametrize("name", ["sample_weight", "sample_weight_val"])
@pytest.mark.parametrize("value", BAD_WEIGHTS, ids=range(len(BAD_WEIGHTS)))
def test_bad_weights_are_named(name, value):
    weights = [1] * (N_SAMPLES - 1) + [value]
    validation = {"X_val": X, "y_val": y} if name == "sample_weight_val" else {}
    with pytest.raises(ValueError, match=f"^{name} cannot be used: ") as error:
        dense().fit(X, y, **validation, **{name: weights})
    assert_one_line(error.value, name)


# Above 2**127, differences between values may exceed float32's range.
magnitudes = st.one_of(st.floats(1e-320, 1e37), st.floats(1e39, 1e307))


@examples(40)
@given(
    make=networks,
    magnitude=magnitudes,
    offset=st.sampled_from([0.0, 1.0, -1e6]),
    kind=st.sampled_from([np.float32, np.float64, np.longdouble, object]),
)
@example(make=dense, magnitude=3e38, offset=-0.5, kind=np.float64)  # differences beyond float32
@example(
    make=dense, magnitude=1e-44, offset=0.0, kind=np.float64
)  # whose inverse is beyond float32
@example(make=dense, magnitude=1e-39, offset=0.0, kind=np.float32)
def test_data_of_any_size(make, magnitude, offset, kind):
    with np.errstate(over="ignore"):  # the test's own conversion
        values = ((X.astype(float) / 15 + offset) * magnitude).astype(kind)
    try:
        classifier = make().fit(values, y)
    except ValueError as error:
        assert_one_line(error, "X")
        assert magnitude > 1e30
        return
    assert all(np.isfinite(array).all() for array in outcome(classifier, values))


@examples(40)
@given(make=networks, magnitude=magnitudes, kind=st.sampled_from([np.float32, np.float64]))
@example(make=dense, magnitude=3e38, kind=np.float32)
@example(make=conv, magnitude=3e38, kind=np.float32)
@pytest.mark.filterwarnings("ignore:X has values from")  # on another scale than in training
def test_samples_of_any_size_are_predicted_or_refused(make, magnitude, kind):
    classifier = make().fit(X, y)
    with np.errstate(over="ignore"):  # the test's own conversion
        samples = (X / 15).astype(float) * magnitude
        samples = samples.astype(kind)
    try:
        probabilities = classifier.predict_proba(samples)
    except ValueError as error:
        assert_one_line(error, "X")
        assert magnitude > LARGEST
        return
    assert np.isfinite(probabilities).all()
    if make is dense:  # the only one with a hidden layer
        assert np.isfinite(classifier.activations(samples)).all()


@pytest.mark.parametrize("make", [dense, conv], ids=["dense", "conv"])
def test_ints_too_large_for_floats(make):
    huge = np.full(X.shape, 10**400, object)
    for call in (
        lambda: make().fit(huge, y),
        lambda: make().fit(X, y).predict(huge),
        lambda: make().fit(X, y, X_val=huge, y_val=y),
    ):
        with pytest.raises(ValueError, match="within the range of float32") as error:
            call()
        assert_one_line(error.value, "X")


# Extreme values of parameters; those of SCHEDULED matter with schedules of the learning rate.
SCHEDULED = {
    "learning_rate": [1e300, 1e39, 10**49, 10**400, 1e-300, np.longdouble("1e39")],
    "decay_steps": [1e300, 1e-300, 5e-324, 10**400],
    "decay_rate": [1e300, 1e-300, 10**400],
    "warmup_fraction": [0.9999999999999999, 1e-300, np.float32(1 - 2**-24)],
    "epochs": [10**49, 10**400, np.uint8(200), np.int64(2**63 - 1)],
}
EXTREMES = {
    "batch_size": [2**32, 2**63, 10**49, 10**400, np.uint8(200)],
    "l2": [1e300, 1e39, 10**400, 1e-300],
    "label_smoothing": [0.9999999999999999, 1e-300, np.float16(0.5)],
    "tol": [1e300, 10**400, 5e-324],
    "patience": [10**49, 10**400, np.uint8(200)],
    "validation_fraction": [1e-300, 0.9999999999999999, np.float16(0.4)],
    "random_state": [2**32 - 1, 2**32, 10**400, -1, np.uint8(200)],
    "class_weight": [{0: 1e308}, {0: 10**400}, {0: 5e-324, 1: 5e-324, 2: 5e-324}, {0: np.inf}],
    "hidden_layer_sizes": [2**62, 10**400, (2**62, 2)],
    "dropout": [0.9999999999999999],
}
EXTREMES_OF_CONV = {
    "filters": [2**62, 10**400],
    "kernel_size": [2**40, 10**400],
    "pool_size": [2**40, 10**400],
    "hidden_layer_sizes": [2**62, 10**400],
    "image_shape": [(2**62, 2**62), (1, 10**400), (0, 9), (-3, -3)],
    "augmentation": [
        {"shift": 1e300},
        {"shift": 10**400},
        {"rotation": 3e38},
        {"zoom": 1 - 1e-16},
        {"elastic": 3e38},
    ],
}


def assert_refused_or_used(classifier, name):
    try:
        classifier.fit(X, y)
    except (ValueError, TypeError) as error:
        assert_one_line(error, name)
    else:
        assert all(np.isfinite(array).all() for array in outcome(classifier))


@pytest.mark.parametrize("schedule", ["constant", "exponential", "cosine", "one_cycle"])
@pytest.mark.parametrize("name", SCHEDULED)
def test_extreme_schedules_are_refused_or_used(name, schedule):
    """Early stopping ends an endless fit after the second epoch, as no loss decreases by 1e300."""
    stopping = STOPPING | {"patience": 1, "tol": 1e300}
    for value in SCHEDULED[name]:
        parameters = {"learning_rate_schedule": schedule, name: value}
        assert_refused_or_used(dense(**(stopping | parameters)), name)


@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_parameters_are_refused_or_used(name):
    for value in EXTREMES[name]:
        assert_refused_or_used(dense(**(STOPPING | {"patience": 1, name: value})), name)


@pytest.mark.parametrize("name", EXTREMES_OF_CONV)
def test_extreme_parameters_of_convolutions_are_refused_or_used(name):
    for value in EXTREMES_OF_CONV[name]:
        assert_refused_or_used(conv(**{name: value}), name)


def test_network_larger_than_memory(monkeypatch):
    message = "does not fit into memory; reduce hidden_layer_sizes"
    with pytest.raises(ValueError, match=message):
        dense(hidden_layer_sizes=(10**400, 1)).fit(X, y)

    def draw(network, seed):
        raise MemoryError

    monkeypatch.setattr("skdigits._training.trainer.initial_weights", draw)
    with pytest.raises(ValueError, match=message):
        dense().fit(X, y)


OPTIMIZERS = [
    ("Adam", "epsilon", [None, "small", 1e300, -1, [1e-7], np.nan]),
    ("Adam", "beta_1", [1.0, 1.5, -0.5, "a", None, 10**400]),
    ("Adam", "beta_2", [1, np.inf]),
    ("Adam", "amsgrad", ["yes", None]),
    ("SGD", "momentum", [2, "a", None]),
    ("SGD", "clipnorm", ["x", 1e300, -1]),
    ("SGD", "weight_decay", [1e300, -1, "a"]),
    ("SGD", "learning_rate", [1e300, 1e39, -1, 0, np.nan, "a"]),
    ("SGD", "gradient_accumulation_steps", ["a", 1, 2.5, -2, 10**49]),
    ("RMSprop", "rho", [1.0, 2, -1]),
    ("Lion", "beta_1", [0, 2, None]),
    ("Ftrl", "learning_rate_power", [1, "a"]),
    ("Muon", "ns_steps", [10**6, -1, 2.5]),  # the loop over steps is unrolled
    ("Adafactor", "beta_2_decay", ["x", None]),
    ("ScheduleFreeAdamW", "warmup_steps", ["a", -1, 10**49]),
    ("AdamW", "weight_decay", [None, "a"]),
]


@pytest.mark.parametrize(("optimizer", "setting", "values"), OPTIMIZERS)
def test_bad_settings_of_optimizers_are_named(optimizer, setting, values):
    for value in values:
        config = {"class_name": optimizer, "config": {setting: value}}
        with pytest.raises(ValueError, match="optimizer must") as error:
            dense(optimizer=config, learning_rate=None).fit(X, y)
        assert_one_line(error.value, "rate" if setting == "learning_rate" else setting)


def test_optimizers_are_plain_data():
    config = {"class_name": "SGD", "config": {"clipnorm": 1j}}
    with pytest.raises(ValueError, match="optimizer must have settings that are plain data"):
        dense(optimizer=config).fit(X, y)


def test_optimizers_take_the_settings_of_keras():
    """The checks refuse none of the defaults, nor the scalars of NumPy."""
    from skdigits._estimators.fitting import OPTIMIZERS
    from skdigits._training.optimizers import to_config

    for name in OPTIMIZERS:
        assert to_config(to_config({"class_name": name})) == to_config({"class_name": name})
    plain = {"class_name": "SGD", "config": {"momentum": 0.5, "nesterov": True, "clipnorm": 2}}
    scalars = {"momentum": np.float32(0.5), "nesterov": np.True_, "clipnorm": np.int8(2)}
    assert to_config({"class_name": np.str_("SGD"), "config": scalars}) == to_config(plain)


def scalars(*types):
    return [lambda value, kind=kind: kind(value) for kind in types]


REALS = scalars(float, np.float16, np.float32, np.float64, np.longdouble)
INTS = scalars(int, *INT_TYPES)
BOOLS = scalars(bool, np.bool_)
STRINGS = scalars(str, np.str_)
SEQUENCES = [list, tuple, np.array, lambda sizes: np.array(sizes, np.uint8)]
SEQUENCES += [lambda sizes: [np.int8(size) for size in sizes], pd.Series]
SIZES = [*SEQUENCES, lambda sizes: sizes[0], lambda sizes: np.uint8(sizes[0])]
# A value of each parameter, exact in every type, and the forms in which it may be passed.
FORMS = {
    "activation": ("relu", STRINGS),
    "dropout": (0.0, [*REALS, *INTS]),
    "optimizer": ("sgd", STRINGS),
    "learning_rate": (0.125, REALS),
    "learning_rate_schedule": ("exponential", STRINGS),
    "decay_steps": (2, [*REALS, *INTS]),
    "decay_rate": (0.5, REALS),
    "warmup_fraction": (0.25, REALS),
    "batch_size": (16, INTS),
    "epochs": (2, INTS),
    "l2": (2, [*REALS, *INTS]),
    "label_smoothing": (0.25, REALS),
    "standardize": (True, BOOLS),
    "early_stopping": (True, BOOLS),
    "validation_fraction": (0.375, REALS),
    "patience": (1, INTS),
    "tol": (0.25, REALS),
    "restore_best_weights": (False, BOOLS),
    "class_weight": (
        {0: 2, 1: 0.5},
        [
            dict,
            lambda weights: {
                np.int8(label): np.float16(weight) for label, weight in weights.items()
            },
        ],
    ),
    "warm_start": (True, BOOLS),
    "random_state": (3, [*INTS, lambda seed: np.random.RandomState(seed)]),
    "verbose": (0, [*INTS, *BOOLS]),
}
FORMS_OF_DENSE = FORMS | {"hidden_layer_sizes": ([4], [*SIZES, lambda _: range(4, 5)])}
FORMS_OF_CONV = FORMS | {
    "filters": ([2], SIZES),
    "hidden_layer_sizes": ([], [list, tuple, lambda _: np.array([], int)]),
    "kernel_size": ([3], [*SIZES, lambda _: [(3, 3)], lambda _: np.array([[3, 3]])]),
    "pool_size": ([1], [*SIZES, lambda _: [None], lambda _: None]),
    "padding": ("same", STRINGS),
    "batch_normalization": (False, BOOLS),
    "image_shape": ([3, 3], SEQUENCES),
    "augmentation": (
        {"shift": 1, "zoom": 0.25, "shear": 8, "elastic": 0.5},
        [dict, lambda limits: {np.str_(name): np.float16(limit) for name, limit in limits.items()}],
    ),
    "precision": ("float32", STRINGS),
}


@st.composite
def forms(draw, table):
    """Draw some parameters, as plain values and in another form."""
    names = draw(st.lists(st.sampled_from(sorted(table)), min_size=1, unique=True))
    plain = {name: table[name][0] for name in names}
    return plain, {name: draw(st.sampled_from(table[name][1]))(plain[name]) for name in names}


@pytest.mark.parametrize(("make", "table"), [(dense, FORMS_OF_DENSE), (conv, FORMS_OF_CONV)])
def test_every_parameter_has_forms(make, table):
    assert table.keys() == make().get_params().keys()


def assert_forms_are_equal(make, plain, given):
    fixed = {"l2": 2}  # so that all cases share one compiled network
    one, other = (make(**(fixed | parameters)).fit(X, y) for parameters in (plain, given))
    assert_same(outcome(one), outcome(other))
    assert one.history_ == other.history_


@examples(30)
@given(case=forms(FORMS_OF_DENSE))
def test_forms_of_dense_parameters_are_equal(case):
    assert_forms_are_equal(dense, *case)


@examples(30)
@given(case=forms(FORMS_OF_CONV))
def test_forms_of_conv_parameters_are_equal(case):
    assert_forms_are_equal(conv, *case)


WRONG = [
    *("text", "a\nb", b"bytes", "", 1j, object(), type, len, np.nan, np.inf, -1, -0.5),
    *([], (), [[]], [None], ["a"], [1.5], [-1], [True], {1.5}, {"a": 1}, {1: "a"}, {0: 1j}),
    *(np.array(3), np.array([1.5]), np.array([[3]]), np.array(["a"]), np.datetime64("2020")),
    *(np.zeros((3, 3)), np.random.default_rng(0), pd.NA, range(0), iter([3]), slice(3)),
]
# Values in WRONG that a parameter takes.
TAKEN = {"hidden_layer_sizes": ["[]", "()", "range(0, 0)"], "pool_size": ["[None]"]}


@pytest.mark.parametrize("make", [dense, conv], ids=["dense", "conv"])
def test_wrong_types_are_refused_in_one_line(make):
    for name in make().get_params():
        for value in WRONG:
            if repr(value) in TAKEN.get(name, []):
                continue
            with pytest.raises((ValueError, TypeError)) as error:
                make(**{name: value}).fit(X, y)
            assert name in str(error.value), (name, value)
            # scikit-learn prints arrays as NumPy does.
            if np.ndim(value) < 2:
                assert "\n" not in str(error.value), (name, value)
