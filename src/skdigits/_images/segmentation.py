"""Segment the digit in an image, and draw it in MNIST's format."""

from pathlib import Path

import numpy as np
from scipy import ndimage

from skdigits._images.background import border_of, even_foreground, uneven_foreground
from skdigits._images.components import drop_specks
from skdigits._images.lines import remove_lines

SIDE = 28  # side of an image of MNIST, in pixels
BOX = 20  # side of the box that contains its digit
WORKING_SIDE = 160  # larger images are averaged down to this before anything else
BLANK_CONTRAST = 16 / 255  # less is background and noise
STROKE = 2  # smallest width of strokes in the box, in pixels
SCALES = (1, 16, 255, 65_535)  # fractions, scikit-learn's digits, 8 bits, 16 bits
NOISE = 0.2  # pixels that are less correlated with their neighbors are noise
ON_BORDER = 0.02  # fraction of the border; foreground that covers more may be a shadow
SHADOW_ON_BORDER = 0.1  # foreground that covers more, and vanishes in even light, is a shadow
SMALLEST = 20  # shorter side; smaller images are not checked for uneven light, lines and noise


class InvalidImageError(ValueError):
    """Raised if an object is not an image."""


def gray_values(image):
    """Convert an image to gray values from 0 to 1, float32 of shape (height, width)."""
    from PIL import Image, ImageOps

    if isinstance(image, str | Path):
        with Image.open(image) as opened:
            try:
                opened.load()
            except (OSError, SyntaxError) as error:  # Pillow does not name the file
                raise OSError(f"the image file {str(image)!r} is damaged: {error}") from error
            return gray_values(opened)
    if isinstance(image, Image.Image):
        return _gray_values_of_pillow(ImageOps.exif_transpose(image))
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))) or not image.size:
        raise InvalidImageError(
            f"has shape {image.shape}; expected (height, width), or 1, 3 or 4 channels"
        )
    if image.dtype.kind not in "buif" or not np.isfinite(image).all():
        raise InvalidImageError("must hold finite real numbers")
    if image.ndim == 3:
        if image.dtype == np.uint8:
            return _gray_values_of_pillow(Image.fromarray(image))
        if image.shape[2] == 4:
            raise InvalidImageError(f"must be uint8 to have 4 channels; got {image.dtype}")
        image = image @ np.array([0.299, 0.587, 0.114])
    return _fractions(image)


def _gray_values_of_pillow(image):
    from PIL import Image

    if not min(image.size):
        raise InvalidImageError(f"has no pixels: its width and height are {image.size}")
    if image.mode.startswith(("I", "F")):
        return gray_values(np.asarray(image))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB").convert("L"), np.float32) / 255


def _fractions(values):
    """Scale values to the range from 0 to 1, whatever their scale."""
    if values.dtype == np.uint8:
        return values.astype(np.float32) / 255
    values = values.astype(np.float64)
    lowest, highest = values.min(), values.max()
    if lowest >= 0 and highest <= SCALES[-1]:
        values /= next(scale for scale in SCALES if highest <= scale)
    else:
        values = (values - lowest) / max(highest - lowest, np.finfo(float).tiny)
    return values.astype(np.float32)


def to_mnist_format(foreground):
    """Draw a digit in 28 x 28 pixels, uint8: scaled into a box of 20 x 20, centered by its mass."""
    digit = _crop(_thicken(_crop(foreground)))
    digit = _resize(digit, BOX / max(digit.shape))
    digit = np.clip(digit / digit.max(), 0, 1)
    mass = digit / digit.sum()
    height, width = digit.shape
    # In MNIST the center of mass is at pixel 14, counted from 0, on both axes.
    top = SIDE / 2 - mass.sum(axis=1) @ np.arange(height)
    left = SIDE / 2 - mass.sum(axis=0) @ np.arange(width)
    top, left = np.clip(np.rint([top, left]), 0, [SIDE - height, SIDE - width]).astype(int)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(255 * digit)
    return image


def _resize(values, factor):
    from PIL import Image

    if factor == 1:
        return values
    height, width = (max(1, round(side * factor)) for side in values.shape)
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def segment(gray, polarity):
    """Return the foreground, from 0 to 1, without specks; None if the image is blank.

    Large images are scaled down first.
    """
    gray = _resize(gray, min(1, WORKING_SIDE / max(gray.shape)))
    background = np.median(border_of(gray))
    darkest, lightest = background - gray.min(), gray.max() - background
    if polarity == "auto":
        dark, is_clear = darkest > lightest, max(darkest, lightest) > 2 * min(darkest, lightest)
    else:
        dark, is_clear = polarity == "dark_on_light", True
    segmented = _segment_components(even_foreground(gray, dark))
    if segmented is None or min(gray.shape) < SMALLEST:
        return segmented
    share = _share_on_border(segmented)
    if is_clear and share <= ON_BORDER:
        return segmented
    # A digit rarely touches the border; shadows and lines do.
    foreground, dark_if_uneven = uneven_foreground(gray, None if polarity == "auto" else dark)
    other = _segment_components(foreground)
    if other is None:
        return None if share > SHADOW_ON_BORDER else segmented
    is_doubtful = not is_clear and dark_if_uneven != dark
    return other if is_doubtful or _share_on_border(other) < share / 2 else segmented


def _share_on_border(foreground):
    return (border_of(foreground) > 0).mean()


def _segment_components(foreground):
    """Scale the foreground to 0 to 1, and drop lines and specks; None if nothing is left."""
    if foreground.max() < BLANK_CONTRAST:
        return None
    threshold = _otsu(foreground)
    if min(foreground.shape) >= SMALLEST:
        foreground = remove_lines(foreground, threshold)
        if foreground.max() < BLANK_CONTRAST or _correlation(foreground) < NOISE:
            return None
        threshold = _otsu(foreground)
    # Background is below half of the threshold; full foreground is the level inside strokes.
    full = np.median(foreground[foreground > threshold])
    foreground = np.clip((foreground - threshold / 2) / (full - threshold / 2), 0, 1)
    return drop_specks(foreground)


def _correlation(values):
    """Return the correlation of neighboring pixels: near 0 for noise, higher for drawings."""
    values = values - values.mean()
    vertical, horizontal = values[1:] * values[:-1], values[:, 1:] * values[:, :-1]
    return (vertical.sum() + horizontal.sum()) / (2 * (values * values).sum())


def _otsu(values):
    """Compute the threshold that best separates two classes of values (Otsu, 1979)."""
    counts, edges = np.histogram(values, 256)
    centers = (edges[:-1] + edges[1:]) / 2
    below, total_below = np.cumsum(counts), np.cumsum(counts * centers)
    above, total_above = below[-1] - below, total_below[-1] - total_below
    with np.errstate(invalid="ignore"):
        between = below * above * (total_below / below - total_above / above) ** 2
    return edges[1:][np.nanargmax(between)]


def _crop(foreground):
    rows, columns = np.flatnonzero(foreground.any(axis=1)), np.flatnonzero(foreground.any(axis=0))
    return foreground[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _thicken(digit):
    """Thicken strokes that would become thinner than those of MNIST."""
    inside = np.pad(digit, 1) > 0.5
    # The distance to the border is half the width in the middle of a stroke, a quarter on average.
    thickness = 4 * ndimage.distance_transform_edt(inside)[inside].mean() - 1
    wanted = STROKE * max(digit.shape) / BOX
    radius = round((wanted - thickness) / 2)
    if radius < 1:
        return digit
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return ndimage.grey_dilation(
        np.pad(digit, radius), footprint=x * x + y * y <= radius * radius + 0.5
    )
