"""One training step's gradients: the forward and the backward pass of any network.

A dense network is one piece, which XLA compiles together with the loop around it. XLA's own
convolutions are slow on a CPU, so there the passes of a convolutional network go along a chain:
oneDNN's convolutions, and between them pieces that XLA compiles.
"""

import keras
import tensorflow as tf

from skdigits._training.augmentation import augment
from skdigits._training.conv_stages import chain, windows
from skdigits._training.random_bits import dropout, hash_bits


def _dense_logits(layers, x, parameters, key):
    """Dense layers and dropout while training, up to the argument of the last softmax."""
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


def gradient_function(config, piece, *, whole, augments, dtype):
    """Make the function that computes the gradients of a batch.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    piece : callable
        Applied to every function that XLA is to compile as one piece.
    whole : bool
        Whether XLA compiles convolutions too.
    augments : bool
        Whether images are augmented.
    dtype : dtype
        Of convolutions.

    Returns
    -------
    gradients : callable
        Takes the trained variables' values and a batch; returns the summed loss, the weight of the
        samples that were right, the gradients, and the moments of each batch normalization.
    """
    image_shape = config.get("image_shape")
    dense_layers = [
        (position, layer)
        for position, layer in enumerate(config["layers"])
        if layer["kind"] != "convolution"
    ]

    @piece
    def inputs(x, shift, scale, key, augmentation):
        x = tf.cast(x, tf.float32)
        if augments:
            x = augment(tf.reshape(x, (x.shape[0], *image_shape)), augmentation, key)
        x = (x - shift) * scale
        if not image_shape:
            return x
        x = tf.reshape(x, (x.shape[0], *image_shape, 1))
        return tf.cast(windows(x, config["layers"][0]), dtype)

    links = chain(config, piece, whole=whole, dtype=dtype)

    @piece
    def dense(x, parameters, y, weight, size, key):
        with tf.GradientTape() as tape:
            tape.watch([x, parameters])
            logits = _dense_logits(dense_layers, x, parameters, key)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits) * weight
            loss = tf.reduce_sum(losses)
            objective = loss / size
        x_gradient, gradients = tape.gradient(objective, [x, parameters])
        hits = tf.cast(tf.argmax(logits, 1, output_type=tf.int32) == y, tf.float32)
        return loss, tf.reduce_sum(hits * weight), x_gradient, gradients

    def gradients(variables, x, y, weight, size, shift, scale, key, augmentation):
        variables = iter(variables)
        x = inputs(x, shift, scale, key, augmentation)
        passed, moments = [], []
        for forward, backward, n_parameters in links:
            parameters = [next(variables) for _ in range(n_parameters)]
            passed.append((backward, x, parameters))
            x, batch_moments = forward(x, parameters, weight)
            moments.extend(batch_moments)
        loss, hits, x_gradient, found = dense(x, list(variables), y, weight, size, key)
        for backward, x, parameters in reversed(passed):
            x_gradient, of_parameters = backward(x, parameters, weight, x_gradient)
            found = of_parameters + found
        return loss, hits, found, moments

    return gradients
