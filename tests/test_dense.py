"""Use and misuse of DenseDigitClassifier."""

import pickle
import tracemalloc
from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy.special
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.class_weight import compute_class_weight

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier
from skdigits._estimators.validation import class_weights


@pytest.mark.parametrize(
    ("sizes", "n_parameters"),
    [
        # Studies "experiments", "depth-width" and "sigmoid-chains".
        ((1,), 805),
        ((2,), 1_600),
        ((700,), 556_510),
        ((), 7_850),
        ((64,), 50_890),
        ((192,) * 4, 263_818),
        ((32,), 25_450),
        ((32,) * 2, 26_506),
        ((32,) * 5, 29_674),
        ((128,), 101_770),
        ((128,) * 2, 118_282),
        ((128,) * 3, 134_794),
        ((512,), 407_050),
        ((512,) * 2, 669_706),
    ],
)
def test_parameter_counts_are_the_published_ones(sizes, n_parameters):
    from skdigits.networks import dense_network

    assert dense_network(784, 10, hidden_layer_sizes=sizes).count_params() == n_parameters


def test_fitted_attributes(digits, small):
    X, X_test, y, y_test = digits
    classifier = small((32, 16), epochs=5, dropout=0.2).fit(X, y, X_val=X_test, y_val=y_test)
    assert classifier.n_parameters_ == 64 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10
    assert [coef.shape for coef in classifier.coefs_] == [(64, 32), (32, 16), (16, 10)]
    assert [bias.shape for bias in classifier.intercepts_] == [(32,), (16,), (10,)]
    assert classifier.n_iter_ == len(classifier.epoch_times_) == 5
    assert 0 < sum(classifier.epoch_times_) < classifier.fit_time_
    metrics = {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert classifier.history_.keys() == metrics | {"learning_rate"}
    assert classifier.history_["val_accuracy"][-1] == pytest.approx(
        classifier.score(X_test, y_test)
    )
    assert classifier.best_epoch_ == np.argmin(classifier.history_["val_loss"]) + 1


def test_default_learns_the_small_digits(digits):
    X, X_test, y, y_test = digits
    assert DenseDigitClassifier(random_state=0).fit(X, y).score(X_test, y_test) > 0.95


def test_learns_mnist(mnist_classifier, mnist_test):
    assert mnist_classifier.score(*mnist_test) > 0.95


@pytest.mark.parametrize("factor", [1 / 16, 255.0])
def test_unit_of_the_input_makes_no_difference(factor, digits, small):
    X, X_test, y, _ = digits
    ours = small(epochs=5).fit(X, y).predict_proba(X_test)
    scaled = small(epochs=5).fit(X * np.float32(factor), y)
    np.testing.assert_allclose(scaled.predict_proba(X_test * np.float32(factor)), ours, atol=1e-4)


def test_standardization_is_by_the_mean_and_std_of_all_values(digits, small):
    X, _, y, _ = digits
    weight = np.random.default_rng(0).uniform(0, 2, len(y))
    for data in (X, X.astype(np.uint8), X.astype(np.float64) + 1000):
        shift, scale = small(epochs=1).fit(data, y)._scaling
        assert shift == pytest.approx(data.mean(), rel=1e-6)
        assert 1 / scale == pytest.approx(data.std(), rel=1e-4)
    shift, scale = small(epochs=1).fit(X, y, sample_weight=weight)._scaling
    mean = np.average(X.mean(axis=1), weights=weight)
    assert shift == pytest.approx(mean, rel=1e-5)
    variance = np.average(((X - mean) ** 2).mean(axis=1), weights=weight)
    assert 1 / scale == pytest.approx(np.sqrt(variance), rel=1e-5)
    raw = small(epochs=1, standardize=False).fit(X, y)
    assert raw._scaling == (0, 1)


def test_dtypes_train_alike(digits, small):
    X, _, y, _ = digits
    expected = small().fit(X, y).coefs_[0]
    for dtype in (np.float64, np.uint8, np.int64, ">f4", object):
        coefs = small().fit(X.astype(dtype), y).coefs_[0]
        np.testing.assert_allclose(coefs, expected, atol=1e-5)
    np.testing.assert_array_equal(small().fit(np.asfortranarray(X), y).coefs_[0], expected)
    np.testing.assert_array_equal(small().fit(X.tolist(), list(y)).coefs_[0], expected)


def test_labels_of_any_kind(digits, small):
    X, X_test, y, _ = digits
    expected = small().fit(X, y).predict(X_test)
    names = np.array(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
    named = small().fit(X, names[y])
    assert set(named.classes_) == set(names)
    shifted = small().fit(X, y * 10 - 50)
    np.testing.assert_array_equal(shifted.predict(X_test), expected * 10 - 50)
    assert set(named.predict(X_test)) <= set(names)
    two = small(epochs=20).fit(X[y < 2], y[y < 2] == 1)
    assert two.classes_.dtype == bool
    assert two.predict_proba(X_test).shape == (len(X_test), 2)
    assert two.score(X[y < 2], y[y < 2] == 1) == 1


def test_data_frames_keep_their_column_names(digits, small):
    X, X_test, y, _ = digits
    names = [f"pixel {i}" for i in range(64)]
    frame, frame_test = (pd.DataFrame(data, columns=names) for data in (X, X_test))
    classifier = small().fit(
        frame, pd.Series(y), X_val=frame_test, y_val=np.zeros(len(X_test), int)
    )
    assert list(classifier.feature_names_in_) == names
    plain = small().fit(X, y)
    np.testing.assert_array_equal(classifier.predict(frame_test), plain.predict(X_test))
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(frame_test[names[::-1]])
    with pytest.raises(ValueError, match="feature names should match"):
        small().fit(frame, y, X_val=frame_test[names[::-1]], y_val=np.zeros(len(X_test), int))


def test_memory_map_is_not_copied(tmp_path, small):
    n_samples, n_features = 20_000, 784  # 15.7 MB
    mapped = np.lib.format.open_memmap(
        tmp_path / "images.npy", "w+", np.uint8, (n_samples, n_features)
    )
    mapped[:] = np.random.default_rng(0).integers(0, 256, mapped.shape, dtype=np.uint8)
    mapped.flush()
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    y = np.arange(n_samples) % 10
    small((16,), epochs=1).fit(mapped[:1000], y[:1000])
    tracemalloc.start()
    classifier = small((16,), epochs=1).fit(mapped, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.75 * mapped.nbytes  # the buffers for batches take half of its size
    in_memory = small((16,), epochs=1).fit(np.array(mapped), y)
    np.testing.assert_array_equal(classifier.coefs_[0], in_memory.coefs_[0])


def test_same_seed_same_network(digits, small):
    X, _, y, _ = digits
    once, again = (small(dropout=0.2).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(once.coefs_[0], again.coefs_[0])
    other = small(dropout=0.2, random_state=1).fit(X, y)
    assert not np.array_equal(once.coefs_[0], other.coefs_[0])
    instance = np.random.RandomState(7)
    drawn = [small(random_state=instance).fit(X, y).coefs_[0] for _ in range(2)]
    assert not np.array_equal(*drawn)


def test_partial_fit_continues_where_fit_stopped(digits, small):
    X, _, y, _ = digits
    schedules = {"constant": {}, "exponential": {"decay_steps": 20, "decay_rate": 0.5}}
    for schedule, parameters in schedules.items():
        parameters = {"learning_rate_schedule": schedule, **parameters}
        whole = small(epochs=5, **parameters).fit(X, y)
        steps = small(epochs=3, **parameters).fit(X, y).partial_fit(X, y).partial_fit(X, y)
        np.testing.assert_array_equal(steps.coefs_[0], whole.coefs_[0])
        assert steps.history_ == whole.history_
        from_nothing = small(**parameters)
        for _ in range(5):
            from_nothing.partial_fit(X, y, classes=range(10))
        np.testing.assert_array_equal(from_nothing.coefs_[0], whole.coefs_[0])


def test_warm_start_continues_and_fit_starts_anew(digits, small):
    X, _, y, _ = digits
    whole = small(epochs=4, learning_rate_schedule="constant").fit(X, y)
    warm = small(warm_start=True, learning_rate_schedule="constant").fit(X, y).fit(X, y)
    np.testing.assert_array_equal(warm.coefs_[0], whole.coefs_[0])
    assert warm.n_iter_ == 4
    cold = small(learning_rate_schedule="constant").fit(X, y).fit(X, y)
    assert cold.n_iter_ == 2


@pytest.mark.parametrize(
    ("parameters", "difference"),
    [
        ({"hidden_layer_sizes": 5}, "units=32 in dense layer 1 instead of 5"),
        ({"hidden_layer_sizes": (32, 5)}, "2 dense layers instead of 3"),
        ({"activation": "tanh"}, "activation='relu' in dense layer 1 instead of 'tanh'"),
        ({"dropout": 0.5}, "dropout=0 instead of 0.5"),
    ],
)
def test_different_network_cannot_be_resumed(parameters, difference, digits, small):
    X, _, y, _ = digits
    classifier = small(warm_start=True).fit(X, y).set_params(**parameters)
    message = f"the fitted network, which has {difference}; call fit with warm_start=False to start"
    for method in (classifier.fit, classifier.partial_fit):
        with pytest.raises(ValueError, match=message):
            method(X, y)


def test_changed_optimizer_starts_afresh(digits, small):
    X, _, y, _ = digits
    classifier = small(warm_start=True).fit(X, y)
    classifier.set_params(optimizer="sgd", learning_rate=0.1).fit(X, y)
    assert classifier.n_iter_ == 4
    assert np.isfinite(classifier.history_["loss"]).all()


def test_history_over_fits_with_and_without_validation(digits, small):
    X, X_test, y, y_test = digits
    classifier = small().fit(X, y, X_val=X_test, y_val=y_test).partial_fit(X, y)
    assert len(classifier.history_["val_loss"]) == 3
    assert np.isnan(classifier.history_["val_loss"][2])
    assert len(pd.DataFrame(classifier.history_)) == 3


def test_internal_validation_split_is_that_of_scikit_learn(digits, small):
    X, _, y, _ = digits
    classifier = small(epochs=3, early_stopping=True, validation_fraction=0.2).fit(X, y)
    _, held_out = train_test_split(
        np.arange(len(y)), test_size=0.2, stratify=y, random_state=classifier._seed
    )
    best = classifier.history_["val_accuracy"][classifier.best_epoch_ - 1]
    assert classifier.score(X[held_out], y[held_out]) == pytest.approx(best)


def test_class_weights_are_those_of_scikit_learn():
    y = np.array([0] * 5 + [1] * 3 + [2] * 9)
    weight = np.random.default_rng(0).uniform(0, 3, len(y))
    classes = np.array(["a", "b", "c"])
    for class_weight in ("balanced", {"a": 2, "c": 0.5}, {"a": 1, "b": 2, "c": 3}):
        expected = compute_class_weight(
            class_weight, classes=classes, y=classes[y], sample_weight=weight
        )
        np.testing.assert_allclose(class_weights(class_weight, classes, y, weight), expected)


def test_sample_of_weight_zero_counts_as_absent(digits, small):
    X, X_test, y, _ = digits
    weight = (np.arange(len(y)) % 3 > 0).astype(float)
    weighted = small().fit(X, y, sample_weight=weight)
    absent = small().fit(X[weight > 0], y[weight > 0])
    np.testing.assert_array_equal(weighted.predict_proba(X_test), absent.predict_proba(X_test))


def test_class_of_weight_zero_is_kept(digits, small):
    X, X_test, y, y_test = digits
    no_nines = small(epochs=10).fit(X, y, sample_weight=y != 9)
    assert no_nines.classes_.tolist() == list(range(10))
    assert not (no_nines.predict(X_test) == 9).any()
    assert no_nines.score(X_test[y_test < 9], y_test[y_test < 9]) > 0.9
    only_nines = small(epochs=10).fit(X, y, sample_weight=y == 9)
    assert (only_nines.predict(X_test) == 9).all()


@pytest.mark.parametrize(
    "build",
    [
        lambda network: VotingClassifier([("a", network), ("b", GaussianNB())], voting="soft"),
        lambda network: StackingClassifier([("a", network), ("b", GaussianNB())], GaussianNB()),
        lambda network: CalibratedClassifierCV(network, method="temperature", cv=2),
        OneVsRestClassifier,
    ],
)
def test_meta_estimators_fit_classes_of_weight_zero(build, digits, small):
    X, X_test, y, _ = digits
    X, y = X[y < 3], y[y < 3]
    with config_context(enable_metadata_routing=True):
        network = small().set_fit_request(sample_weight=True)
        meta = build(network)
        if isinstance(meta, VotingClassifier | StackingClassifier):
            meta.estimators[1][1].set_fit_request(sample_weight=True)
        if isinstance(meta, StackingClassifier):
            meta.final_estimator.set_fit_request(sample_weight=True)
        meta.fit(X, y, sample_weight=(y < 2).astype(float))
    assert meta.predict_proba(X_test).shape == (len(X_test), 3)


def test_activations(digits, small):
    X, X_test, y, _ = digits
    classifier = small((32, 16), activation="tanh").fit(X, y)
    first, second = classifier.activations(X_test, 0), classifier.activations(X_test)
    shift, scale = classifier._scaling
    expected = np.tanh((X_test - shift) * scale @ classifier.coefs_[0] + classifier.intercepts_[0])
    np.testing.assert_allclose(first, expected, atol=1e-5)
    expected = np.tanh(expected @ classifier.coefs_[1] + classifier.intercepts_[1])
    np.testing.assert_allclose(second, expected, atol=1e-5)
    np.testing.assert_array_equal(classifier.activations(X_test, -2), first)
    for layer in (2, -3, "first", 0.5):
        with pytest.raises(ValueError, match="layer must be an int from -"):
            classifier.activations(X_test, layer)


def test_to_keras_gives_the_same_probabilities(digits, small):
    X, X_test, y, _ = digits
    for standardize in (True, False):
        classifier = small((32, 16), dropout=0.2, standardize=standardize).fit(X, y)
        network = classifier.to_keras()
        ours = classifier.predict_proba(X_test)
        np.testing.assert_allclose(network.predict(X_test, verbose=0), ours, atol=1e-5)


def test_double_precision_input_is_computed_in_double_precision(digits, small):
    X, X_test, y, _ = digits
    classifier = small().fit(X, y)
    single = classifier.predict_proba(X_test)
    double = classifier.predict_proba(X_test.astype(np.float64))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(single, double, atol=1e-5)
    shift, scale = map(np.float64, classifier._scaling)
    hidden = (X_test.astype(np.float64) - shift) * scale
    weights = zip(classifier.coefs_, classifier.intercepts_, strict=True)
    (first, first_bias), (second, second_bias) = weights
    logits = np.maximum(hidden @ first.astype(np.float64) + first_bias, 0) @ second + second_bias
    np.testing.assert_allclose(double, scipy.special.softmax(logits, axis=1), atol=1e-12)


def test_verbose_prints_one_line_per_epoch_and_is_off_by_default(capsys, digits, small):
    X, X_test, y, y_test = digits
    small(verbose=True).fit(X, y, X_val=X_test, y_val=y_test)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("epoch 1/2  ")
    assert "val_accuracy" in lines[1]
    small().fit(X, y)
    assert capsys.readouterr() == ("", "")


def test_failure_leaves_the_estimator_as_it_was(digits, small):
    X, X_test, y, _ = digits
    classifier = small().fit(X, y)
    before, expected = dict(vars(classifier)), classifier.predict(X_test)
    with pytest.raises(ValueError, match="2 classes"):
        classifier.fit(X[:, :10], np.zeros(len(y)))
    assert vars(classifier) == before
    np.testing.assert_array_equal(classifier.predict(X_test), expected)


def test_clone_keeps_every_parameter_and_fit_changes_none(digits):
    X, _, y, _ = digits
    classifier = DenseDigitClassifier([], epochs=1, class_weight={1: 2.0})
    parameters = classifier.get_params()
    assert clone(classifier).get_params() == parameters
    assert classifier.fit(X, y).get_params() == parameters


def test_one_batch_does_not_depend_on_the_order_of_samples(digits, small):
    X, X_test, y, _ = digits
    order = np.random.default_rng(0).permutation(50)
    one = small(dropout=0.2).fit(X[:50], y[:50]).predict_proba(X_test)
    other = small(dropout=0.2).fit(X[order], y[order]).predict_proba(X_test)
    np.testing.assert_array_equal(one, other)


BAD_FITS = {
    "NaN": (lambda X, y: (np.where(X > 15, np.nan, X), y), "contains NaN"),
    "infinity": (lambda X, y: (np.where(X > 15, np.inf, X), y), "contains infinity"),
    "one dimension": (lambda X, y: (X[0], y), "Expected 2D array, got 1D"),
    "three dimensions": (lambda X, y: (X.reshape(-1, 8, 8), y), "dim 3"),
    "lengths": (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
    "no samples": (lambda X, y: (X[:0], y[:0]), "0 sample"),
    "no features": (lambda X, y: (X[:, :0], y), "0 feature"),
    "one class": (lambda X, y: (X, np.full(len(y), 3)), "at least 2 classes; got 1 class"),
    "continuous": (lambda X, y: (X, y + 0.5), "Unknown label type: continuous"),
    "mixed labels": (
        lambda X, y: (X, np.where(y > 4, "high", y.astype(object))),
        "y must have labels of one type",
    ),
    "missing label": (lambda X, y: (X, np.where(y > 8, None, y)), "Unknown label type"),
    "text": (lambda X, y: (np.full(X.shape, "ink"), y), "could not convert string"),
    "beyond float32": (
        lambda X, y: (X.astype(np.float64) * 1e60, y),
        "within the range of float32",
    ),
    "complex": (lambda X, y: (X * 1j, y), "Complex data not supported"),
}


@pytest.mark.parametrize("case", BAD_FITS)
def test_bad_training_data(case, digits, small):
    X, _, y, _ = digits
    change, message = BAD_FITS[case]
    with pytest.raises(ValueError, match=message):
        small().fit(*change(X, y))


def test_sparse_data(digits, small):
    X, _, y, _ = digits
    with pytest.raises(TypeError, match="dense data is required"):
        small().fit(csr_array(X), y)
    classifier = small().fit(X, y)
    with pytest.raises(TypeError, match="dense data is required"):
        classifier.predict(csr_array(X))


BAD_PARAMETERS = {
    "hidden_layer_sizes": [0, (32, 0), (32, -1), (32, 1.5), "32", None, [[3]]],
    "activation": ["rely", None],
    "dropout": [-0.1, 1.0],
    "optimizer": ["sdg", None],
    "learning_rate": [0, -1, "fast"],
    "learning_rate_schedule": ["one-cycle"],
    "decay_steps": [0],
    "decay_rate": [-1],
    "warmup_fraction": [1.0, -0.1],
    "batch_size": [0, -1, 1.5],
    "epochs": [0, -3, 2.5],
    "standardize": ["yes"],
    "early_stopping": ["yes"],
    "validation_fraction": [0, 1, 1.5],
    "patience": [0],
    "class_weight": ["balance", [1, 2]],
    "random_state": ["seed", -1],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PARAMETERS.items() for value in values],
)
def test_bad_parameter_is_named(name, value, digits):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match=name) as error:
        DenseDigitClassifier(**{name: value}).fit(X, y)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({"3": 2.0}, "class_weight has the label '3'"),
        ({3: -1.0}, "class_weight must hold finite, non-negative"),
        ({3: np.nan}, "class_weight must hold finite, non-negative"),
        (dict.fromkeys(range(10), 0), "class_weight must hold finite, non-negative"),
    ],
)
def test_bad_class_weight(class_weight, message, digits, small):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match=message):
        small(class_weight=class_weight).fit(X, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sample_weight": [1, 2]}, "sample_weight.shape"),
        ({"sample_weight": "negative"}, "Negative values in data passed to `sample_weight`"),
        ({"X_val": "X"}, "X_val and y_val must be passed together; got only X_val"),
        ({"y_val": "y"}, "got only y_val"),
        ({"sample_weight_val": "y"}, "got only sample_weight_val"),
        ({"X_val": "narrow", "y_val": "y"}, "X_val has 10 features, but X has 64"),
        ({"X_val": "X", "y_val": "short"}, "X_val has 1347 samples, but y_val has 5 labels"),
        ({"X_val": "X", "y_val": "unknown"}, "y_val has the label .*11"),
        ({"X_val": "NaN", "y_val": "y"}, "X_val contains NaN"),
        (
            {"X_val": "X", "y_val": "y", "sample_weight_val": [1]},
            "sample_weight_val cannot be used",
        ),
    ],
)
def test_bad_weights_and_validation_data(arguments, message, digits, small):
    X, _, y, _ = digits
    values = {
        "X": X,
        "y": y,
        "narrow": X[:, :10],
        "short": y[:5],
        "unknown": y + 2,
        "NaN": X * np.nan,
        "negative": np.full(len(y), -1.0),
    }
    arguments = {
        name: values[value] if isinstance(value, str) else value
        for name, value in arguments.items()
    }
    with pytest.raises(ValueError, match=message):
        small().fit(X, y, **arguments)


