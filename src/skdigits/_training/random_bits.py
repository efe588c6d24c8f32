"""Random bits inside the compiled loop: hashed counters, the same on every device.

With XLA on a CPU, the generators of Keras and TensorFlow take fifty times as long.
"""

import math

import numpy as np
import tensorflow as tf


def hash_bits(x):
    """Mix 32 bits, so that consecutive numbers become unrelated (Wellons' ``lowbias32``)."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        x = tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(shift, tf.uint32)))
        x = x * tf.constant(factor, tf.uint32)
    return x


def key_of_step(seed, step):
    """Return the random key of a training step, which increases by one from step to step.

    The seeds form a Weyl sequence, so that the keys of different seeds start far apart.
    """
    return np.uint32((seed * 0x85EBCA6B + step) % 2**32)


def random_bits(shape, key):
    """Draw 32 random bits for each entry of an array; different keys give different bits."""
    counter = tf.cast(tf.range(math.prod(shape)), tf.uint32)
    return tf.reshape(hash_bits(tf.bitwise.bitwise_xor(counter, key)), shape)


def dropout(x, rate, key):
    """Drop a fraction of the entries, and scale up the others (inverted dropout)."""
    kept = random_bits(x.shape, key) >= tf.constant(int(rate * 2**32), tf.uint32)
    return tf.where(kept, x * (1 / (1 - rate)), 0.0)
