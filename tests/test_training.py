"""The compiled loop against the same computation in plain Keras and TensorFlow."""

import gc
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import psutil
import pytest
import tensorflow as tf
from keras_loop import assert_same_weights, keras_fit, plain, replay_early_stopping
from scipy import ndimage, stats
from sklearn.datasets import load_digits

from skdigits import ConvDigitClassifier
from skdigits._architecture import MOVING, named_weights
from skdigits._estimators.fitting import OPTIMIZERS
from skdigits._training import augmentation, compiled_loop, cpu, network_pool
from skdigits._training.augmentation import augment
from skdigits._training.dataset import shuffled
from skdigits._training.random_bits import dropout, hash_bits, key_of_step, random_bits
from skdigits._training.schedules import lr_multipliers
from skdigits._training.state import Schedule


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_loop_is_the_gradient_tape_loop_for_every_optimizer(optimizer, digits):
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300]  # 300 = 4 x 64 + 44: the last batch is smaller
    classifier = plain(optimizer).fit(X, y)
    weights, losses = keras_fit(classifier, X, y)
    assert_same_weights(classifier, weights, atol=1e-4)
    np.testing.assert_allclose(classifier.history_["loss"], losses, rtol=1e-4)


@pytest.mark.parametrize(
    ("sizes", "activation"), [((), "relu"), ((24,), "sigmoid"), ((16, 12, 8), "tanh")]
)
def test_loop_is_the_gradient_tape_loop_for_every_depth(sizes, activation, digits):
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300]
    classifier = plain(hidden_layer_sizes=sizes, activation=activation, epochs=3).fit(X, y)
    weights, losses = keras_fit(classifier, X, y)
    assert_same_weights(classifier, weights)
    np.testing.assert_allclose(classifier.history_["loss"], losses, rtol=1e-5)


def test_label_smoothing_is_that_of_keras(digits):
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300]
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y)).astype(np.float32)
    weight *= len(y) / weight.sum()
    classifier = plain(label_smoothing=0.2, epochs=3).fit(X, y, sample_weight=weight)
    weights, losses = keras_fit(classifier, X, y, weight=weight)
    assert_same_weights(classifier, weights)
    np.testing.assert_allclose(classifier.history_["loss"], losses, rtol=1e-5)


CONVOLUTIONS = {
    "one": {"filters": 4},
    "one, normalized": {"filters": 4, "batch_normalization": True},
    "study 4": {
        "filters": (4, 6),
        "kernel_size": 4,
        "activation": "sigmoid",
        "hidden_layer_sizes": 8,
    },
    "large and not square": {
        "filters": (4, 6),
        "kernel_size": ((1, 3), (2, 5)),
        "batch_normalization": True,
    },
    "pooled": {"filters": (4, 6), "pool_size": (2, None), "kernel_size": (3, 2)},
    "windows of all shapes": {
        "filters": (3, 4),
        "kernel_size": ((3, 2), (1, 4)),
        "pool_size": ((3, 1), (1, 2)),
        "padding": "same",
        "activation": "tanh",
        "batch_normalization": True,
    },
    "same": {"filters": (4, 4, 4), "pool_size": 2, "kernel_size": 4, "padding": "same"},
}