def test_partial_fit_takes_weights_as_they_are(digits, small):
    X, _, y, _ = digits
    parameters = {"optimizer": "sgd", "learning_rate": 0.01, "standardize": False}
    start = small((), **parameters).partial_fit(X[:1], y[:1], classes=range(10))

    def move(weight):
        classifier = pickle.loads(pickle.dumps(start))
        classifier.partial_fit(X[1:2], y[1:2], sample_weight=[weight])
        return classifier.coefs_[0] - start.coefs_[0]

    assert np.abs(move(1)).max() > 1e-3
    np.testing.assert_allclose(move(10), 10 * move(1), atol=1e-5)


def test_restored_weights_come_with_the_optimizer_state_of_their_epoch(digits, small):
    X, X_test, y, y_test = digits
    parameters = {"learning_rate": 0.1, "learning_rate_schedule": "constant"}
    stopped = small(epochs=50, early_stopping=True, patience=3, **parameters)
    stopped.fit(X, y, X_val=X_test, y_val=y_test)
    assert stopped.best_epoch_ < stopped.n_iter_
    best = small(epochs=stopped.best_epoch_, **parameters).fit(X, y)
    np.testing.assert_array_equal(stopped.coefs_[0], best.coefs_[0])
    for one, other in zip(stopped._optimizer_state, best._optimizer_state, strict=True):
        np.testing.assert_array_equal(one, other)


