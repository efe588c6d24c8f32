"""The compiled training loop: a network's variables, its optimizer, and the loop over batches.

One call runs a slab of many batches: forward pass, gradient and Keras' own ``optimizer.apply``.
What differs from fit to fit (the data, their scaling, weights of samples, learning rates, seeds,
number of steps) goes in as arguments, so that fits of the same network share the executable,
whatever their number of samples. Kernels are kept as (units, inputs) here and as (inputs, units)
everywhere else: the matrix products of a small batch run about a tenth faster that way round.

Of a dense network XLA compiles the loop as a whole; of a convolutional one on a CPU it is a plain
graph whose steps are made of pieces that XLA compiles and of oneDNN's convolutions.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from skdigits._architecture import MOVING, weights_by_layer
from skdigits._training.gradients import gradient_function
from skdigits._training.random_bits import hash_bits
from skdigits._training.threads import keep_thread_budget

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "skdigits trains with Keras' TensorFlow backend, but KERAS_BACKEND or keras.json asks for "
        f"{keras.backend.backend()!r}"
    )

keep_thread_budget()

# Samples handed to the compiled loop in one call: enough that calling costs nothing, few enough
# that the host's copy of them stays small.
SLAB_ROWS = 4096
# Built networks that wait for another fit of the same kind; the one used least recently goes first.
MAX_IDLE_NETWORKS = 16
# How much the last batch counts in the moving mean and variance of batch normalization.
MOVING_SHARE = 0.1


class CompiledNetwork:
    """A network's variables, its optimizer and the compiled loop over them."""

    def __init__(self, config, optimizer, batch_size, *, augments=False, precision="float32"):
        self.config = config
        self.batch_size = batch_size
        self._variables, self._trained, self._moving = [], [], []
        for _, shapes in weights_by_layer(config):
            for name, shape in shapes.items():
                variable = keras.Variable(_turned(np.full(shape, np.nan, np.float32)))
                self._variables.append(variable)
                (self._moving if name in MOVING else self._trained).append(variable)
        self.optimizer = keras.optimizers.get(optimizer)
        # With one replica there is nothing to reduce, and TensorFlow's way of doing it registers a
        # gradient function that would keep the graph in memory for ever.
        self.optimizer._all_reduce_sum_gradients = lambda gradients_and_variables: (
            gradients_and_variables
        )
        self.optimizer.build(self._trained)
        self.default_learning_rate = float(self.optimizer.learning_rate)
        self._fresh_optimizer_state = self.optimizer_state()
        self._slabs_by_dtype = {}
        # XLA compiles the whole loop, or its pieces between convolutions where those are slow.
        whole = "image_shape" not in config or bool(tf.config.list_logical_devices("GPU"))
        piece = (lambda function: function) if whole else _compiled
        self._update = piece(self._apply)
        self._gradients = gradient_function(
            config,
            piece,
            whole=whole,
            augments=augments,
            dtype=tf.bfloat16 if precision == "mixed_bfloat16" else tf.float32,
        )
        self._run_slab = _compiled(self._loop_over_batches, jit_compile=True if whole else None)

    def weights(self):
        return [np.array(_turned(variable.numpy()), order="C") for variable in self._variables]

    def optimizer_state(self):
        return [np.array(variable.numpy()) for variable in self.optimizer.variables]

    def reset(self, weights, optimizer_state):
        """Set all variables; an optimizer state of None is that of a new optimizer."""
        for variable, value in zip(self._variables, weights, strict=True):
            variable.assign(_turned(value))
        # What is NaN in an optimizer built on NaN are copies of the weights, in their order.
        copies = iter(self._trained)
        for variable, fresh in zip(
            self.optimizer.variables, self._fresh_optimizer_state, strict=True
        ):
            variable.assign(next(copies) if np.isnan(fresh).any() else fresh)
        if optimizer_state is not None:
            for variable, value in zip(self.optimizer.variables, optimizer_state, strict=True):
                variable.assign(value)

    def _apply(self, gradients, rate, moments, n_steps_before):
        self.optimizer.learning_rate = rate
        self.optimizer.apply(list(gradients), self._trained)
        # A plain mean over the first batches, then over about the last ten.
        share = tf.maximum(1 / (tf.cast(n_steps_before, tf.float32) + 1), MOVING_SHARE)
        for variable, value in zip(self._moving, moments, strict=True):
            variable.assign(variable + share * (value - variable))

    def _loop_over_batches(
        self, x, y, weight, rate, size, n_steps, first_step, key, shift, scale, augmentation
    ):
        def step(i, loss, correct):
            step_key = hash_bits(key + tf.cast(i, tf.uint32))
            values = [variable.value for variable in self._trained]
            batch_loss, hits, gradients, moments = self._gradients(
                values, x[i], y[i], weight[i], size[i], shift, scale, step_key, augmentation
            )
            self._update(gradients, rate[i], moments, first_step + i)
            return i + 1, loss + batch_loss, correct + hits

        # An explicit while on a tensor: tf.range would compile anew for every count.
        start = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        return tf.while_loop(lambda i, *_: i < n_steps, step, start)[1:]

    def run_epoch(self, samples, order, rates, shift, scale, augmentation, first_step, seed):
        """Train on the samples in the given order; mean training loss and accuracy."""
        sums = np.zeros(2)
        slabs = self._slabs(np.uint8 if samples.X.dtype == np.uint8 else np.float32)
        n_rows, n_batches = slabs[0].n_rows, slabs[0].n_rows // self.batch_size
        starts = range(0, len(order), n_rows)
        with ThreadPoolExecutor(1) as pool:  # one slab is gathered while another is trained on

            def gather(number):
                rows = order[starts[number] : starts[number] + n_rows]
                return pool.submit(slabs[number % 2].gather, samples, rows)

            coming = gather(0)
            for number in range(len(starts)):
                n_steps, size = coming.result()
                if number + 1 < len(starts):
                    coming = gather(number + 1)
                step = number * n_batches
                rate = np.zeros(n_batches, np.float32)
                rate[:n_steps] = rates[step : step + n_steps]
                # Weyl's sequence: the keys of different seeds begin far apart.
                key = (seed * 0x85EBCA6B + first_step + step) % 2**32
                sums += self._run_slab(
                    *slabs[number % 2].tensors,
                    tf.constant(rate),
                    tf.constant(size),
                    tf.constant(n_steps),
                    tf.constant(first_step + step),
                    tf.constant(key, tf.uint32),
                    tf.constant(shift),
                    tf.constant(scale),
                    tf.constant(augmentation, tf.float32),
                )
        return sums / samples.weight[order].sum(dtype=np.float64)

    def release_memory(self):
        """Give up what only a running fit needs."""
        self._slabs_by_dtype.clear()

    def _slabs(self, dtype):
        """Two slabs for input of `dtype`."""
        if dtype not in self._slabs_by_dtype:
            self._slabs_by_dtype[dtype] = [
                _Slab(self.batch_size, self.config["n_features"], dtype) for _ in range(2)
            ]
        return self._slabs_by_dtype[dtype]