@pytest.mark.parametrize(
    ("network", "gpu"),
    [
        *((network, False) for network in CONVOLUTIONS),
        ("windows of all shapes", True),  # only one: XLA compiles convolutions slowly on a CPU
    ],
)
def test_loop_is_the_gradient_tape_loop_for_convolutions(network, gpu, digits, monkeypatch):
    """This includes the loop for a GPU, which XLA compiles as a whole."""
    monkeypatch.setattr("skdigits._training.trainer.has_gpu", lambda: gpu)
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300]  # 300 = 4 x 64 + 44: the last batch is smaller
    parameters = {
        "padding": "valid",
        "pool_size": None,
        "batch_normalization": False,
        "hidden_layer_sizes": (),
    }
    classifier = ConvDigitClassifier(
        **(parameters | CONVOLUTIONS[network]),
        dropout=0.0,
        augmentation=None,
        label_smoothing=0.0,
        standardize=False,
        optimizer="sgd",
        learning_rate=0.05,
        learning_rate_schedule="constant",
        batch_size=64,
        epochs=2,
        random_state=0,
    ).fit(X, y)
    weights, losses = keras_fit(classifier, X, y, rates=[0.05] * 10)
    np.testing.assert_allclose(classifier.history_["loss"], losses, rtol=1e-4)
    named = named_weights(classifier.network_config_, range(len(weights)))
    for _, positions in named:
        for name, position in positions.items():
            if name not in MOVING:
                ours = classifier._weights[position]
                np.testing.assert_allclose(ours, weights[position], atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("flags", "onednn", "fast_bfloat16"),
    [
        ({"sse2"}, None, False),
        ({"sse2", "avx2"}, "1", False),
        ({"avx2", "avx512f", "avx512_bf16"}, "1", True),
        ({"asimd", "bf16"}, None, True),
        (set(), None, False),  # unknown
    ],
)
def test_processor_decides_about_onednn_and_bfloat16(flags, onednn, fast_bfloat16, monkeypatch):
    monkeypatch.setattr(cpu, "processor_flags", lambda: flags)
    monkeypatch.setattr(cpu, "has_gpu", lambda: False)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "")  # restored after the test
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    monkeypatch.delitem(sys.modules, "tensorflow")
    cpu.enable_onednn()
    assert os.environ.get("TF_ENABLE_ONEDNN_OPTS") == onednn
    assert cpu.has_fast_bfloat16() == fast_bfloat16


def test_user_decides_about_onednn(monkeypatch):
    monkeypatch.setattr(cpu, "processor_flags", lambda: {"avx2"})
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.delitem(sys.modules, "tensorflow")
    cpu.enable_onednn()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"


def test_environment_is_kept_if_tensorflow_is_already_imported(monkeypatch):
    monkeypatch.setattr(cpu, "processor_flags", lambda: {"avx2"})
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    cpu.enable_onednn()
    assert "TF_ENABLE_ONEDNN_OPTS" not in os.environ


WITHOUT_ONEDNN = """
from sklearn.datasets import load_digits
from skdigits import ConvDigitClassifier
X, y = load_digits(return_X_y=True)
classifier = ConvDigitClassifier(**{parameters}).fit(X[:300], y[:300])
print(*classifier.history_["loss"])
"""


def test_training_is_the_same_without_onednn():
    parameters = {
        "filters": (4, 6),
        "hidden_layer_sizes": 8,
        "optimizer": "sgd",
        "epochs": 2,
        "batch_size": 64,
        "augmentation": None,
        "random_state": 0,
    }
    X, y = load_digits(return_X_y=True)
    classifier = ConvDigitClassifier(**parameters).fit(X[:300], y[:300])
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_ONEDNN.format(parameters=parameters)],
        env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    losses = [float(loss) for loss in done.stdout.split()]
    np.testing.assert_allclose(losses, classifier.history_["loss"], rtol=1e-3)


def test_moving_moments_are_means_of_the_first_batches(digits, small_conv):
    """The moments depend on the weights, which stay the same at a learning rate of almost 0."""
    X, _, y, _ = digits
    X, y = X[:256], y[:256]
    classifier = small_conv(learning_rate=1e-30, optimizer="sgd").fit(X, y)
    kernel, _, _, mean, variance = classifier._weights[:5]  # 8 steps: plain means
    shift, scale = classifier._scaling
    images = ((X - shift) * scale).reshape(-1, 8, 8, 1)
    pooled = tf.nn.max_pool2d(tf.nn.conv2d(images, kernel, 1, "SAME"), 2, 2, "SAME").numpy()
    np.testing.assert_allclose(mean, pooled.mean((0, 1, 2)), atol=1e-4)
    # The variance of a batch is around its own mean, so the average of them is slightly smaller.
    np.testing.assert_allclose(variance, pooled.var((0, 1, 2)), rtol=0.02)