def test_batch_much_larger_than_the_data(digits, small):
    X, _, y, _ = digits
    huge, whole = (small(batch_size=size, epochs=3).fit(X[:40], y[:40]) for size in (1_000_000, 64))
    np.testing.assert_allclose(huge.coefs_[0], whole.coefs_[0], atol=1e-6)


def test_bad_partial_fit(digits, small):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match="early_stopping must be False in partial_fit"):
        small(early_stopping=True).partial_fit(X, y, classes=range(10))
    with pytest.raises(ValueError, match="classes must be passed"):
        small().partial_fit(X, y)
    with pytest.raises(ValueError, match="class_weight must be a dict or None"):
        small(class_weight="balanced").partial_fit(X, y, classes=range(10))
    with pytest.raises(ValueError, match=r"y has the label .*9"):
        small().partial_fit(X, y, classes=range(9))
    classifier = small().partial_fit(X, y, classes=range(10))
    with pytest.raises(ValueError, match="classes must be those of the fitted classifier, "):
        classifier.partial_fit(X, y, classes=range(11))
    with pytest.raises(ValueError, match="64 features"):
        classifier.partial_fit(X[:, :10], y)


def test_validation_fraction_that_leaves_a_class_out(digits, small):
    X, _, y, _ = digits
    message = "validation_fraction=0.1 of 12 samples.*; pass a larger validation_fraction, or X_val"
    with pytest.raises(ValueError, match=message):
        small(early_stopping=True).fit(X[:12], y[:12])


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "activations", "to_keras"]
)
def test_not_fitted(method, digits, small):
    arguments = () if method == "to_keras" else (digits[0],)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(small(), method)(*arguments)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        *product(
            [DenseDigitClassifier, ConvDigitClassifier],
            ["coefs_", "intercepts_", "loss_curve_", "n_layers_", "out_activation_", "history_"],
        ),
        *product(
            [ReducedDigitClassifier],
            ["history_", "epoch_times_", "n_iter_", "best_epoch_", "n_parameters_"],
        ),
    ],
)
def test_attribute_before_fit_is_named(make, name):
    assert not hasattr(make(), name)
    with pytest.raises(AttributeError, match=f"{make.__name__}.* has no attribute '{name}'"):
        getattr(make(), name)


