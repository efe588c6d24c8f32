"""The gradients of one training step: forward and backward pass of any network.

XLA compiles a dense network together with the loop around it. XLA's own convolutions are slow on a
CPU, so there a convolutional network is a sequence of stages: oneDNN's convolutions and pooling,
and between them functions that XLA compiles.
"""

import keras
import tensorflow as tf

from skdigits._training.augmentation import augment
from skdigits._training.conv_stages import conv_stages
from skdigits._training.random_bits import dropout, hash_bits


def gradient_function(config, jit, *, augments, smooths, dtype):
    """Build the function that computes the gradients of a batch.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    jit : callable
        Applied to every function that XLA compiles separately.
    augments : bool
        Whether images are augmented.
    smooths : bool
        Whether labels are smoothed.
    dtype : dtype
        Arithmetic of convolutions.

    Returns
    -------
    gradients : callable
        Takes the values of the trainable variables, a batch ``(x, y, weight)``, its size, a random
        key, the settings of the input and the label smoothing; returns the summed cross-entropy
        (without smoothing), the weight of the correct predictions, the gradients, and the moments
        of each batch normalization.
    """
    prepare = jit(_input_function(config, augments, dtype))
    stages = conv_stages(config, jit, dtype)
    dense = jit(_dense_function(config, smooths))

    def compute_gradients(values, batch, size, key, input_settings, label_smoothing):
        x, y, weight = batch
        values = iter(values)
        x = prepare(x, *input_settings, key)
        visited, moments = [], []
        for forward, backward, n_parameters in stages:
            parameters = [next(values) for _ in range(n_parameters)]
            visited.append((backward, x, parameters))
            x, batch_moments = forward(x, parameters, weight)
            moments.extend(batch_moments)
        loss, n_correct, x_gradient, gradients = dense(
            x, list(values), y, weight, size, key, label_smoothing
        )
        for backward, x, parameters in reversed(visited):
            x_gradient, stage_gradients = backward(x, parameters, weight, x_gradient)
            gradients = stage_gradients + gradients
        return loss, n_correct, gradients, moments

    return compute_gradients


def _input_function(config, augments, dtype):
    """Build the function that augments and scales a batch."""
    image_shape = config.get("image_shape")

    def prepare(x, shift, scale, limits, key):
        x = tf.cast(x, tf.float32)
        if augments:
            x = augment(tf.reshape(x, (x.shape[0], *image_shape)), limits, key)
        x = (x - shift) * scale
        return tf.cast(tf.reshape(x, (x.shape[0], *image_shape, 1)), dtype) if image_shape else x

    return prepare


def _dense_function(config, smooths):
    """Build the function of the dense layers: loss, correct predictions and gradients."""
    layers = [
        (position, layer)
        for position, layer in enumerate(config["layers"])
        if layer["kind"] != "convolution"
    ]

    def dense(x, parameters, y, weight, size, key, label_smoothing):
        with tf.GradientTape() as tape:
            tape.watch([x, parameters])
            logits = _dense_logits(layers, x, parameters, key)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits) * weight
            loss = objective = tf.reduce_sum(losses)
            if smooths:  # the cross-entropy with the uniform distribution over the classes
                uniform = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=1) * weight
                objective += label_smoothing * (tf.reduce_sum(uniform) - loss)
            objective /= size
        x_gradient, gradients = tape.gradient(objective, [x, parameters])
        correct = tf.cast(tf.argmax(logits, 1, output_type=tf.int32) == y, tf.float32)
        return loss, tf.reduce_sum(correct * weight), x_gradient, gradients

    return dense


def _dense_logits(layers, x, parameters, key):
    """Pass a batch through dense layers and dropout, and return the logits."""
    parameters = iter(parameters)
    x = tf.reshape(tf.cast(x, tf.float32), (x.shape[0], -1))
    for position, layer in layers:
        if layer["kind"] == "dense":
            x = tf.matmul(x, next(parameters), transpose_b=True) + next(parameters)
            if layer["activation"] != "softmax":
                x = keras.activations.get(layer["activation"])(x)
        else:
            x = dropout(x, layer["rate"], hash_bits(key + tf.constant(position, tf.uint32)))
    return x