@pytest.mark.parametrize("weighted", [False, True])
def test_moving_moments_forget_early_batches(weighted, digits, small_conv):
    X, _, y, _ = digits
    n_epochs, batch = 3, 100
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y)) if weighted else np.ones(len(y))
    classifier = small_conv(
        pool_size=None,
        learning_rate=1e-30,
        learning_rate_schedule="constant",
        optimizer="sgd",
        batch_size=batch,
        epochs=n_epochs,
    ).fit(X, y, sample_weight=weight)
    kernel, _, _, mean, variance = classifier._weights[:5]
    shift, scale = classifier._scaling
    images = ((X - shift) * scale).reshape(-1, 8, 8, 1)
    convolved = tf.nn.conv2d(images, kernel, 1, "SAME").numpy()
    expected = [0.0, 0.0]
    orders = [shuffled(np.arange(len(y)), classifier._seed, epoch) for epoch in range(n_epochs)]
    batches = [order[s : s + batch] for order in orders for s in range(0, len(y), batch)]
    assert len(batches) == 42
    for step, rows in enumerate(batches):
        share = np.repeat(weight[rows], 64)
        values = convolved[rows].reshape(-1, 4)
        batch_mean = np.average(values, axis=0, weights=share)
        moments = batch_mean, np.average((values - batch_mean) ** 2, axis=0, weights=share)
        keeps = 1 - max(0.1, 1 / (step + 1))
        expected = [
            keeps * old + (1 - keeps) * new for old, new in zip(expected, moments, strict=True)
        ]
    np.testing.assert_allclose(mean, expected[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(variance, expected[1], rtol=1e-3)


def test_samples_of_a_class_of_weight_zero_are_left_out(digits, small_conv):
    """This holds even if whole batches would consist of it."""
    X, _, y, _ = digits
    X, y = X[:120], y[:120]
    by_class, by_sample = (
        small_conv(batch_size=8, class_weight=class_weight)
        for class_weight in (dict.fromkeys(range(8), 0.0), None)
    )
    by_class.partial_fit(X, y, classes=range(10))
    by_sample.partial_fit(X, y, classes=range(10), sample_weight=y > 7)
    for ours, expected in zip(by_class._weights, by_sample._weights, strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("optimizer", ["adafactor", "ftrl", "muon"])
def test_optimizers_see_kernels_of_convolutions_as_in_keras(optimizer, digits, tiny_conv):
    X, _, y, _ = digits
    X, y = X[:200] / 16, y[:200]
    classifier = tiny_conv(
        (2, 3),
        optimizer=optimizer,
        learning_rate=None,
        learning_rate_schedule="constant",
        standardize=False,
    ).fit(X, y)
    weights, losses = keras_fit(classifier, X, y)
    assert_same_weights(classifier, weights, atol=1e-4)
    np.testing.assert_allclose(classifier.history_["loss"], losses, rtol=1e-4)


def images_and_key(height=28, width=20):
    rng = np.random.default_rng(0)
    images = ndimage.gaussian_filter(rng.normal(size=(6, height, width)), (0, 2, 2)).astype("f")
    return images, tf.constant(7, tf.uint32)


def test_augmentation_is_the_affine_transform_of_scipy():
    images, key = images_and_key()
    same = augment(tf.constant(images), tf.zeros(5), key).numpy()
    np.testing.assert_allclose(same, images, atol=1e-5)
    key_of_draws = hash_bits(key ^ tf.constant(augmentation._KEY, tf.uint32))
    down, right, turn, grow, slant = random_bits((5, 6), key_of_draws).numpy() / 2**31 - 1
    limits_of_each = ((3, 0, 0, 0), (0, 40, 0, 0), (0, 0, 0.5, 0), (0, 0, 0, 30), (2, 20, 0.2, 20))
    for limits in limits_of_each:
        ours = augment(tf.constant(images), tf.constant([*limits, 0], tf.float32), key).numpy()
        assert np.abs(ours - images).max() > 0.01
        for number, image in enumerate(images):
            angle = np.deg2rad(limits[1] * turn[number])
            sine, cosine = np.sin(angle), np.cos(angle)
            matrix = np.array([[cosine, sine], [-sine, cosine]])
            matrix /= (1 + limits[2]) ** grow[number]
            matrix = np.array([[1, 0], [np.tan(np.deg2rad(limits[3] * slant[number])), 1]]) @ matrix
            middle = np.array([13.5, 9.5])
            moved = limits[0] * np.array([down[number], right[number]])
            expected = ndimage.affine_transform(
                image, matrix, middle - matrix @ (middle + moved), order=1, mode="nearest"
            )
            np.testing.assert_allclose(ours[number], expected, atol=1e-4)


def test_elastic_displacements_are_the_filtered_noise_of_scipy():
    images, key = images_and_key()
    seed = hash_bits(hash_bits(key ^ tf.constant(augmentation._KEY, tf.uint32)))
    noise = np.sqrt(3) * (random_bits((2, 6, 28, 20), seed).numpy() / 2**31 - 1)
    limits = tf.constant([0, 0, 0, 0, 1.5])
    ours = augment(tf.constant(images), limits, key).numpy()
    # A Gaussian filter keeps the variance of white noise if the squares of its weights add up to 1.
    inside = np.zeros((28, 20))
    inside[14, 10] = 1
    response = ndimage.gaussian_filter(inside, (28 / 7, 20 / 7), mode="constant", truncate=12)
    edges = [
        ndimage.gaussian_filter(np.eye(size), (0, size / 7), mode="constant", truncate=12)
        for size in (28, 20)
    ]
    norms = np.outer(*(np.linalg.norm(edge, axis=0) for edge in edges))
    assert norms[14, 10] == pytest.approx(np.linalg.norm(response), rel=0.01)
    for number, image in enumerate(images):
        y, x = (
            1.5
            * ndimage.gaussian_filter(field, (28 / 7, 20 / 7), mode="constant", truncate=12)
            / norms
            for field in noise[:, number]
        )
        rows, columns = np.mgrid[:28, :20]
        expected = ndimage.map_coordinates(image, (rows + y, columns + x), order=1, mode="nearest")
        np.testing.assert_allclose(ours[number], expected, atol=1e-3)


def test_augmentation_draws_uniformly_and_anew():
    line = np.zeros((2000, 1, 41), "f")
    line[:, 0, 20] = 1
    limits = tf.constant([5.0, 0, 0, 0, 0])
    moved = [
        augment(tf.constant(line), limits, tf.constant(key, tf.uint32)).numpy()[:, 0]
        @ np.arange(41)
        - 20
        for key in (0, 1)
    ]
    for shifts in moved:
        assert np.abs(shifts).max() <= 5
        assert stats.kstest(shifts, "uniform", (-5, 10)).pvalue > 0.01
    assert abs(np.corrcoef(moved)[0, 1]) < 0.1


def test_mixed_bfloat16_learns_about_the_same(digits, small_conv):
    X, X_test, y, y_test = digits
    exact, mixed = (
        small_conv(epochs=4, precision=precision) for precision in ("float32", "mixed_bfloat16")
    )
    exact.fit(X, y)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "precision='mixed_bfloat16'")
        mixed.fit(X, y)
    assert exact.history_["loss"] != mixed.history_["loss"]
    np.testing.assert_allclose(mixed.history_["loss"], exact.history_["loss"], rtol=0.1)
    assert mixed.score(X_test, y_test) == pytest.approx(exact.score(X_test, y_test), abs=0.03)
    assert {array.dtype for array in mixed._weights} == {np.dtype("f")}
    assert mixed.predict_proba(X_test).dtype == np.float32


def test_sample_weight_and_class_weight_multiply(digits):
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300]
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    classifier = plain(class_weight={3: 5.0, 7: 0.5}).fit(X, y, sample_weight=weight)
    expected = weight * np.where(y == 3, 5.0, np.where(y == 7, 0.5, 1.0))
    expected *= len(y) / expected.sum()
    weights, losses = keras_fit(classifier, X, y, weight=expected.astype(np.float32))
    assert_same_weights(classifier, weights)
    np.testing.assert_allclose(classifier.history_["loss"], losses, rtol=1e-5)


def test_exponential_schedule_is_that_of_keras(digits):
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300]
    classifier = plain(
        "sgd",
        learning_rate=0.5,
        learning_rate_schedule="exponential",
        decay_steps=10,
        decay_rate=0.7,
        epochs=3,
    ).fit(X, y)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.7)
    rates = [float(schedule(step)) for step in range(100)]
    weights, _ = keras_fit(classifier, X, y, rates=rates)
    assert_same_weights(classifier, weights)


