"""Augmentation inside the compiled loop: random distortions of every image."""

import math

import numpy as np
import tensorflow as tf

from skdigits._training.random_bits import hash_bits, random_bits

# Separates these bits from those of dropout, whose keys are close to the key of the batch.
_KEY = 0x5BD1E995


def augment(images, limits, key):
    """Distort every image at random, with linear interpolation.

    Pixels from outside the image repeat the nearest pixel of its border.

    Parameters
    ----------
    images : tensor of shape (n_images, height, width)
        Gray values.
    limits : tensor of shape (5,)
        Largest shift along each axis (pixels), rotation (degrees), zoom (0.1 is 10% larger or
        smaller) and horizontal shear (degrees). For each image, the shifts, the rotation, the
        shear and the logarithm of the zoom are drawn uniformly up to these limits. The last entry
        is the standard deviation of an elastic displacement (pixels); see `_smooth_noise`.
    key : tensor of uint32
        Random key; different keys give different images.

    Returns
    -------
    images : tensor of shape (n_images, height, width)
    """
    n_images, height, width = images.shape
    key = hash_bits(key ^ tf.constant(_KEY, tf.uint32))
    draws = _uniform((5, n_images), key)[:, :, None]
    down, right = limits[0] * draws[0], limits[0] * draws[1]
    angle = limits[1] * (math.pi / 180) * draws[2]
    shrink = tf.exp(-tf.math.log1p(limits[2]) * draws[3])
    slant = tf.tan(limits[3] * (math.pi / 180) * draws[4])
    y, x = tf.meshgrid(
        tf.range(height, dtype=tf.float32) - (height - 1) / 2,
        tf.range(width, dtype=tf.float32) - (width - 1) / 2,
        indexing="ij",
    )
    y, x = tf.reshape(y, (1, -1)) - down, tf.reshape(x, (1, -1)) - right
    sine, cosine = shrink * tf.sin(angle), shrink * tf.cos(angle)
    y, x = cosine * y + sine * x, cosine * x - sine * y
    noise = limits[4] * _smooth_noise(n_images, height, width, hash_bits(key))
    y, x = tf.clip_by_value(y, -1e9, 1e9), tf.clip_by_value(x, -1e9, 1e9)  # 0 * inf is NaN
    source_y = tf.clip_by_value(y + noise[0] + (height - 1) / 2, 0, height - 1)
    source_x = tf.clip_by_value(x + slant * y + noise[1] + (width - 1) / 2, 0, width - 1)
    top, left = tf.floor(source_y), tf.floor(source_x)
    dy, dx = source_y - top, source_x - left
    flat = tf.reshape(images, (n_images, -1))

    def pixels(row, column):
        row, column = tf.minimum(row, height - 1), tf.minimum(column, width - 1)
        return tf.gather(flat, tf.cast(row * width + column, tf.int32), batch_dims=1)

    upper = pixels(top, left) * (1 - dx) + pixels(top, left + 1) * dx
    lower = pixels(top + 1, left) * (1 - dx) + pixels(top + 1, left + 1) * dx
    return tf.reshape(upper * (1 - dy) + lower * dy, images.shape)


def _uniform(shape, key):
    """Draw numbers uniformly from -1 to 1."""
    return tf.cast(random_bits(shape, key), tf.float32) * 2.0**-31 - 1


def _smooth_noise(n_images, height, width, key):
    """Draw the smooth random displacements of Simard, Steinkraus and Platt (2003).

    They are white noise after a Gaussian filter, scaled to a standard deviation of 1. The filter's
    standard deviation is a seventh of each side: 4 pixels in images of 28 x 28, as in the paper.

    Returns
    -------
    noise : tensor of shape (2, n_images, height * width)
        Vertical and horizontal displacements.
    """
    noise = math.sqrt(3) * _uniform((2, n_images, height, width), key)
    noise = tf.einsum("cnij,ik,jl->cnkl", noise, _gaussian_filter(height), _gaussian_filter(width))
    return tf.reshape(noise, (2, n_images, -1))


def _gaussian_filter(size):
    """Return a matrix that filters white noise along one axis and keeps its variance."""
    distances = np.subtract.outer(np.arange(size), np.arange(size)) * (7 / size)
    matrix = np.exp(-(distances**2) / 2)
    return tf.constant(matrix / np.linalg.norm(matrix, axis=0), tf.float32)
