"""Rows of pixels as images."""

import math

import numpy as np


def as_images(X, image_shape=None, name="X"):
    """Images of samples.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_pixels) or (n_samples, height, width[, 1])
    image_shape : (int, int), default=None
        Height and width; None takes a square.
    name : str, default="X"
        What errors call it.

    Returns
    -------
    images : ndarray of shape (n_samples, height, width)

    Raises
    ------
    ValueError
        If X holds no images of that shape.
    """
    X = np.asarray(X)
    if X.ndim == 4 and X.shape[3] == 1:
        X = X[..., 0]
    if X.ndim == 3:
        return X
    if X.ndim != 2:
        raise ValueError(
            f"{name} must hold rows of pixels or images (n_samples, height, width); got shape "
            f"{X.shape}"
        )
    if image_shape is None:
        side = math.isqrt(X.shape[1])
        image_shape = side, side
    if math.prod(image_shape) != X.shape[1]:
        raise ValueError(
            f"image_shape must be that of images of {X.shape[1]} pixels, the features of {name}; "
            f"got {tuple(image_shape)}"
        )
    return X.reshape(len(X), *image_shape)
