"""Convolutions of prediction, as matrix products in NumPy.

Images have the shape (height, width, n_images, channels) here, so the same pixel of many images is
one block of memory, and patches are collected block by block.
"""

import functools
import math

import numpy as np

from skdigits._architecture import EPSILON, same_padding

# Size of the patches of one matrix product, which should fit into the processor's cache.
PATCH_NUMBERS = 2**19


def _pad_same(images, windows, strides, fill):
    """Add the rows and columns of "same" padding to images."""
    before, after = zip(
        *(same_padding(*size) for size in zip(images.shape[:2], windows, strides, strict=True)),
        strict=True,
    )
    if not any(before + after):
        return images
    height, width, *rest = images.shape
    padded = np.full(
        (height + before[0] + after[0], width + before[1] + after[1], *rest), fill, images.dtype
    )
    padded[before[0] : before[0] + height, before[1] : before[1] + width] = images
    return padded


def _convolve(images, kernel):
    """Multiply every patch of the images by the kernel, some rows of patches at a time."""
    kernel_height, kernel_width, _, filters = kernel.shape
    height = images.shape[0] - kernel_height + 1
    width = images.shape[1] - kernel_width + 1
    n_images = images.shape[2]
    row = (width, n_images, *kernel.shape[:3])
    n_rows = min(height, max(1, PATCH_NUMBERS // math.prod(row)))
    patches = np.empty((n_rows, *row), images.dtype)
    products = np.empty((height, width, n_images, filters), images.dtype)
    kernel = kernel.reshape(-1, filters)
    for start in range(0, height, n_rows):
        block = patches[: height - start]
        stop = start + len(block)
        for i in range(kernel_height):
            for j in range(kernel_width):
                block[:, :, :, i, j] = images[start + i : stop + i, j : j + width]
        out = products[start:stop].reshape(-1, filters)
        np.matmul(block.reshape(len(out), -1), kernel, out=out)
    return products


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