def multipliers(name, n_steps):
    schedule = Schedule(name, decay_steps=1, decay_rate=1, warmup_fraction=0.25)
    return lr_multipliers(schedule, np.arange(n_steps), n_steps)


def test_cosine_schedule_is_that_of_keras():
    schedule = keras.optimizers.schedules.CosineDecay(1.0, 50)
    factors = multipliers("cosine", 50)
    np.testing.assert_allclose(factors, [float(schedule(step)) for step in range(50)], atol=1e-6)


def test_one_cycle_rises_during_warmup_and_falls_to_zero():
    factors = multipliers("one_cycle", 1000)
    assert factors[0] == pytest.approx(0.04)
    assert factors.argmax() == 250
    assert factors[250] == pytest.approx(1)
    assert (np.diff(factors[:251]) > 0).all()
    assert (np.diff(factors[250:]) < 0).all()
    assert factors[-1] < 1e-4


@pytest.mark.parametrize("n_steps", [1, 2, 3])
def test_one_cycle_of_a_few_steps_begins_at_the_full_rate(n_steps):
    factors = multipliers("one_cycle", n_steps)
    assert factors[0] == 1


def test_default_learning_rates_are_those_of_keras(digits, small):
    X, _, y, _ = digits
    for optimizer, rate in (("sgd", 0.01), ("adam", 0.001), ("schedulefreeadamw", 0.0025)):
        given, default = (
            small((16,), optimizer=optimizer, learning_rate=value).fit(X, y)
            for value in (rate, None)
        )
        np.testing.assert_array_equal(given.coefs_[0], default.coefs_[0])


