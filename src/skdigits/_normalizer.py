"""Images as people have them, brought to the form of MNIST."""

import math
import warnings
from numbers import Integral
from pathlib import Path

import numpy as np
from scipy import ndimage
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import validate_data

from skdigits._state import VersionedState

SIDE = 28  # of an image of MNIST
BOX = 20  # in which its digit lies
WORKING_SIDE = 160  # larger images are averaged down to this before anything else
BLANK_CONTRAST = 16 / 255  # less is paper and noise
STROKE = 2  # pixels that strokes are wide in the box, at least
SPECK = 0.05  # connected ink is dropped if it is smaller than this part of the largest


class DigitImageNormalizer(
    VersionedState, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Transformer of images of one digit each, of any size and kind, to the form of MNIST.

    The digit is found, cut out, scaled into a box of 20 x 20 pixels with its aspect kept, and put
    with its centre of mass into the middle of 28 x 28 pixels, white (255) on black (0), as the
    images of MNIST were made ([1]_). Strokes that scaling would leave too thin are made thicker.

    There is nothing to learn: `transform` works without `fit`.

    Parameters
    ----------
    polarity : {"auto", "dark_on_light", "light_on_dark"}, default="auto"
        How the digit is drawn. "auto" takes the level of the border for the background.
    image_shape : (int, int), default=None
        Height and width of the images where X holds rows of pixels. None takes squares where
        possible and else a single line of pixels.

    Attributes
    ----------
    n_features_in_ : int
        Number of pixels seen in `fit`, if X held rows of pixels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had string column names.

    References
    ----------
    .. [1] LeCun, Cortes, Burges: The MNIST database of handwritten digits.

    Examples
    --------
    A digit drawn with Pillow, black on white:

    >>> from PIL import Image, ImageDraw
    >>> from skdigits import DigitImageNormalizer
    >>> image = Image.new("RGB", (300, 200), "white")
    >>> ImageDraw.Draw(image).line([(60, 30), (60, 170)], fill="black", width=12)
    >>> DigitImageNormalizer().transform([image]).reshape(28, 28)[4:24].max(axis=0).nonzero()[0]
    array([13, 14])
    """

    _parameter_constraints = {
        "polarity": [StrOptions({"auto", "dark_on_light", "light_on_dark"})],
        "image_shape": ["array-like", None],
    }

    def __init__(self, *, polarity="auto", image_shape=None):
        self.polarity = polarity
        self.image_shape = image_shape

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check X; there is nothing to learn.

        Parameters
        ----------
        X : array-like or sequence of images
            As for `transform`.
        y : object, default=None
            Not used.

        Returns
        -------
        self : object
            The transformer.
        """
        if not _is_sequence_of_images(X) and getattr(X, "ndim", 2) <= 2:
            validate_data(self, X, dtype="numeric")
        return self

    def transform(self, X):
        """Bring images to the form of MNIST.

        Parameters
        ----------
        X : sequence of images, or array-like of shape (n_samples, n_pixels), \
                (n_samples, height, width) or (n_samples, height, width, n_channels)
            A sequence may mix sizes and kinds: arrays (height, width) or (height, width, 1, 3 or 4)
            of any real dtype, images of Pillow, and paths of files that Pillow can read. Colours
            become grey; what is transparent becomes white.

        Returns
        -------
        X_normalized : ndarray of shape (n_samples, 784)
            Rows of pixels, uint8. A blank image, one whose contrast is below 16 of 255 grey levels
            or which has nothing of the given `polarity`, becomes all 0, and a warning says which
            images these are.

        Raises
        ------
        ValueError
            If X is no sequence of images, or one of them is none.
        FileNotFoundError, PIL.UnidentifiedImageError
            If a path names no file, or one that is no image.
        """
        images = self._images(X)
        normalized = np.zeros((len(images), SIDE * SIDE), np.uint8)
        blank = []
        for number, image in enumerate(images):
            try:
                ink = _ink(_grey(image), self.polarity)
            except ValueError as error:
                raise ValueError(f"image {number} of X {error}") from None
            if ink is None:
                blank.append(number)
            else:
                normalized[number] = _in_the_form_of_mnist(ink).ravel()
        if blank:
            numbers = ", ".join(map(str, blank[:5])) + (", ..." if len(blank) > 5 else "")
            warnings.warn(
                f"{len(blank)} of {len(images)} images of X are blank (numbers {numbers}): no "
                "digit is in them, and all their pixels become 0",
                stacklevel=2,
            )
        return normalized

    def _images(self, X):
        """X as a sequence of images."""
        if _is_sequence_of_images(X):
            return X
        if getattr(X, "ndim", 2) > 2:
            X = np.asarray(X)
            if X.ndim > 4:
                raise ValueError(
                    "X must hold rows of pixels, or images of shape (height, width) or (height, "
                    f"width, n_channels); got shape {X.shape}"
                )
            return X
        X = validate_data(self, X, dtype="numeric", reset=False)
        return X.reshape(-1, *self._shape_of_rows(X.shape[1]))

    def _shape_of_rows(self, n_pixels):
        if self.image_shape is None:
            side = math.isqrt(n_pixels)
            return (side, side) if side * side == n_pixels else (1, n_pixels)
        shape = tuple(self.image_shape)
        if not all(isinstance(side, Integral) for side in shape) or math.prod(shape) != n_pixels:
            raise ValueError(
                "image_shape must be two ints, height and width, whose product is the number of "
                f"pixels in a row of X; got {self.image_shape!r} for {n_pixels} pixels"
            )
        return shape

    @property
    def _n_features_out(self):
        return SIDE * SIDE

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        tags.input_tags.three_d_array = True
        return tags


def _is_sequence_of_images(X):
    """Whether X is not one array-like but a sequence of images of their own."""
    if isinstance(X, np.ndarray) and X.dtype != object:
        return False
    if isinstance(X, str | Path) or hasattr(X, "getbands"):
        raise ValueError(f"X must be a sequence of images; got a single one, {X!r}")
    return (
        isinstance(X, list | tuple | np.ndarray)
        and len(X) > 0
        and all(
            isinstance(image, str | Path)
            or hasattr(image, "getbands")  # Pillow's
            or getattr(image, "ndim", 0) > 1
            for image in X
        )
    )


def _grey(image):
    """Grey values of an image from 0 to 1, float32 (height, width)."""
    from PIL import Image, ImageOps

    if isinstance(image, str | Path):
        with Image.open(image) as opened:
            return _grey(ImageOps.exif_transpose(opened))
    if isinstance(image, Image.Image):
        if image.mode.startswith(("I", "F")):
            return _stretched(np.asarray(image))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        return np.asarray(image.convert("L"), np.float32) / 255
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))) or not image.size:
        raise ValueError(f"has shape {image.shape}; (height, width) or RGB(A) is expected")
    if image.dtype == np.uint8:
        return _grey(Image.fromarray(image))
    if image.ndim == 3:
        image = image[:, :, :3] @ np.array([0.299, 0.587, 0.114])
    return _stretched(image)


