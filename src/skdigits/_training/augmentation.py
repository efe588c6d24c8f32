"""Augmentation inside the compiled loop: random shifts, rotations and zooms."""

import math

import tensorflow as tf

from skdigits._training.random_bits import hash_bits, random_bits

# Separates these bits from those of dropout, whose keys differ from the batch's key only slightly.
_KEY = 0x5BD1E995


def augment(images, limits, key):
    """Shift, rotate and zoom every image at random, with linear interpolation.

    Pixels from outside the image repeat the nearest pixel of its border.

    Parameters
    ----------
    images : tensor of shape (n_images, height, width)
        Grey values.
    limits : tensor of shape (3,)
        Largest shift along each axis (pixels), rotation (degrees) and zoom (0.1 is 10 % larger or
        smaller). Each image gets shifts, a rotation and the logarithm of a zoom that are drawn
        uniformly up to these limits.
    key : tensor of uint32
        Random key; different keys give different images.

    Returns
    -------
    images : tensor of shape (n_images, height, width)
    """
    n_images, height, width = images.shape
    bits = random_bits((4, n_images), hash_bits(key ^ tf.constant(_KEY, tf.uint32)))
    uniform = tf.cast(bits, tf.float32) * 2.0**-31 - 1
    down, right = limits[0] * uniform[0, :, None], limits[0] * uniform[1, :, None]
    angle = limits[1] * (math.pi / 180) * uniform[2, :, None]
    shrink = tf.exp(-tf.math.log1p(limits[2]) * uniform[3, :, None])
    y, x = tf.meshgrid(
        tf.range(height, dtype=tf.float32) - (height - 1) / 2,
        tf.range(width, dtype=tf.float32) - (width - 1) / 2,
        indexing="ij",
    )
    y, x = tf.reshape(y, (1, -1)) - down, tf.reshape(x, (1, -1)) - right
    sine, cosine = shrink * tf.sin(angle), shrink * tf.cos(angle)
    source_y = tf.clip_by_value(cosine * y + sine * x + (height - 1) / 2, 0, height - 1)
    source_x = tf.clip_by_value(cosine * x - sine * y + (width - 1) / 2, 0, width - 1)
    top, left = tf.floor(source_y), tf.floor(source_x)
    dy, dx = source_y - top, source_x - left
    flat = tf.reshape(images, (n_images, -1))

    def pixels(row, column):
        row, column = tf.minimum(row, height - 1), tf.minimum(column, width - 1)
        return tf.gather(flat, tf.cast(row * width + column, tf.int32), batch_dims=1)

    upper = pixels(top, left) * (1 - dx) + pixels(top, left + 1) * dx
    lower = pixels(top + 1, left) * (1 - dx) + pixels(top + 1, left + 1) * dx
    return tf.reshape(upper * (1 - dy) + lower * dy, images.shape)
