"""Determine and format the shapes of images."""

import math

import numpy as np

from skdigits._utils import is_int, warn


def format_shape(shape):
    """Format a shape, such as "28 x 28"."""
    return " x ".join(map(str, shape))


def resolve_image_shape(image_shape, n_pixels):
    """Determine the height and width of the images in rows of pixels.

    Parameters
    ----------
    image_shape : (int, int) or None
        The parameter of the estimator. None means square images; if the number of pixels is not
        a perfect square, rows are treated as images of 1 x n pixels, with a warning.
    n_pixels : int or None
        Number of pixels of an image; None if it is unknown.

    Returns
    -------
    shape : (int, int)

    Raises
    ------
    ValueError
        If `image_shape` is invalid or has a different number of pixels.
    """
    if image_shape is None:
        side = math.isqrt(n_pixels)
        if side * side == n_pixels:
            return side, side
        warn(
            f"X has {n_pixels} features, which is not a square number, so its rows are treated as "
            f"images of 1 x {n_pixels} pixels; set image_shape for another shape, or pass [X] if X "
            "is a single image"
        )
        return 1, n_pixels
    sides = tuple(image_shape) if np.ndim(image_shape) else ()
    if len(sides) != 2 or not all(is_int(side) and side >= 1 for side in sides):
        raise ValueError(
            f"image_shape must be two ints of at least 1, height and width; got {image_shape!r}"
        )
    if n_pixels is not None and math.prod(sides) != n_pixels:
        raise ValueError(f"image_shape is {format_shape(sides)}, but X has {n_pixels} features")
    return int(sides[0]), int(sides[1])
