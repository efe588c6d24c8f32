"""Conversion of rows of pixels to images."""

import math

import numpy as np
from sklearn.utils import check_array

from skdigits._utils import is_int


def as_images(X, image_shape=None, name="X"):
    """Convert samples to images.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_pixels) or (n_samples, height, width[, 1])
    image_shape : (int, int), default=None
        Height and width; None assumes square images.
    name : str, default="X"
        Name of X in error messages.

    Returns
    -------
    images : ndarray of shape (n_samples, height, width)

    Raises
    ------
    ValueError
        If X does not hold images of that shape, or holds anything but finite numbers.
    """
    X = check_array(X, allow_nd=True, ensure_min_samples=0, input_name=name)
    if X.ndim == 4 and X.shape[3] == 1:
        X = X[..., 0]
    if X.ndim > 3:
        raise ValueError(
            f"{name} must hold rows of pixels or images (n_samples, height, width); got shape "
            f"{X.shape}"
        )
    n_pixels = math.prod(X.shape[1:])
    if image_shape is None and X.ndim == 3:
        return X
    if image_shape is None:
        side = math.isqrt(n_pixels)
        if side**2 != n_pixels:
            raise ValueError(
                f"{name} has {n_pixels} features, not a square number; pass image_shape"
            )
        image_shape = side, side
    shape = tuple(np.ravel(image_shape).tolist())
    is_shape = len(shape) == 2 and all(is_int(side) and side > 0 for side in shape)
    if not is_shape:
        raise ValueError(
            f"image_shape must be two ints of at least 1, height and width; got {image_shape!r}"
        )
    if math.prod(shape) != n_pixels:
        raise ValueError(
            f"image_shape {shape} has {math.prod(shape)} pixels, but {name} has {n_pixels} features"
        )
    return X.reshape(len(X), *shape)
