"""The compiled training loop: a network's variables, its optimizer, and the loop over batches.

One call runs many batches: forward pass, gradient and Keras' own ``optimizer.apply``. Everything
that can change from fit to fit (the data, their scaling, sample weights, learning rates, seeds,
the number of steps) is an argument, so fits of the same network share the executable, whatever
their number of samples. Dense kernels are stored as (units, inputs) here and as (inputs, units)
everywhere else: in this layout, the matrix products of a small batch run about 10% faster.

XLA compiles the whole loop of a dense network. The loop of a convolutional network on a CPU is a
plain graph of oneDNN's convolutions and of functions that XLA compiles.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from skdigits._architecture import MOVING, weights_by_layer
from skdigits._compat import keep_gradients_local, silence_retracing_warning
from skdigits._training.batch_buffer import BatchBuffer
from skdigits._training.gradients import gradient_function
from skdigits._training.optimizers import from_config
from skdigits._training.random_bits import hash_bits, key_of_step
from skdigits._training.threads import limit_threads

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "Keras' backend must be 'tensorflow' for training; KERAS_BACKEND or keras.json sets it to "
        f"{keras.backend.backend()!r}"
    )

limit_threads()

# Weight of the last batch in the moving mean and variance of batch normalization.
MOVING_UPDATE_RATE = 0.1


@dataclass(frozen=True)
class LoopConfig:
    """Properties that a loop is compiled for; fits with equal ones share the executable."""

    network: dict
    optimizer: str | dict
    batch_size: int
    augments: bool = False
    penalizes: bool = False
    smooths: bool = False
    precision: str = "float32"
    fuse_loop: bool = True


class CompiledNetwork:
    """A network's variables, its optimizer and the compiled loop over them.

    They live in a graph and a session of their own: only a closed session releases the code that
    XLA compiled for it. Outside of a session, TensorFlow keeps that code as long as the process
    lives, several megabytes for each network.
    """

    def __init__(self, config):
        self.config = config
        self._runs_by_dtype = {}
        self._buffers_by_dtype = {}
        graph = tf.Graph()
        # Without a configuration, a session uses the devices and threads of tf.config.
        self._session = tf.compat.v1.Session(graph=graph)
        with graph.as_default():
            self._build_variables()
        # XLA compiles the entire loop or, where its convolutions are slow, only the functions
        # between convolutions.
        jit = (lambda function: function) if config.fuse_loop else _compiled
        self._update = jit(self._apply)
        self._gradients = gradient_function(
            config.network,
            jit,
            augments=config.augments,
            smooths=config.smooths,
            dtype=tf.bfloat16 if config.precision == "mixed_bfloat16" else tf.float32,
        )
        self._loop = _compiled(self._run_steps, jit_compile=True if config.fuse_loop else None)

    def _build_variables(self):
        """Build the variables and the optimizer, and the operations that set them."""
        self._variables, self._trainable, self._moving = [], [], []
        for _, shapes in weights_by_layer(self.config.network):
            for name, shape in shapes.items():
                stored_shape = shape[::-1] if len(shape) == 2 else shape  # see _transpose_kernel
                variable = keras.Variable("zeros", stored_shape, "float32", name=name)
                self._variables.append(variable)
                (self._moving if name in MOVING else self._trainable).append(variable)
        self._optimizer = from_config(self.config.optimizer)
        keep_gradients_local(self._optimizer)
        n_operations = len(self._session.graph.get_operations())
        self._optimizer.build(self._trainable)
        # Some optimizers then copy the weights to variables of their own, which Keras expects to
        # happen immediately. In a graph this is an operation, to run whenever weights are set.
        self._initializers = [variable.value.initializer for variable in self._optimizer.variables]
        self._copies = [
            operation
            for operation in self._session.graph.get_operations()[n_operations:]
            if operation.type == "AssignVariableOp" and operation not in self._initializers
        ]
        self._set_weights = _assignment(self._variables)
        self._set_optimizer = _assignment(self._optimizer.variables)
        self._session.run(self._initializers)
        self.default_learning_rate = float(self._session.run(self._optimizer.learning_rate.value))

    def state(self):
        """Copy the weights, in Keras' order and orientation, and the optimizer's variables."""
        weights, optimizer_state = self._session.run(
            [[v.value for v in self._variables], [v.value for v in self._optimizer.variables]]
        )
        return (
            [np.array(_transpose_kernel(value), order="C") for value in weights],
            [np.array(value) for value in optimizer_state],
        )

    def set_state(self, weights, optimizer_state):
        """Set all variables; an optimizer state of None resets the optimizer."""
        self._assign(self._set_weights, map(_transpose_kernel, weights))
        if optimizer_state is None:
            self._session.run(self._initializers)
            self._session.run(self._copies)
        else:
            self._assign(self._set_optimizer, optimizer_state)

    def _assign(self, assignment, values):
        placeholders, operations = assignment
        self._session.run(operations, dict(zip(placeholders, values, strict=True)))

    def run_epoch(self, config, state, dataset, indices, rates):
        """Train on samples in the given order.

        Parameters
        ----------
        config : TrainingConfig
        state : TrainingState
            State after the previous epoch; its weights are not read.
        dataset : Dataset
        indices : ndarray of int
            Rows of the dataset, in the order to visit.
        rates : ndarray of float32
            Learning rate of each step.

        Returns
        -------
        loss, accuracy : float
            Weighted means over the samples, each computed before its batch's update.
        """
        settings = [
            *state.scaling,
            np.asarray(config.augmentation or np.zeros(5), np.float32),
            np.float32(config.label_smoothing),
            np.float32(config.l2),
        ]
        dtype = np.uint8 if dataset.X.dtype == np.uint8 else np.float32
        buffers, run = self._buffers(dtype), self._run(dtype)
        starts = range(0, len(indices), buffers[0].n_samples)
        sums = np.zeros(2)
        with ThreadPoolExecutor(1) as executor:  # fills one buffer while the other is trained on

            def fill(number):
                chunk = indices[starts[number] : starts[number] + buffers[0].n_samples]
                return buffers[number % 2].fill(dataset, chunk)

            n_steps, sizes = fill(0)
            for number in range(len(starts)):
                is_last = number + 1 == len(starts)
                filling = None if is_last else executor.submit(fill, number + 1)
                buffer = buffers[number % 2]
                step = number * buffer.n_batches
                buffer_rates = np.zeros(buffer.n_batches, np.float32)
                buffer_rates[:n_steps] = rates[step : step + n_steps]
                sums += run(
                    *buffer.arrays,
                    buffer_rates,
                    sizes,
                    n_steps,
                    state.n_steps + step,
                    key_of_step(config.seed, state.n_steps + step),
                    *settings,
                )
                if filling:
                    n_steps, sizes = filling.result()
        loss, accuracy = sums / dataset.weight[indices].sum(dtype=np.float64)
        return float(loss), float(accuracy)

    def release_memory(self):
        """Release the batch buffers, which only a running fit needs."""
        self._buffers_by_dtype.clear()

    def close(self):
        """Release the variables, and the code that XLA compiled."""
        self._session.close()

    def _run_steps(self, batches, rates_and_sizes, n_steps, first_step, key, settings):
        """Run a step on each batch of a buffer; return the sums of loss and correct predictions."""
        rates, sizes = rates_and_sizes

        def step(i, total_loss, total_correct):
            step_key = hash_bits(key + tf.cast(i, tf.uint32))
            batch = [array[i] for array in batches]
            loss, n_correct = self._step(
                batch, sizes[i], rates[i], first_step + i, step_key, settings
            )
            return i + 1, total_loss + loss, total_correct + n_correct

        # An explicit while loop: with tf.range, every number of steps would be compiled separately.
        start = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        return tf.while_loop(lambda i, *_: i < n_steps, step, start)[1:]

    def _step(self, batch, size, rate, n_earlier_steps, key, settings):
        """Compute the gradients of one batch and apply them."""
        *input_settings, label_smoothing, l2 = settings
        values = [variable.value for variable in self._trainable]
        loss, n_correct, gradients, moments = self._gradients(
            values, batch, size, key, input_settings, label_smoothing
        )
        self._update(gradients, rate, moments, n_earlier_steps, l2 / size)
        return loss, n_correct

    def _apply(self, gradients, rate, moments, n_earlier_steps, decay):
        if self.config.penalizes:
            gradients = [
                gradient + decay * variable if variable.name == "kernel" else gradient
                for gradient, variable in zip(gradients, self._trainable, strict=True)
            ]
        self._optimizer.learning_rate = rate
        self._optimizer.apply(list(gradients), self._trainable)
        # A plain mean over the first batches, then over about the last ten.
        update_rate = tf.maximum(1 / (tf.cast(n_earlier_steps, tf.float32) + 1), MOVING_UPDATE_RATE)
        for variable, value in zip(self._moving, moments, strict=True):
            variable.assign(variable + update_rate * (value - variable))

    def _run(self, dtype):
        """Return a function that runs the loop over the arrays of a buffer of `dtype`."""
        if dtype in self._runs_by_dtype:
            return self._runs_by_dtype[dtype]
        buffer = self._buffers(dtype)[0]
        vector, integer = tf.TensorSpec(buffer.n_batches), tf.TensorSpec((), tf.int32)
        specs = [  # of the arguments of _run_steps
            [tf.TensorSpec(array.shape, array.dtype) for array in buffer.arrays],
            [vector, vector],
            integer,
            integer,
            tf.TensorSpec((), tf.uint32),
            [tf.TensorSpec(shape) for shape in ((), (), (5,), (), ())],
        ]
        # Traced outside of the graph: inside, TensorFlow 1's rules apply, under which == compares
        # the identity of tensors.
        loop = self._loop.get_concrete_function(*specs)
        with self._session.graph.as_default():
            inputs = tf.nest.map_structure(
                lambda spec: tf.compat.v1.placeholder(spec.dtype, spec.shape), specs
            )
            sums = tf.stack(loop(*inputs))
        self._runs_by_dtype[dtype] = self._session.make_callable(sums, tf.nest.flatten(inputs))
        return self._runs_by_dtype[dtype]

    def _buffers(self, dtype):
        """Return the two buffers for input of `dtype`."""
        if dtype not in self._buffers_by_dtype:
            n_features = self.config.network["n_features"]
            self._buffers_by_dtype[dtype] = [
                BatchBuffer(self.config.batch_size, n_features, dtype) for _ in range(2)
            ]
        return self._buffers_by_dtype[dtype]


@contextmanager
def memory_errors():
    """Raise MemoryError if TensorFlow cannot allocate memory; its own errors have many lines."""
    try:
        yield
    except tf.errors.OpError as error:
        # They are of several classes: ResourceExhaustedError, InternalError, ...
        if "allocat" not in error.message:
            raise
        raise MemoryError(
            "training needs more memory than is available; reduce batch_size or the size of the "
            "network"
        ) from error


def _assignment(variables):
    """Return placeholders of the values of variables, and operations that assign them."""
    placeholders = [tf.compat.v1.placeholder(v.dtype, v.shape) for v in variables]
    return placeholders, [
        v.value.assign(p).op for v, p in zip(variables, placeholders, strict=True)
    ]


def _compiled(function, jit_compile=True):
    compiled = tf.function(function, jit_compile=jit_compile, autograph=False)
    silence_retracing_warning(compiled)
    return compiled


def _transpose_kernel(array):
    """Transpose kernels of dense layers, which are stored as (units, inputs) here."""
    return array.T if array.ndim == 2 else array