class _Slab:
    """Host memory for the samples of some batches, and tensors that share it."""

    def __init__(self, batch_size, n_features, dtype):
        self.batch_size = batch_size
        self.n_rows = -(-SLAB_ROWS // batch_size) * batch_size
        self.x = _aligned_zeros((self.n_rows, n_features), dtype)
        self.y = _aligned_zeros((self.n_rows,), np.int32)
        self.weight = _aligned_zeros((self.n_rows,), np.float32)
        self.tensors = [
            tf.experimental.dlpack.from_dlpack(
                array.reshape(-1, batch_size, *array.shape[1:]).__dlpack__()
            )
            for array in (self.x, self.y, self.weight)
        ]

    def gather(self, samples, rows):
        """Fill in the given rows; the number of batches that they make and the size of each.

        The last batch is filled up with samples of weight zero, which change nothing.
        """
        n_rows, batch_size = len(rows), self.batch_size
        n_steps = -(-n_rows // batch_size)
        if samples.X.dtype == self.x.dtype:
            np.take(samples.X, rows, axis=0, out=self.x[:n_rows], mode="clip")
        else:
            self.x[:n_rows] = samples.X[rows]
        self.y[:n_rows] = samples.y[rows]
        self.weight[:n_rows] = samples.weight[rows]
        padding = slice(n_rows, n_steps * batch_size)
        self.x[padding] = self.y[padding] = self.weight[padding] = 0
        sizes = np.full(self.n_rows // batch_size, batch_size, np.float32)
        sizes[n_steps - 1] = n_rows - (n_steps - 1) * batch_size
        return n_steps, sizes


def _compiled(function, jit_compile=True):
    compiled = tf.function(function, jit_compile=jit_compile, autograph=False)
    # TensorFlow counts traces by source line, and would warn of several networks as of one network
    # that is traced again and again.
    compiled._omit_frequent_tracing_warning = True
    return compiled


def _turned(array):
    """Kernels of dense layers are kept the other way round here."""
    return array.T if array.ndim == 2 else array


def _aligned_zeros(shape, dtype):
    """Zeros that begin on a cache line, as XLA wants the memory that it shares."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + 64, np.uint8)
    offset = -memory.ctypes.data % 64
    return memory[offset : offset + n_bytes].view(dtype).reshape(shape)


_idle_networks = []  # (kind, network), the one used last at the end
_idle_lock = threading.Lock()


@contextmanager
def borrowed_network(config, optimizer, batch_size, **options):
    """Lend a compiled network to one fit at a time; build one if none of the kind is idle."""
    kind = (repr(config), optimizer, batch_size, tuple(sorted(options.items())))
    with _idle_lock:
        idle = next((pair for pair in reversed(_idle_networks) if pair[0] == kind), None)
        if idle:
            _idle_networks.remove(idle)
    network = idle[1] if idle else CompiledNetwork(config, optimizer, batch_size, **options)
    try:
        yield network
    finally:
        network.release_memory()
        with _idle_lock:
            _idle_networks.append((kind, network))
            del _idle_networks[:-MAX_IDLE_NETWORKS]