def test_optimizers_are_all_that_keras_knows_by_name():
    known = set()
    for name, value in vars(keras.optimizers).items():
        if isinstance(value, type) and issubclass(value, keras.optimizers.Optimizer):
            try:
                keras.optimizers.get(name.lower())
            except (KeyError, TypeError, ValueError):  # wrappers of other optimizers, and Lamb
                continue
            known.add(name.lower())
    assert known == set(OPTIMIZERS)


def test_dropout_drops_the_rate_and_keeps_the_mean():
    x = tf.ones((256, 1024))
    masks = [dropout(x, 0.3, tf.constant(key, tf.uint32)).numpy() for key in (0, 1, 99)]
    for mask in masks:
        assert set(np.unique(mask)) == {0.0, np.float32(1 / 0.7)}
        assert (mask == 0).mean() == pytest.approx(0.3, abs=0.005)
        # Rows and columns are independent: their rates vary like those of coin tosses.
        for axis in (0, 1):
            rates = (mask == 0).mean(axis=axis)
            tosses = mask.shape[axis]
            assert rates.std() == pytest.approx(np.sqrt(0.3 * 0.7 / tosses), rel=0.15)
    correlation = np.corrcoef([mask.ravel() for mask in masks])
    assert np.abs(correlation[np.triu_indices(3, 1)]).max() < 0.01


def test_dropout_changes_training_and_not_prediction(digits, small):
    X, X_test, y, _ = digits
    with_dropout, without = (small(dropout=rate).fit(X, y) for rate in (0.3, 0.0))
    assert with_dropout.history_["loss"][0] > without.history_["loss"][0]
    once, again = with_dropout.predict_proba(X_test), with_dropout.predict_proba(X_test)
    np.testing.assert_array_equal(once, again)


def test_any_number_of_samples_shares_one_executable(digits, monkeypatch, small):
    X, _, y, _ = digits
    built = []
    build = compiled_loop.CompiledNetwork.__init__
    monkeypatch.setattr(
        compiled_loop.CompiledNetwork,
        "__init__",
        lambda self, *arguments, **options: (
            built.append(self),
            build(self, *arguments, **options),
        )[1],
    )
    sizes = (19, 13)  # used by no other test
    for n_samples in (1000, 65, 700, 1300):
        small(sizes, random_state=n_samples).fit(X[:n_samples], y[:n_samples])
    small(sizes, learning_rate=0.1, epochs=5, class_weight="balanced").fit(X, y)
    assert len(built) == 1
    assert built[0]._loop.experimental_get_tracing_count() == 1