def _stretched(values):
    """Values of a range that is not known, from 0 to 1."""
    if values.dtype.kind not in "buif" or not np.isfinite(values).all():
        raise ValueError("holds something else than finite real numbers")
    values = values.astype(np.float64)
    values -= values.min()
    return (values / max(values.max(), np.finfo(float).tiny)).astype(np.float32)


def _in_the_form_of_mnist(ink):
    digit = _cut_out(_thickened(_cut_out(ink)))
    digit = _resized(digit, BOX / max(digit.shape))
    digit = np.clip(digit / digit.max(), 0, 1)
    share = digit / digit.sum()
    height, width = digit.shape
    # In MNIST the centre of mass is pixel 14, counted from 0, of both axes.
    top = SIDE / 2 - share.sum(axis=1) @ np.arange(height)
    left = SIDE / 2 - share.sum(axis=0) @ np.arange(width)
    top, left = np.clip(np.rint([top, left]), 0, [SIDE - height, SIDE - width]).astype(int)
    field = np.zeros((SIDE, SIDE), np.uint8)
    field[top : top + height, left : left + width] = np.rint(255 * digit)
    return field


def _resized(values, factor):
    from PIL import Image

    if factor == 1:
        return values
    height, width = (max(1, round(side * factor)) for side in values.shape)
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def _ink(grey, polarity):
    """How much of each pixel is ink, from 0 to 1, without small specks; None if there is none.

    A large image is scaled down first.
    """
    grey = _resized(grey, min(1, WORKING_SIDE / max(grey.shape)))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background = np.median(border)
    if polarity == "auto":
        dark = background - grey.min() > grey.max() - background
    else:
        dark = polarity == "dark_on_light"
    ink = np.clip(background - grey if dark else grey - background, 0, None)
    if ink.max() < BLANK_CONTRAST:
        return None
    threshold = _otsu(ink)
    # Paper is what is lighter than half of that; full ink is what the middle of strokes has.
    full = np.median(ink[ink > threshold])
    ink = np.clip((ink - threshold / 2) / (full - threshold / 2), 0, 1)
    parts, n_parts = ndimage.label(ink, np.ones((3, 3)))
    amounts = ndimage.sum_labels(ink, parts, np.arange(n_parts + 1))
    return np.where(amounts[parts] >= SPECK * amounts.max(), ink, 0)


def _otsu(values):
    """Threshold that best separates two classes of values (Otsu, 1979)."""
    counts, edges = np.histogram(values, 256)
    centres = (edges[:-1] + edges[1:]) / 2
    below, total_below = np.cumsum(counts), np.cumsum(counts * centres)
    above, total_above = below[-1] - below, total_below[-1] - total_below
    with np.errstate(invalid="ignore"):
        between = below * above * (total_below / below - total_above / above) ** 2
    return edges[1:][np.nanargmax(between)]


def _cut_out(ink):
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _thickened(digit):
    """The digit, its strokes made as thick as MNIST's will be if they are thinner."""
    inside = np.pad(digit, 1) > 0.5
    # In the middle of a stroke the border is half its width away, on average a quarter.
    thickness = 4 * ndimage.distance_transform_edt(inside)[inside].mean() - 1
    wanted = STROKE * max(digit.shape) / BOX
    radius = round((wanted - thickness) / 2)
    if radius < 1:
        return digit
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return ndimage.grey_dilation(
        np.pad(digit, radius), footprint=x * x + y * y <= radius * radius + 0.5
    )
