"""Rows of pixels and the images that they make."""

import math
import warnings
from numbers import Integral


def by(shape):
    """A shape in words, such as "28 x 28"."""
    return " x ".join(map(str, shape))


def shape_of_rows(image_shape, n_pixels):
    """Height and width of the images in rows of pixels.

    Parameters
    ----------
    image_shape : (int, int) or None
        As a user gave it. None takes a square where the number of pixels allows it, and else a
        single line, with a warning.
    n_pixels : int or None
        Of a row; None if it is not known.

    Returns
    -------
    shape : (int, int)

    Raises
    ------
    ValueError
        If `image_shape` is no shape, or one of another number of pixels.
    """
    if image_shape is None:
        side = math.isqrt(n_pixels)
        if side * side == n_pixels:
            return side, side
        warnings.warn(
            f"X has {n_pixels} features, which make no square: they are taken for images of 1 x "
            f"{n_pixels} pixels; image_shape would say otherwise, and [X] is a single image",
            stacklevel=2,
        )
        return 1, n_pixels
    sides = tuple(image_shape)
    if len(sides) != 2 or not all(isinstance(side, Integral) and side >= 1 for side in sides):
        raise ValueError(
            f"image_shape must be two ints of at least 1, height and width; got {image_shape!r}"
        )
    if n_pixels is not None and math.prod(sides) != n_pixels:
        raise ValueError(f"image_shape is {by(sides)}, but X has {n_pixels} features")
    return int(sides[0]), int(sides[1])