def test_convolutions_are_traced_once(digits, monkeypatch, tiny_conv):
    X, _, y, _ = digits
    monkeypatch.setattr(network_pool, "_idle_networks", [])
    for n_samples in (1000, 65, 700):
        tiny_conv(random_state=n_samples).fit(X[:n_samples], y[:n_samples])
    (network,) = network_pool._idle_networks
    assert network._loop.experimental_get_tracing_count() == 1
    assert network._update.experimental_get_tracing_count() == 1


def test_dropped_networks_free_everything_and_cause_no_warning(make, digits, caplog, monkeypatch):
    X, _, y, _ = digits
    monkeypatch.setattr(network_pool, "MAX_IDLE_NETWORKS", 1)
    monkeypatch.setattr(network_pool, "_idle_networks", [])
    tf.get_logger().addHandler(caplog.handler)
    n_graphs, n_code_mappings = [], []
    gc.freeze()  # excludes all objects so far, which is much faster
    try:
        for units in range(3, 9):  # TensorFlow warns at the sixth trace of a function
            make((units,), epochs=1, optimizer="sgd").fit(X[:64], y[:64])
            mappings = psutil.Process().memory_maps(grouped=False)
            code = [one for one in mappings if "x" in one.perms and one.path == "[anon]"]
            n_code_mappings.append(len(code))
            gc.collect()
            kinds = [type(one).__name__ for one in gc.get_objects()]
            n_graphs.append(kinds.count("FuncGraph") + kinds.count("Graph"))
    finally:
        gc.unfreeze()
        tf.get_logger().removeHandler(caplog.handler)
    assert "retracing" not in caplog.text
    assert n_graphs[1:] == n_graphs[1:2] * 5  # the first network may set up what all share
    # XLA maps dozens of code regions per network, oneDNN a few, up to the size of its cache.
    assert n_code_mappings[-1] < n_code_mappings[1] + 20


class FakeNetwork:
    """A network in the pool that costs nothing."""

    def __init__(self, config):
        self.config = config
        self.released = 0
        self.is_closed = False

    def release_memory(self):
        self.released += 1

    def close(self):
        self.is_closed = True


@pytest.fixture
def pool(monkeypatch):
    """An empty pool of fake networks, of which two may be idle."""
    monkeypatch.setattr(compiled_loop, "CompiledNetwork", FakeNetwork)
    monkeypatch.setattr(network_pool, "MAX_IDLE_NETWORKS", 2)
    monkeypatch.setattr(network_pool, "_idle_networks", [])
    return lambda: [network.config for network in network_pool._idle_networks]


def borrow(config):
    with network_pool.borrow_network(config) as network:
        return network


def test_pool_keeps_the_networks_used_last(pool):
    first, second = borrow("a"), borrow("b")
    assert borrow("a") is first
    assert first.released == 2
    third = borrow("c")
    assert pool() == ["a", "c"]
    assert [network.is_closed for network in (first, second, third)] == [False, True, False]
    network_pool.clear_network_pool()
    assert pool() == []
    assert first.is_closed
    assert third.is_closed


def test_pool_lends_a_network_to_one_fit_at_a_time(pool):
    with network_pool.borrow_network("a") as one, network_pool.borrow_network("a") as other:
        assert one is not other
    assert pool() == ["a", "a"]


def test_pool_does_not_keep_the_network_of_a_failed_fit(pool):
    with pytest.raises(RuntimeError), network_pool.borrow_network("a") as network:
        raise RuntimeError
    assert pool() == []
    assert network.is_closed


