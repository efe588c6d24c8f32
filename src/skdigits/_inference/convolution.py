"""Convolutions in prediction, as matrix products in NumPy.

Here, images have the shape (height, width, n_images, channels), so that the same pixel of many
images is one block of memory.
"""

import functools

import numpy as np

from skdigits._architecture import (
    EPSILON,
    convolved_shape,
    input_shape,
    output_shapes,
    same_padding,
)

# Size of the largest array of a chunk, which should fit into the processor's cache.
CHUNK_NUMBERS = 2**20
# With fewer rows per matrix product, copying all patches into one matrix is faster.
FEW_ROWS = 32


def images_per_chunk(config):
    """Return the number of images to pass through the convolutions of a network at once."""
    largest = 1
    inputs = [input_shape(config), *output_shapes(config)]
    for layer, (height, width, channels) in zip(config["layers"], inputs, strict=False):
        if layer["kind"] != "convolution":
            break
        new_height, new_width = convolved_shape(layer, (height, width))
        columns = new_width * height * layer["kernel_size"][1] * channels
        largest = max(largest, columns, new_height * new_width * layer["filters"])
    return max(1, CHUNK_NUMBERS // largest)


def _pad_same(images, windows, strides, fill):
    """Add the rows and columns of "same" padding to images."""
    height, width, *rest = images.shape
    (top, bottom), (left, right) = (
        same_padding(*size) for size in zip((height, width), windows, strides, strict=True)
    )
    if not any((top, bottom, left, right)):
        return images
    padded = np.full((top + height + bottom, left + width + right, *rest), fill, images.dtype)
    padded[top : top + height, left : left + width] = images
    return padded


def _convolve(images, kernel):
    """Multiply every patch of the images by the kernel.

    The columns that the kernel covers are copied side by side. The rows that it covers are
    contiguous in this copy, so the patches are overlapping views of it.
    """
    kernel_height, kernel_width, channels, filters = kernel.shape
    height, width, n_images, _ = images.shape
    new_height, new_width = height - kernel_height + 1, width - kernel_width + 1
    columns = np.empty((new_width, n_images, height, kernel_width, channels), images.dtype)
    by_column = images.transpose(1, 2, 0, 3)
    for j in range(kernel_width):
        columns[:, :, :, j] = by_column[j : j + new_width]
    _, image, row, _, number = columns.strides
    patches = np.ndarray(  # as_strided does the same, but takes 10 microseconds
        (new_height, new_width * n_images, kernel_height * kernel_width * channels),
        columns.dtype,
        columns,
        strides=(row, image, number),
    )
    if new_width * n_images < FEW_ROWS:
        patches = patches.reshape(-1, patches.shape[-1])
    products = np.matmul(patches, kernel.reshape(-1, filters))
    return products.reshape(new_height, new_width, n_images, filters)


def _max_pool(images, pool_size):
    """Take the largest value of every window; rows that do not fill a window are dropped."""
    for axis, pool in enumerate(pool_size):
        end = images.shape[axis] // pool * pool
        slices = [
            images[(slice(None),) * axis + (slice(start, end, pool),)] for start in range(pool)
        ]
        images = functools.reduce(np.maximum, slices)
    return images


def convolution_outputs(layer, weights, images, activation):
    """Pass images through a convolution, its pooling, batch normalization and activation.

    Parameters
    ----------
    layer : dict
        The layer, as `skdigits.networks` describes it.
    weights : dict of ndarray
        Weights by name. Batch normalization is folded into a scale and an offset.
    images : ndarray of shape (height, width, n_images, channels)
        Inputs.
    activation : callable
        May overwrite its argument.

    Returns
    -------
    images : ndarray of shape (new_height, new_width, n_images, filters)
        Outputs.
    """
    same = layer["padding"] == "same"
    if same:
        images = _pad_same(images, layer["kernel_size"], (1, 1), 0)
    images = _convolve(images, weights["kernel"])
    if same:
        images = _pad_same(images, layer["pool_size"], layer["pool_size"], -np.inf)
    images = _max_pool(images, layer["pool_size"])
    if layer["batch_normalization"]:
        scale = weights["gamma"] / np.sqrt(weights["variance"] + EPSILON)
        images *= scale
        images += weights["beta"] - weights["mean"] * scale
    else:
        images += weights["bias"]
    return activation(images)
