"""One training step's gradients: the forward and the backward pass of any network.

A dense network is one piece, which XLA compiles together with the loop around it. XLA's own
convolutions are slow on a CPU, so there the passes of a convolutional network are a chain: oneDNN's
convolutions, and between them pieces that XLA compiles, in which pooling, batch normalization,
activation and their gradients are each a single pass over memory. A piece's backward pass computes
its forward pass anew, which is cheaper than to store what lies inside it.
"""

import keras
import tensorflow as tf

from skdigits._architecture import padding_of, weights_by_layer
from skdigits._augmentation import augment
from skdigits._convolution import EPSILON
from skdigits._hashing import dropout, hash_bits


def _grown(images, windows, strides, fill):
    """Images with the lines around them that "same" padding adds."""
    paddings = [padding_of(*size) for size in zip(images.shape[1:3], windows, strides, strict=True)]
    return tf.pad(images, [(0, 0), *paddings, (0, 0)], constant_values=fill)


def _windows(images, layer):
    """Every window of images of one channel, its pixels as channels."""
    height, width = layer["kernel_size"]
    if layer["padding"] == "same":
        images = _grown(images, (height, width), (1, 1), 0)
    rows, columns = images.shape[1] - height + 1, images.shape[2] - width + 1
    return tf.concat(
        [images[:, i : i + rows, j : j + columns] for i in range(height) for j in range(width)],
        axis=-1,
    )


def _convolve(x, kernel, layer, first, dtype):
    """Convolution of images, or for the first layer of the windows that `_windows` returns."""
    x, kernel = tf.cast(x, dtype), tf.cast(kernel, dtype)
    if not first:
        return tf.nn.conv2d(x, kernel, 1, layer["padding"].upper())
    filters = layer["filters"]
    products = tf.matmul(tf.reshape(x, (-1, x.shape[-1])), tf.reshape(kernel, (-1, filters)))
    return tf.reshape(products, (*x.shape[:-1], filters))


def _max_pool(images, layer):
    height, width = layer["pool_size"]
    if layer["padding"] == "same":
        images = _grown(images, (height, width), (height, width), images.dtype.min)
    rows, columns = images.shape[1] // height * height, images.shape[2] // width * width
    images = _maximum([images[:, i:rows:height] for i in range(height)])
    return _maximum([images[:, :, j:columns:width] for j in range(width)])


def _maximum(arrays):
    """Elementwise maximum; its gradient goes to the first of equal values."""
    largest, *others = arrays
    for other in others:
        largest = tf.maximum(largest, other)
    return largest


def _moments(images, weight):
    """Mean and variance of each channel, every image counted by its weight."""
    n_pixels = images.shape[1] * images.shape[2]
    share = weight / (tf.maximum(tf.reduce_sum(weight), 1e-30) * n_pixels)
    share = share[:, None, None, None]
    mean = tf.reduce_sum(images * share, (0, 1, 2))
    return mean, tf.reduce_sum(tf.square(images - mean) * share, (0, 1, 2))


def _behind_convolution(layer, convolved, parameters, weight, dtype):
    """Pooling, batch normalization and activation; beside their outputs the batch's moments."""
    x = _max_pool(tf.cast(convolved, tf.float32), layer)
    moments = ()
    if layer["batch_normalization"]:
        gamma, beta = parameters
        mean, variance = moments = _moments(x, weight)
        x = (x - mean) * (gamma * tf.math.rsqrt(variance + EPSILON)) + beta
    else:
        x = x + parameters[0]
    return tf.cast(keras.activations.get(layer["activation"])(x), dtype), moments


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


def gradient_function(config, piece, *, augments, dtype):
    """Make the function that computes the gradients of a batch.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    piece : callable
        Applied to every function that XLA is to compile as one piece.
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
    layers = [(layer, len(shapes)) for layer, shapes in weights_by_layer(config)]
    convolutions = [layer for layer, _ in layers if layer["kind"] == "convolution"]
    dense_layers = [
        (position, layer)
        for position, (layer, _) in enumerate(layers)
        if layer["kind"] != "convolution"
    ]

    @piece
    def inputs(x, shift, scale, key, augmentation):
        x = tf.cast(x, tf.float32)
        if augments:
            x = augment(tf.reshape(x, (x.shape[0], *config["image_shape"])), augmentation, key)
        x = (x - shift) * scale
        if convolutions:
            x = tf.reshape(x, (x.shape[0], *config["image_shape"], 1))
            x = tf.cast(_windows(x, convolutions[0]), dtype)
        return x if convolutions else tf.reshape(x, (x.shape[0], -1))

    def behind(layer):
        @piece
        def forward(convolved, parameters, weight):
            return _behind_convolution(layer, convolved, parameters, weight, dtype)

        @piece
        def backward(convolved, parameters, weight, output_gradient):
            with tf.GradientTape() as tape:
                tape.watch([convolved, parameters])
                outputs, _ = _behind_convolution(layer, convolved, parameters, weight, dtype)
            return tape.gradient(outputs, [convolved, parameters], output_gradient)

        return forward, backward

    @piece
    def dense(x, parameters, y, weight, size, key):
        with tf.GradientTape() as tape:
            tape.watch([x, parameters])
            logits = _dense_logits(dense_layers, x, parameters, key)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits) * weight
            loss = tf.reduce_sum(losses)
            objective = loss / size
        gradients = tape.gradient(objective, [x, parameters] if convolutions else [parameters])
        hits = tf.cast(tf.argmax(logits, 1, output_type=tf.int32) == y, tf.float32)
        return loss, tf.reduce_sum(hits * weight), gradients

    pieces_behind = [behind(layer) for layer in convolutions]

    def gradients(variables, x, y, weight, size, shift, scale, key, augmentation):
        variables = iter(variables)
        x = inputs(x, shift, scale, key, augmentation)
        passed, moments = [], []
        for layer, (forward, backward) in zip(convolutions, pieces_behind, strict=True):
            kernel = next(variables)
            parameters = [next(variables) for _ in range(1 + layer["batch_normalization"])]
            sources = [kernel, x] if passed else [kernel]
            with tf.GradientTape() as tape:
                tape.watch(sources)
                convolved = _convolve(x, kernel, layer, not passed, dtype)
            passed.append((tape, sources, convolved, parameters, backward))
            x, batch_moments = forward(convolved, parameters, weight)
            moments.extend(batch_moments)
        loss, hits, [*x_gradient, found] = dense(x, list(variables), y, weight, size, key)
        for tape, sources, convolved, parameters, backward in reversed(passed):
            convolved_gradient, of_parameters = backward(convolved, parameters, weight, *x_gradient)
            of_kernel, *x_gradient = tape.gradient(convolved, sources, convolved_gradient)
            found = [of_kernel, *of_parameters, *found]
        return loss, hits, found, moments

    return gradients
