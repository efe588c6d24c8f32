"""The NumPy forward pass against Keras."""

import threading
import tracemalloc

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_info, threadpool_limits

from skdigits._inference import convolution, forward
from skdigits._inference.forward import ACTIVATIONS, layer_outputs
from skdigits._inference.threads import map_in_threads
from skdigits.networks import build_network, conv_config, dense_config


def network_and_weights(config, seed=0):
    network = build_network(config)
    rng = np.random.default_rng(seed)
    network.set_weights(
        [
            # A variance must not be negative.
            rng.uniform(0.5, 2, weight.shape)
            if weight.path.endswith("moving_variance")
            else rng.normal(0, 0.3, weight.shape)
            for weight in network.weights
        ]
    )
    return network, network.get_weights()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_forward_pass_is_that_of_keras(activation):
    config = dense_config(20, 5, hidden_layer_sizes=(30, 10), activation=activation, dropout=0.5)
    network, weights = network_and_weights(config)
    X = np.random.default_rng(1).normal(0, 2, (70, 20)).astype("f")
    logits = layer_outputs(config, weights, X, 0, 1)
    expected = network(X).numpy()
    np.testing.assert_allclose(softmax(logits, axis=1), expected, atol=1e-6)
    np.testing.assert_allclose(log_softmax(logits, axis=1), np.log(expected), atol=1e-4)


@pytest.mark.parametrize("depth", [1, 2])
def test_hidden_layers_are_those_of_keras(depth):
    config = dense_config(20, 5, hidden_layer_sizes=(30, 10), activation="tanh")
    network, weights = network_and_weights(config)
    X = np.random.default_rng(1).normal(size=(70, 20)).astype("f")
    hidden = keras.Model(network.inputs[0], network.layers[depth - 1].output)
    np.testing.assert_allclose(
        layer_outputs(config, weights, X, 0, 1, depth=depth), hidden(X).numpy(), atol=1e-6
    )


@pytest.mark.parametrize(("column_numbers", "n_threads"), [(1, 1), (5000, 3), (2**18, 1)])
@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    "windows",
    [
        {"kernel_size": 5},
        {"kernel_size": (3, 2), "pool_size": (3, 2)},
        {"kernel_size": ((2, 5), (4, 1)), "pool_size": ((1, 2), (3, 1))},
    ],
)
def test_convolutions_are_those_of_keras(
    windows, padding, batch_normalization, column_numbers, n_threads, monkeypatch
):
    monkeypatch.setattr(convolution, "COLUMN_NUMBERS", column_numbers)
    config = conv_config(
        (17, 14),
        5,
        filters=(3, 4),
        padding=padding,
        batch_normalization=batch_normalization,
        hidden_layer_sizes=(6,),
        activation="tanh",
        **windows,
    )
    network, weights = network_and_weights(config)
    X = np.random.default_rng(1).normal(0, 2, (20, 17 * 14)).astype("f")
    expected = network(X).numpy()
    with threadpool_limits(n_threads):
        logits = layer_outputs(config, weights, X, 0, 1)
    np.testing.assert_allclose(softmax(logits, axis=1), expected, atol=1e-6)
    exact = layer_outputs(config, weights, X.astype(float), 0, 1, dtype=np.float64)
    np.testing.assert_allclose(softmax(exact, axis=1), expected, atol=1e-6)

    ends = [layer for layer in network.layers if "activation" in layer.name]
    assert len(ends) == 2
    for depth, end in enumerate(ends, start=1):
        hidden = keras.Model(network.inputs[0], end.output)(X).numpy()
        ours = layer_outputs(config, weights, X, 0, 1, depth=depth)
        assert ours.shape == hidden.shape
        np.testing.assert_allclose(ours, hidden, atol=1e-5)


def test_chunks_rows_and_scaling(monkeypatch):
    config = dense_config(6, 3, hidden_layer_sizes=(4,))
    _, weights = network_and_weights(config)
    X = np.random.default_rng(1).integers(0, 256, (50, 6), dtype=np.uint8)
    whole = layer_outputs(config, weights, X.astype("f") / 255, 0, 1)
    monkeypatch.setattr(forward, "CHUNK_SAMPLES", 7)
    scale = np.float32(1 / 255)
    np.testing.assert_allclose(layer_outputs(config, weights, X, 0, scale), whole, atol=1e-5)
    indices = np.array([3, 49, 7, 7, 0, 12, 30, 31, 32])
    np.testing.assert_allclose(
        layer_outputs(config, weights, X, 0, scale, indices=indices), whole[indices], atol=1e-5
    )


def test_input_is_not_overwritten():
    config = dense_config(6, 3, activation="relu")
    _, weights = network_and_weights(config)
    X = np.random.default_rng(1).normal(size=(5, 6)).astype("f")
    before = X.copy()
    layer_outputs(config, weights, X, 1, 2)
    np.testing.assert_array_equal(X, before)


def test_log_probabilities_stay_finite():
    assert np.isfinite(log_softmax(np.array([[0.0, 500.0, -500.0]], "f"), axis=1)).all()


def blas_threads():
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


@pytest.mark.parametrize("n_threads", [1, 3])
def test_threads_are_those_of_blas(n_threads):
    all_started = threading.Barrier(n_threads)
    threads = set()

    def work(item):
        all_started.wait(timeout=60)
        threads.add(threading.get_ident())
        assert blas_threads() == {1}
        with pytest.raises(FloatingPointError):
            np.float32(item) / 0

    with threadpool_limits(n_threads), np.errstate(divide="raise"):
        map_in_threads(work, range(1, n_threads + 1))
        assert blas_threads() == {n_threads}
    assert len(threads) == n_threads


def test_threads_within_threads_are_not_multiplied():
    """A second prediction at the same time runs in its own thread and leaves the limit alone."""

    def work(item):
        map_in_threads(lambda _: inner.add(threading.get_ident()), range(3))
        outer.add(threading.get_ident())
        all_done.wait(timeout=60)

    inner, outer, all_done = set(), set(), threading.Barrier(2)
    with threadpool_limits(2):
        map_in_threads(work, range(2))
        assert blas_threads() == {2}
    assert inner == outer
    assert len(outer) == 2


def test_error_in_a_thread_is_raised():
    with threadpool_limits(2):
        with pytest.raises(ZeroDivisionError):
            map_in_threads(lambda item: 1 / item, [1, 0, 1])
        assert blas_threads() == {2}


def test_memory_of_convolutions_is_bounded():
    """Images of 200 x 200 pass one by one, so that 20 of them need as much memory as 2."""
    config = conv_config((200, 200), 3, filters=(8, 8), kernel_size=5, pool_size=8)
    _, weights = network_and_weights(config)
    X = np.zeros((20, 200 * 200), np.float32)
    peaks = []
    for n_images in (2, 20):
        tracemalloc.start()
        layer_outputs(config, weights, X[:n_images], 0, 1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