def test_concurrent_fits_learn_what_each_learns_alone(make, digits):
    X, _, y, _ = digits
    seeds = range(3)
    alone = [make(random_state=seed).fit(X, y).coefs_[0] for seed in seeds]
    barrier = threading.Barrier(len(seeds))

    def fit(seed):
        barrier.wait()
        return make(random_state=seed).fit(X, y).coefs_[0]

    with ThreadPoolExecutor(len(seeds)) as executor:
        for expected, found in zip(alone, executor.map(fit, seeds), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
def test_memory_stays_flat_over_many_fits(make, digits):
    X, _, y, _ = digits
    process = psutil.Process()

    def fit(n_fits):
        for seed in range(n_fits):
            make(random_state=seed, epochs=1).fit(X, y)
        return process.memory_info().rss

    before = fit(20)
    after = fit(100)
    assert after - before < 8e6


def test_divergence_is_an_error_that_names_the_learning_rate(digits):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match=r"diverged.*learning_rate lower than 1e\+30"):
        plain("sgd", learning_rate=1e30, activation="linear").fit(X, y)
    with pytest.raises(ValueError, match="diverged: the weights were not finite after epoch 1"):
        plain("sgd", hidden_layer_sizes=(), learning_rate=1e38, batch_size=2000, epochs=1).fit(
            X * np.float32(1e4), y
        )


def test_divergence_of_huge_values_mentions_their_scale(digits, small):
    X, _, y, _ = digits
    message = "diverged.*lower than 0.01, values of X on a smaller scale or standardize=True$"
    parameters = {"learning_rate_schedule": "constant", "optimizer": "sgd"}
    with pytest.raises(ValueError, match=message):
        small(standardize=False, **parameters).fit(X * np.float32(1e30), y)
    with pytest.raises(ValueError, match=r"diverged.*lower than 1e\+30$"):
        small(learning_rate=1e30, **parameters).fit(X, y)


def test_global_random_state_is_not_used(make, digits):
    X, _, y, _ = digits
    make().fit(X, y)  # so that one-time setup happens before the comparison
    np.random.seed(5)  # noqa: NPY002 (the global state is what is tested)
    tf.random.set_seed(5)
    expected = np.random.random(), float(tf.random.uniform(()))  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    tf.random.set_seed(5)
    make(dropout=0.3, early_stopping=True, learning_rate_schedule="constant").fit(X, y)
    assert (np.random.random(), float(tf.random.uniform(()))) == expected  # noqa: NPY002


def test_fit_is_not_affected_by_an_earlier_diverged_fit(digits, small):
    X, _, y, _ = digits
    clean = small(()).fit(X[:100], y[:100])
    with pytest.raises(ValueError, match="diverged"):
        small((), standardize=False, learning_rate=1e20).fit(X * np.float32(1e30), y)
    again = small(()).fit(X[:100], y[:100])
    np.testing.assert_array_equal(clean.coefs_[0], again.coefs_[0])


def test_early_stopping_is_that_of_keras(digits, small):
    """Same epochs and weights as Keras' EarlyStopping would leave, given the same losses."""
    X, X_val, y, y_val = digits
    for restore in (True, False):
        classifier = small(
            epochs=60,
            learning_rate=0.05,
            learning_rate_schedule="constant",
            early_stopping=True,
            patience=3,
            restore_best_weights=restore,
        ).fit(X, y, X_val=X_val, y_val=y_val)
        losses = classifier.history_["val_loss"]
        callback = replay_early_stopping(losses, patience=3, restore_best_weights=restore)
        assert classifier.n_iter_ == len(losses) < 60
        assert classifier.best_epoch_ == callback.best_epoch + 1 == np.argmin(losses) + 1
        ends_with = classifier.best_epoch_ if restore else classifier.n_iter_
        accuracy = classifier.history_["val_accuracy"][ends_with - 1]
        assert classifier.score(X_val, y_val) == pytest.approx(accuracy)


def test_keys_of_seeds_and_steps_do_not_repeat():
    starts = np.array([key_of_step(seed, 0) for seed in (*range(1000), 2**31 - 1)])
    assert starts.dtype == np.uint32
    assert np.diff(np.sort(starts)).min() > 10_000  # steps apart
    assert [int(key_of_step(7, step) - key_of_step(7, 0)) for step in (1, 4096)] == [1, 4096]
