"""The stages of a convolutional network, which precede its dense layers.

A stage is a function of the previous stage's outputs, its own parameters and the sample weights;
it returns its outputs and, for batch normalization, the moments of the batch. On a CPU, TensorFlow
runs convolution and pooling, with oneDNN where it is enabled. XLA compiles batch normalization and
activation, so that each of them and each of their gradients is a single pass over memory. The
backward pass of a stage repeats its forward pass, which is cheaper than storing intermediate
values.
"""

import keras
import tensorflow as tf

from skdigits._architecture import EPSILON


def _convolution(layer, dtype):
    def convolve(x, parameters, weight):
        kernel = tf.cast(parameters[0], dtype)
        return tf.nn.conv2d(x, kernel, 1, layer["padding"].upper()), ()

    return convolve


def _max_pooling(layer):
    def pool(x, parameters, weight):
        size = layer["pool_size"]
        return tf.nn.max_pool2d(x, size, size, layer["padding"].upper()), ()

    return pool


def _bias_and_activation(layer, dtype):
    def activate(x, parameters, weight):
        activation = keras.activations.get(layer["activation"])
        return tf.cast(activation(tf.cast(x, tf.float32) + parameters[0]), dtype), ()

    return activate


def _normalization_and_activation(layer, dtype):
    """Build batch normalization, with images weighted by sample weights, and the activation."""

    def normalize(x, parameters, weight):
        gamma, beta = parameters
        x = tf.cast(x, tf.float32)
        values = tf.reshape(x, (-1, layer["filters"]))
        fractions = weight / tf.maximum(tf.reduce_sum(weight), 1e-30)
        n_pixels = values.shape[0] // weight.shape[0]
        # Sums as matrix products, which are faster here than reductions.
        fractions = tf.reshape(tf.tile(fractions[:, None] / n_pixels, (1, n_pixels)), (1, -1))
        mean = tf.matmul(fractions, values)[0]
        variance = tf.matmul(fractions, tf.square(values - mean))[0]
        scale = gamma * tf.math.rsqrt(variance + EPSILON)
        activation = keras.activations.get(layer["activation"])
        return tf.cast(activation(x * scale + (beta - mean * scale)), dtype), (mean, variance)

    return normalize


def _forward_and_backward(stage):
    """Build the forward and the backward pass of a stage."""

    def backward(x, parameters, weight, output_gradient):
        with tf.GradientTape() as tape:
            tape.watch([x, parameters])
            outputs, _ = stage(x, parameters, weight)
        return tape.gradient(outputs, [x, parameters], output_gradient)

    return stage, backward


def conv_stages(config, jit, dtype):
    """Build the stages of a network's convolutions; a dense network has none.

    Parameters
    ----------
    config, jit, dtype
        As for `skdigits._training.gradients.gradient_function`.

    Returns
    -------
    stages : list of (callable, callable, int)
        Forward pass, backward pass and number of parameters of each stage.
    """
    stages = []
    for layer in config["layers"]:
        if layer["kind"] != "convolution":
            break
        stages.append((*_forward_and_backward(_convolution(layer, dtype)), 1))
        if layer["pool_size"] != [1, 1]:
            stages.append((*_forward_and_backward(_max_pooling(layer)), 0))
        if layer["batch_normalization"]:
            stage, n_parameters = _normalization_and_activation(layer, dtype), 2
        else:
            stage, n_parameters = _bias_and_activation(layer, dtype), 1
        stages.append((*map(jit, _forward_and_backward(stage)), n_parameters))
    return stages
