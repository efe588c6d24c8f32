"""The gradients of one training step: forward and backward pass of any network.

XLA compiles a dense network together with the loop around it. XLA's own convolutions are slow on a
CPU, so there a convolutional network is a sequence of stages: oneDNN's convolutions, and between
them functions that XLA compiles.
"""

import keras
import tensorflow as tf

from skdigits._training.augmentation import augment
from skdigits._training.conv_stages import conv_stages, extract_patches
from skdigits._training.random_bits import dropout, hash_bits


def gradient_function(config, jit, *, forms, augments, smooths, dtype):
    """Build the function that computes the gradients of a batch.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    jit : callable
        Applied to every function that XLA compiles separately.
    forms : {"fused", "rewritten", "native"}
        Forms of convolution and pooling, see `skdigits._training.cpu.fastest_forms`.
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
    # Compiled separately: together with the patches, XLA would repeat it for each of them.
    distort = jit(_distortion_function(config)) if augments else None
    prepare = jit(_input_function(config, as_patches=forms != "native", dtype=dtype))
    stages = conv_stages(config, jit, forms=forms, dtype=dtype)
    dense = jit(_dense_function(config, smooths))

    def compute_gradients(values, batch, size, key, input_settings, label_smoothing):
        x, y, weight = batch
        values = iter(values)
        *scaling, limits = input_settings
        if distort:
            x = distort(x, limits, key)
        x = prepare(x, *scaling)
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


def _distortion_function(config):
    """Build the function that augments a batch of images."""

    def distort(x, limits, key):
        images = tf.reshape(tf.cast(x, tf.float32), (x.shape[0], *config["image_shape"]))
        return augment(images, limits, key)

    return distort


def _input_function(config, *, as_patches, dtype):
    """Build the function that scales a batch, and extracts patches."""
    image_shape = config.get("image_shape")

    def prepare(x, shift, scale):
        x = (tf.cast(x, tf.float32) - shift) * scale
        if not image_shape:
            return x
        x = tf.reshape(x, (x.shape[0], *image_shape, 1))
        return tf.cast(extract_patches(x, config["layers"][0]) if as_patches else x, dtype)

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
