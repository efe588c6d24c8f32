"""The NumPy forward pass against Keras."""

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_info, threadpool_limits

from skdigits._inference import convolution, forward, threads
from skdigits._inference.forward import ACTIVATIONS, layer_outputs
from skdigits._inference.threads import run_in_threads
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


@pytest.mark.parametrize(("chunk_numbers", "n_threads"), [(1, 1), (5000, 3), (2**20, 1)])
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
    windows, padding, batch_normalization, chunk_numbers, n_threads, monkeypatch
):
    monkeypatch.setattr(convolution, "CHUNK_NUMBERS", chunk_numbers)
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
    # Keras computes in float32, and depending on the processor rounds by more than 1e-6.
    np.testing.assert_allclose(softmax(logits, axis=1), expected, atol=3e-6)
    exact = layer_outputs(config, weights, X.astype(float), 0, 1, dtype=np.float64)
    np.testing.assert_allclose(softmax(exact, axis=1), expected, atol=3e-6)

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
    identities = set()

    def work(item):
        all_started.wait(timeout=60)
        identities.add(threading.get_ident())
        assert blas_threads() == {1}
        with pytest.raises(FloatingPointError):
            np.float32(item) / 0

    with threadpool_limits(n_threads), np.errstate(divide="raise"):
        run_in_threads(work, range(1, n_threads + 1))
        assert blas_threads() == {n_threads}
    assert len(identities) == n_threads


def test_concurrent_predictions_share_threads():
    """The second one runs in its own thread only, and leaves the limit alone."""
    first_runs, second_done, second_threads = threading.Event(), threading.Event(), set()

    def wait(item):
        first_runs.set()
        assert second_done.wait(timeout=60)

    def second():
        assert first_runs.wait(timeout=60)
        run_in_threads(lambda _: second_threads.add(threading.get_ident()), range(6))
        n_threads = blas_threads()
        second_done.set()
        return threading.get_ident(), n_threads

    with threadpool_limits(3), ThreadPoolExecutor(1) as executor:
        task = executor.submit(second)
        run_in_threads(wait, range(2))
        assert blas_threads() == {3}
    assert task.result() == (*second_threads, {1})


def test_no_threads_where_blas_cannot_be_limited(monkeypatch):
    monkeypatch.setattr(threads, "_blas_threads", lambda: 2)
    identities = set()
    run_in_threads(lambda _: identities.add(threading.get_ident()), range(6))
    assert identities == {threading.get_ident()}


def test_number_of_threads_does_not_change_bits():
    config = conv_config((28, 28), 10, filters=(16, 16), kernel_size=5, pool_size=2)
    _, weights = network_and_weights(config)
    X = np.random.default_rng(1).normal(0, 2, (300, 784)).astype("f")
    outputs = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            outputs.append(layer_outputs(config, weights, X, 0, 1))
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_error_stops_all_threads(error):
    done = []

    def work(item):
        done.append(item)
        raise error

    with threadpool_limits(2):
        with pytest.raises(error):
            run_in_threads(work, range(100))
        assert blas_threads() == {2}
    assert len(done) <= 2


def test_all_work_is_done_if_no_thread_can_start(monkeypatch):
    """No thread can be started while the interpreter shuts down."""

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    done = []
    with threadpool_limits(2):
        run_in_threads(done.append, range(5))
    assert done == list(range(5))


@pytest.mark.parametrize("sizes", [{"filters": (8, 8), "kernel_size": 5}, {"filters": (300,)}])
def test_memory_of_convolutions_is_bounded(sizes):
    """At most three of these images are processed at once, so 20 need as much memory as 4."""
    config = conv_config((200, 200), 3, pool_size=8, **sizes)
    _, weights = network_and_weights(config)
    X = np.zeros((20, 200 * 200), np.float32)
    peaks = []
    for n_images in (4, 20):
        tracemalloc.start()
        with threadpool_limits(1):
            layer_outputs(config, weights, X[:n_images], 0, 1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
