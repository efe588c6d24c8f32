"""Display of the digits of two classes by true and predicted class."""

from numbers import Integral

import numpy as np
from sklearn.metrics import confusion_matrix
from sklearn.utils import check_scalar

from skdigits.displays._axes import image_options, panels
from skdigits.displays._images import as_images
from skdigits.displays._labels import as_labels
from skdigits.displays._parts import image_shape_of


class ConfusedDigitsDisplay:
    """Digits of two classes in four panels: rows are true classes, columns predicted ones.

    Parameters
    ----------
    images : sequence of sequences of ndarray of shape (n_images, height, width)
        ``images[i][j]`` are images of class i that are predicted as class j.
    classes : pair of labels
        The two classes.
    counts : ndarray of shape (2, 2)
        Number of samples by true and predicted class.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes, of shape (2, 2)
        The panels.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.displays import ConfusedDigitsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = DenseDigitClassifier(16, epochs=3, random_state=0).fit(X, y)
    >>> display = ConfusedDigitsDisplay.from_estimator(classifier, X, y, classes=(3, 5))
    >>> display.counts.shape
    (2, 2)
    """

    def __init__(self, images, *, classes, counts):
        self.images = images
        self.classes = classes
        self.counts = counts

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, classes=None, n_images=25, image_shape=None, ax=None, **im_kw
    ):
        """Plot digits by the predictions of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier.
        X : array-like of shape (n_samples, n_pixels) or (n_samples, height, width)
            Images, in a form that the estimator accepts.
        y : array-like of shape (n_samples,)
            True labels.
        classes : pair of labels, default=None
            The two classes. None selects the pair that is confused most often.
        n_images : int, default=25
            Maximum number of images per panel; the first ones in X are drawn.
        image_shape : (int, int), default=None
            Height and width of the images if X holds rows of pixels. None uses the shape of the
            images that a convolutional network was fitted on, or else assumes square images.
        ax : matplotlib Axes or array-like of 4 Axes, default=None
            One Axes per panel, or one to divide into panels. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        display : ConfusedDigitsDisplay
            The display.

        Raises
        ------
        TypeError
            If `n_images` is not an integer, or `ax` is neither a matplotlib Axes nor an array of
            them.
        ValueError
            If X does not hold images of that shape, `classes` are not two of the labels, or
            `n_images` or the number of Axes is invalid.
        """
        if image_shape is None:
            image_shape = image_shape_of(estimator, X)
        return cls.from_predictions(
            X,
            y,
            estimator.predict(X),
            classes=classes,
            n_images=n_images,
            image_shape=image_shape,
            ax=ax,
            **im_kw,
        )

    @classmethod
    def from_predictions(
        cls, X, y_true, y_pred, *, classes=None, n_images=25, image_shape=None, ax=None, **im_kw
    ):
        """Plot digits by true and predicted class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels) or (n_samples, height, width)
            Images.
        y_true, y_pred : array-like of shape (n_samples,)
            True and predicted labels.
        classes : pair of labels, default=None
            The two classes. None selects the pair that is confused most often.
        n_images : int, default=25
            Maximum number of images per panel; the first ones in X are drawn.
        image_shape : (int, int), default=None
            Height and width of the images if X holds rows of pixels. None assumes square images.
        ax : matplotlib Axes or array-like of 4 Axes, default=None
            One Axes per panel, or one to divide into panels. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        display : ConfusedDigitsDisplay
            The display.

        Raises
        ------
        TypeError, ValueError
            As for `from_estimator`.
        """
        images = as_images(X, image_shape)
        y_true, y_pred, labels = as_labels(y_true, y_pred, images)
        check_scalar(n_images, "n_images", Integral, min_val=1)
        pair = _pair(classes, labels, y_true, y_pred)
        rows = [[np.flatnonzero((y_true == a) & (y_pred == b)) for b in pair] for a in pair]
        return cls(
            [[images[some[:n_images]] for some in row] for row in rows],
            classes=pair,
            counts=np.array([[len(some) for some in row] for row in rows]),
        ).plot(ax, **im_kw)

    def plot(self, ax=None, **im_kw):
        """Plot the visualization.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of 4 Axes, default=None
            One Axes per panel, or one to divide into panels. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        self : ConfusedDigitsDisplay
            The display, with `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is neither a matplotlib Axes nor an array of them.
        ValueError
            If the number of Axes is wrong.
        """
        self.ax_ = panels(ax, 2, 2, size=(6.4, 6.6))
        self.figure_ = self.ax_[0, 0].figure
        n_columns = int(np.ceil(np.sqrt(max(len(some) for row in self.images for some in row))))
        drawn = [some for row in self.images for some in row if len(some)]
        limits = {
            "vmin": min([0, *(some.min() for some in drawn)]),
            "vmax": max([some.max() for some in drawn], default=1),
        }
        options = image_options({"cmap": "gray_r"} | limits, im_kw)
        for row, true in enumerate(self.classes):
            for column, predicted in enumerate(self.classes):
                axes = self.ax_[row, column]
                axes.set(xticks=[], yticks=[])
                axes.set_title(
                    f"{true} predicted as {predicted} ({self.counts[row, column]:,})",
                    fontsize="medium",
                )
                images = self.images[row][column]
                if len(images):
                    axes.imshow(_mosaic(images, n_columns, limits["vmin"]), **options)
                else:
                    axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center")
                    axes.set_aspect("equal", adjustable="box")
        return self


def _pair(classes, labels, y_true, y_pred):
    if classes is None:
        if len(labels) < 2:
            raise ValueError(f"y must have at least two classes; got {labels.tolist()}")
        counts = confusion_matrix(y_true, y_pred, labels=labels)
        above = np.triu_indices(len(labels), 1)
        most = (counts + counts.T)[above].argmax()
        return tuple(labels[[indices[most] for indices in above]].tolist())
    pair = np.ravel(np.asarray(classes)).tolist()
    if len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(labels.tolist()):
        raise ValueError(f"classes must be two of the labels {labels.tolist()}; got {classes!r}")
    return tuple(pair)


def _mosaic(images, n_columns, background):
    """Arrange images in a square of n_columns x n_columns tiles, a pixel apart."""
    n_images, height, width = images.shape
    tiles = np.full((n_columns**2, height + 1, width + 1), background, images.dtype)
    tiles[:n_images, :-1, :-1] = images
    tiles = tiles.reshape(n_columns, n_columns, height + 1, width + 1).swapaxes(1, 2)
    return tiles.reshape(n_columns * (height + 1), n_columns * (width + 1))[:-1, :-1]
