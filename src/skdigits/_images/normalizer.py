"""Images as people have them, brought to the form of MNIST."""

import warnings
from pathlib import Path

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import validate_data

from skdigits._estimators.persistence import VersionedState, all_or_nothing
from skdigits._images.segmentation import SIDE, NoImageError, grey_values, in_mnist_form, ink_of
from skdigits._images.shapes import shape_of_rows


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
        if not _is_sequence_of_images(X):
            X = X if hasattr(X, "shape") else np.asarray(X)
            if len(X.shape) <= 2:
                with all_or_nothing(self):
                    validate_data(self, X, dtype="numeric")
        return self

    def transform(self, X):
        """Bring images to the form of MNIST.

        Parameters
        ----------
        X : sequence of images, or array-like of shape (n_samples, n_pixels), \
                (n_samples, height, width) or (n_samples, height, width, n_channels)
            A sequence may mix sizes and kinds: arrays (height, width), (height, width, 1) or
            (height, width, 3) of any real dtype, arrays (height, width, 4) of uint8, images of
            Pillow, and paths of files that Pillow can read. Colours become grey; what is
            transparent becomes white. Values count as fractions of 1, 16, 255 or 65,535, the least
            that none of the image exceeds; where some are negative or larger, they count from the
            lowest to the highest.

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
        self._validate_params()
        images = self._images(X)
        normalized = np.zeros((len(images), SIDE * SIDE), np.uint8)
        blank = []
        for number, image in enumerate(images):
            try:
                ink = ink_of(grey_values(image), self.polarity)
            except NoImageError as error:
                raise ValueError(f"image {number} of X {error}") from None
            if ink is None:
                blank.append(number)
            else:
                normalized[number] = in_mnist_form(ink).ravel()
        if blank:
            numbers = ", ".join(map(str, blank[:5])) + (", ..." if len(blank) > 5 else "")
            warnings.warn(
                f"{len(blank)} of {len(images)} images of X are blank (counted from 0: "
                f"{numbers}): no digit is in them, and all their pixels become 0",
                stacklevel=2,
            )
        return normalized

    def _images(self, X):
        """X as a sequence of images."""
        if _is_sequence_of_images(X):
            return list(X)
        if not hasattr(X, "shape"):
            X = np.asarray(X)
        if len(X.shape) > 4:
            raise ValueError(
                "X must hold rows of pixels, or images of shape (height, width) or (height, "
                f"width, n_channels); got shape {X.shape}"
            )
        if len(X.shape) > 2:
            return np.asarray(X)
        X = validate_data(self, X, dtype="numeric", reset=False)
        return X.reshape(-1, *shape_of_rows(self.image_shape, X.shape[1]))

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
    shape = getattr(X, "shape", ())
    one_in_colour = len(shape) == 3 and shape[2] in (3, 4) and X.dtype == np.uint8
    if isinstance(X, str | Path) or hasattr(X, "getbands") or one_in_colour:
        kind = f"an array of shape {shape}" if one_in_colour else repr(X)
        raise ValueError(f"X must be a sequence of images; got a single one, {kind}: give [X]")
    if len(shape) == 1:  # a column of paths, say
        return np.asarray(X).dtype.kind in "OUT"
    if not isinstance(X, list | tuple):
        return False
    if not X:
        raise ValueError("X must hold at least one image; got none")
    return any(
        isinstance(image, str | Path)
        or hasattr(image, "getbands")  # Pillow's
        or getattr(image, "ndim", 0) > 1
        for image in X
    )
