"""The stages of a convolutional network, which precede its dense layers.

A stage is a function of the previous stage's outputs, its own parameters and the sample weights;
it returns its outputs and, for batch normalization, the moments of the batch. XLA compiles batch
normalization and activation, so that each of them and each of their gradients is a single pass over
memory. The backward pass of a stage repeats its forward pass, which is cheaper than storing
intermediate values.

Convolution and pooling come in three forms: TensorFlow's own ("native"), one for processors on
which that is slow ("rewritten", in which XLA compiles the pooling), and one for XLA to compile
together with everything else ("fused"); see `skdigits._training.cpu.fastest_forms`.
"""

import functools

import keras
import tensorflow as tf

from skdigits._architecture import EPSILON, same_padding


def _pad_same(images, windows, strides, fill):
    """Add the rows and columns of "same" padding to images."""
    paddings = [
        same_padding(*size) for size in zip(images.shape[1:3], windows, strides, strict=True)
    ]
    return tf.pad(images, [(0, 0), *paddings, (0, 0)], constant_values=fill)


def extract_patches(images, layer):
    """Extract the patches of one-channel images that a kernel covers, with pixels as channels."""
    height, width = layer["kernel_size"]
    if layer["padding"] == "same":
        images = _pad_same(images, (height, width), (1, 1), 0)
    rows, columns = images.shape[1] - height + 1, images.shape[2] - width + 1
    return tf.concat(
        [images[:, i : i + rows, j : j + columns] for i in range(height) for j in range(width)],
        axis=-1,
    )


def _patch_convolution(layer, dtype):
    """Build the convolution of one-channel images, given as the patches of `extract_patches`."""

    def convolve(x, parameters, weight):
        kernel = tf.cast(tf.reshape(parameters[0], (-1, layer["filters"])), dtype)
        products = tf.matmul(tf.reshape(x, (-1, x.shape[-1])), kernel)
        return tf.reshape(products, (*x.shape[:-1], layer["filters"])), ()

    return convolve


def _convolution(layer, dtype):
    def convolve(x, parameters, weight):
        kernel = tf.cast(parameters[0], dtype)
        return tf.nn.conv2d(x, kernel, 1, layer["padding"].upper()), ()

    return convolve


def _convolution_backward(layer, dtype):
    """Build the gradients of `_convolution`, computed as convolutions.

    On a CPU without AVX-512, oneDNN computes the gradient of a kernel up to a third faster as a
    convolution of the images with the gradients, with pixel and image axes swapped. The gradient of
    the images is a convolution too; where it has to pad them, only large kernels gain from this.
    """
    before, after = zip(
        *(
            same_padding(1, size, 1) if layer["padding"] == "same" else (0, 0)
            for size in layer["kernel_size"]
        ),
        strict=True,
    )
    height, width = layer["kernel_size"]
    as_convolution = layer["padding"] == "same" or height * width > 9

    def backward(x, parameters, weight, output_gradient):
        kernel = tf.cast(parameters[0], dtype)
        around = [(0, 0), *zip(before, after, strict=True), (0, 0)]
        kernel_gradient = tf.nn.conv2d(
            tf.transpose(x, (3, 1, 2, 0)), tf.transpose(output_gradient, (1, 2, 0, 3)), 1, around
        )
        kernel_gradient = tf.transpose(kernel_gradient, (1, 2, 0, 3))
        if as_convolution:
            flipped = tf.transpose(tf.reverse(kernel, (0, 1)), (0, 1, 3, 2))
            around = [
                (0, 0),
                (height - 1 - before[0], height - 1 - after[0]),
                (width - 1 - before[1], width - 1 - after[1]),
                (0, 0),
            ]
            x_gradient = tf.nn.conv2d(output_gradient, flipped, 1, around)
        else:
            x_gradient = tf.nn.conv2d_transpose(output_gradient, kernel, x.shape, 1, "VALID")
        return x_gradient, [tf.cast(kernel_gradient, tf.float32)]

    return backward


def _max_pooling(layer):
    def pool(x, parameters, weight):
        size = layer["pool_size"]
        return tf.nn.max_pool2d(x, size, size, layer["padding"].upper()), ()

    return pool


def _max_pooling_by_slices(layer):
    """Build max pooling as maxima of slices, whose gradient XLA compiles to a single pass."""

    def pool(x, parameters, weight):
        height, width = layer["pool_size"]
        if layer["padding"] == "same":
            x = _pad_same(x, (height, width), (height, width), x.dtype.min)
        rows, columns = x.shape[1] // height * height, x.shape[2] // width * width
        x = functools.reduce(tf.maximum, [x[:, i:rows:height] for i in range(height)])
        return functools.reduce(tf.maximum, [x[:, :, j:columns:width] for j in range(width)]), ()

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


def _forward_and_backward(stage, jit):
    """Build the forward and the backward pass of a stage."""

    def backward(x, parameters, weight, output_gradient):
        with tf.GradientTape() as tape:
            tape.watch([x, parameters])
            outputs, _ = stage(x, parameters, weight)
        return tape.gradient(outputs, [x, parameters], output_gradient)

    return jit(stage), jit(backward)


def conv_stages(config, jit, *, forms, dtype):
    """Build the stages of a network's convolutions; a dense network has none.

    Parameters
    ----------
    config, jit, forms, dtype
        As for `skdigits._training.gradients.gradient_function`.

    Returns
    -------
    stages : list of (callable, callable, int)
        Forward pass, backward pass and number of parameters of each stage.
    """
    native = forms == "native"
    stages = []
    for layer in config["layers"]:
        if layer["kind"] != "convolution":
            break
        convolution = _convolution if stages or native else _patch_convolution
        forward, backward = _forward_and_backward(convolution(layer, dtype), _plain)
        if stages and forms == "rewritten":
            backward = _convolution_backward(layer, dtype)
        stages.append((forward, backward, 1))
        if layer["pool_size"] != [1, 1]:
            if native:
                passes = _forward_and_backward(_max_pooling(layer), _plain)
            else:
                passes = _forward_and_backward(_max_pooling_by_slices(layer), jit)
            stages.append((*passes, 0))
        if layer["batch_normalization"]:
            normalization = _normalization_and_activation(layer, dtype)
            stages.append((*_forward_and_backward(normalization, jit), 2))
        else:
            stages.append((*_forward_and_backward(_bias_and_activation(layer, dtype), jit), 1))
    return stages


def _plain(function):
    """Return a function unchanged, for TensorFlow to run; `jit` compiles it with XLA."""
    return function