def test_bad_prediction_data(digits, small):
    X, X_test, y, _ = digits
    classifier = small().fit(X, y)
    with pytest.raises(
        ValueError, match="X has 10 features, but DenseDigitClassifier is expecting 64"
    ):
        classifier.predict(X_test[:, :10])
    with pytest.raises(ValueError, match="contains NaN"):
        classifier.predict(np.where(X_test > 15, np.nan, X_test))
    with pytest.raises(ValueError, match="contains infinity"):
        classifier.predict(np.where(X_test > 15, -np.inf, X_test))
    with pytest.raises(ValueError, match="0 sample"):
        classifier.predict(X_test[:0])
    with pytest.raises(ValueError, match="Expected 2D array") as error:
        classifier.predict(X_test[0])
    assert "\n" not in str(error.value)  # scikit-learn's message lists all pixels
    with pytest.raises(
        ValueError, match=r"X has 8 features, but .* a single image, pass X.reshape\(1, -1\)"
    ):
        classifier.predict(X_test[0].reshape(8, 8))


def test_large_finite_values_are_accepted(digits, small):
    X, _, y, _ = digits
    classifier = small().fit(X, y)
    huge = np.full((3, 64), 3e38, np.float32)  # their sum overflows float32
    with pytest.warns(UserWarning, match="scale X as in training"):
        assert classifier.predict(huge).shape == (3,)


def test_float64_is_predicted_as_it_was_trained():
    """Training rounds to float32: a shift of 123456792 for values of 123456789."""
    X = np.full((30, 4), 123456789.0)
    y = np.arange(30) % 3 > 0
    classifier = DenseDigitClassifier([], random_state=0).fit(X, y)
    assert classifier.predict(X).all()
