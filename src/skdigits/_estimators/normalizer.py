"""Transformer that converts real-world images of digits to the format of MNIST."""

from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import validate_data

from skdigits._compat import StrOptions, fit_context
from skdigits._estimators.persistence import VersionedState, replace_on_success, snapshot
from skdigits._images.components import shows_several_digits
from skdigits._images.segmentation import (
    SIDE,
    InvalidImageError,
    gray_values,
    segment,
    to_mnist_format,
)
from skdigits._images.shapes import format_shape, resolve_image_shape
from skdigits._utils import warn


class SeveralDigitsWarning(UserWarning):
    """Warning of `DigitImageNormalizer` about images that seem to show several digits.

    Attributes
    ----------
    indices : list of int
        Indices of these images in X.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from skdigits import DigitImageNormalizer, SeveralDigitsWarning
    >>> images = np.zeros((2, 28, 28))
    >>> images[0, 4:24, 8:11] = images[1, 4:24, [8, 18]] = 1
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     X_normalized = DigitImageNormalizer().transform(images)
    >>> [warning.message.indices for warning in caught]
    [[1]]
    """

    def __init__(self, message, indices=()):
        super().__init__(message)
        self.indices = list(indices)


class DigitImageNormalizer(
    VersionedState, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Transform real-world images of single digits to the format of MNIST.

    Images may have any size, colors and file format. The digit is segmented, scaled into a box of
    20 x 20 pixels without changing its aspect ratio, and centered by its center of mass in 28 x 28
    pixels, white (255) on black (0), as in MNIST ([1]_). Strokes that would become too thin are
    thickened. Uneven light and the lines of ruled or graph paper are removed.

    The transformer is stateless: `transform` works without `fit`.

    Parameters
    ----------
    polarity : {"auto", "dark_on_light", "light_on_dark"}, default="auto"
        Whether the digit is darker or lighter than the background. "auto" compares it with the gray
        level of the border.
    image_shape : (int, int), default=None
        Height and width of the images if X holds rows of pixels. None means square images; if the
        number of pixels is not a perfect square, rows are treated as images of 1 x n pixels, with a
        warning.

    Attributes
    ----------
    n_features_in_ : int
        Number of pixels seen in `fit`, if X held rows of pixels.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
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

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check X; the transformer is stateless.

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
        with replace_on_success(self) as fitted:
            for name in ("n_features_in_", "feature_names_in_"):
                vars(fitted).pop(name, None)
            if not _is_sequence_of_images(X):
                X = _as_array(X)
                if len(X.shape) <= 2:
                    validate_data(fitted, X, dtype="numeric")
        return self

    def transform(self, X):
        """Transform images to the format of MNIST.

        Parameters
        ----------
        X : sequence of images, or array-like of shape (n_samples, n_pixels), \
                (n_samples, height, width) or (n_samples, height, width, n_channels)
            A sequence may mix sizes and types: arrays (height, width), (height, width, 1) or
            (height, width, 3) of any real dtype, arrays (height, width, 4) of uint8, Pillow images,
            and paths of files that Pillow can read. Colors become gray; transparent pixels become
            white. The scale of uint8 is 0 to 255. For all other types, the scale ends at the
            smallest of 1, 16, 255 and 65,535 that no value of the image exceeds; images with
            negative or larger values are scaled from their minimum to their maximum.

        Returns
        -------
        X_normalized : ndarray of shape (n_samples, 784)
            Rows of pixels, uint8. Blank images become all 0, and a warning lists them. Images are
            blank if their contrast is below 16 of 255 gray levels, or if they show only noise or
            no digit of the given `polarity`. Another warning, `SeveralDigitsWarning`, lists images
            of several digits, which are scaled into one box together.

        Raises
        ------
        ValueError
            If X is not a sequence of images, or one of its elements is not an image.
        FileNotFoundError, PIL.UnidentifiedImageError, OSError
            If a path names no file, a file that is not an image, or a damaged image.
        PIL.Image.DecompressionBombError
            If an image file has more than twice ``PIL.Image.MAX_IMAGE_PIXELS`` pixels. Pillow warns
            about files with more than ``MAX_IMAGE_PIXELS`` pixels.
        """
        self._validate_params()
        images = snapshot(self)._images(X)
        normalized = np.zeros((len(images), SIDE * SIDE), np.uint8)
        blank, several = [], []
        for number, image in enumerate(images):
            try:
                foreground = segment(gray_values(image), self.polarity)
            except InvalidImageError as error:
                raise ValueError(f"image {number} of X {error}") from None
            if foreground is None:
                blank.append(number)
            else:
                normalized[number] = to_mnist_format(foreground).ravel()
                if shows_several_digits(foreground):
                    several.append(number)
        if blank:
            _warn_of_blank(images, blank)
        if several:
            _warn_of_several_digits(images, several)
        return normalized

    def _images(self, X):
        """Return X as a sequence of images."""
        if _is_sequence_of_images(X):
            return list(X)
        X = _as_array(X)
        if len(X.shape) > 4:
            raise ValueError(
                "X must hold rows of pixels, or images of shape (height, width) or (height, "
                f"width, n_channels); got shape {X.shape}"
            )
        if len(X.shape) > 2:
            return np.asarray(X)
        X = validate_data(self, X, dtype="numeric", reset=False)
        image_shape = resolve_image_shape(self.image_shape, X.shape[1])
        if self.image_shape is None and X.shape[0] == X.shape[1] > 1 and image_shape[0] > 1:
            warn(
                f"X of shape {X.shape} is read as {len(X)} images of {format_shape(image_shape)} "
                "pixels; pass [X] if it is a single image"
            )
        return X.reshape(-1, *image_shape)

    @property
    def _n_features_out(self):
        return SIDE * SIDE

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        tags.input_tags.three_d_array = True
        return tags


def _warn_of_blank(images, blank):
    is_one = len(blank) == 1
    are_blank = f"{'is' if is_one else 'are'} blank {_format_indices(blank)}"
    message = (
        f"{len(blank)} of {len(images)} images in X {are_blank}; {'its' if is_one else 'their'} "
        "pixels are set to 0"
    )
    if any(_is_dim_uint8(images[number]) for number in blank):
        message += (
            "; uint8 pixels are read on a scale from 0 to 255; only other types may have a scale "
            "from 0 to 1 or from 0 to 16"
        )
    warn(message)


def _warn_of_several_digits(images, several):
    show = "shows" if len(several) == 1 else "show"
    message = (
        f"{len(several)} of {len(images)} images in X {show} several digits "
        f"{_format_indices(several)}; they are scaled as one shape: crop images to single digits"
    )
    warn(SeveralDigitsWarning(message, several))


def _format_indices(indices):
    listed = ", ".join(map(str, indices[:5])) + (", ..." if len(indices) > 5 else "")
    return f"({'index' if len(indices) == 1 else 'indices'} {listed})"


def _is_dim_uint8(image):
    return getattr(image, "dtype", None) == np.uint8 and 0 < image.max() <= 16


def _is_sequence_of_images(X):
    """Return whether X is a sequence of separate images rather than one array-like."""
    shape = getattr(X, "shape", ())
    one_in_color = len(shape) == 3 and shape[2] in (3, 4) and X.dtype == np.uint8
    if isinstance(X, str | Path) or hasattr(X, "getbands") or one_in_color:
        kind = f"an array of shape {shape}" if one_in_color else repr(X)
        raise ValueError(f"X must be a sequence of images; got a single one, {kind}: pass [X]")
    if len(shape) == 1:  # such as a column of paths
        are_images = np.asarray(X).dtype.kind in "OUT"
    elif isinstance(X, list | tuple):
        if not X:
            raise ValueError("X must hold at least one image; got none")
        are_images = any(_is_path_or_pillow(image) or getattr(image, "ndim", 0) > 1 for image in X)
    else:
        are_images = False
    if are_images:
        _check_elements(X)
    return are_images


def _is_path_or_pillow(image):
    """Return whether an image is a path or a Pillow image."""
    return isinstance(image, str | Path) or hasattr(image, "getbands")


def _check_elements(X):
    for number, image in enumerate(X):
        if not _is_path_or_pillow(image) and np.ndim(image) == 0:
            raise ValueError(
                f"X must be a sequence of images; element {number} is {type(image).__name__}"
            )


def _as_array(X):
    """Return one array-like as an array."""
    if hasattr(X, "shape"):
        return X
    array = np.asarray(X)
    if array.ndim == 0:
        raise ValueError(f"X must be a sequence of images; got {type(X).__name__}")
    if array.ndim == 1:
        _check_elements(X)
    return array
