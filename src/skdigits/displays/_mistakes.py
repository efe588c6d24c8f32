"""Display of the most confident mistakes of a classifier."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from skdigits.displays._axes import image_options, panels
from skdigits.displays._images import as_images
from skdigits.displays._labels import as_labels, check_probabilities
from skdigits.displays._parts import image_shape_of


class MistakesDisplay:
    """The most confident mistakes, with true class, predicted class and probability.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        Misclassified images, by decreasing confidence.
    y_true, y_pred : ndarray of shape (n_images,)
        True and predicted labels.
    probabilities : ndarray of shape (n_images,)
        Probabilities of the predicted labels.
    indices : ndarray of shape (n_images,)
        Indices of the images in X.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.displays import MistakesDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = DenseDigitClassifier(16, epochs=3, random_state=0).fit(X, y)
    >>> display = MistakesDisplay.from_estimator(classifier, X, y, n_images=6)
    >>> bool((display.y_true != display.y_pred).all())
    True
    """

    def __init__(self, images, *, y_true, y_pred, probabilities, indices):
        self.images = images
        self.y_true = y_true
        self.y_pred = y_pred
        self.probabilities = probabilities
        self.indices = indices

    @classmethod
    def from_estimator(cls, estimator, X, y, *, n_images=20, image_shape=None, ax=None, **im_kw):
        """Plot the mistakes of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier with ``predict_proba``.
        X : array-like of shape (n_samples, n_pixels) or (n_samples, height, width)
            Images, in a form that the estimator accepts.
        y : array-like of shape (n_samples,)
            True labels.
        n_images : int, default=20
            Maximum number of images to draw.
        image_shape : (int, int), default=None
            Height and width of the images if X holds rows of pixels. None uses the shape of the
            images that a convolutional network was fitted on, or else assumes square images.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        display : MistakesDisplay
            The display.

        Raises
        ------
        TypeError
            If `n_images` is not an integer, or `ax` is not a matplotlib Axes.
        ValueError
            If X does not hold images of that shape, labels are of mixed types, or `n_images` is
            less than 1.
        """
        if image_shape is None:
            image_shape = image_shape_of(estimator, X)
        return cls.from_predictions(
            X,
            y,
            estimator.predict_proba(X),
            classes=estimator.classes_,
            n_images=n_images,
            image_shape=image_shape,
            ax=ax,
            **im_kw,
        )

    @classmethod
    def from_predictions(
        cls, X, y_true, y_proba, *, classes, n_images=20, image_shape=None, ax=None, **im_kw
    ):
        """Plot the mistakes among given predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels) or (n_samples, height, width)
            Images.
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba : array-like of shape (n_samples, n_classes)
            Predicted probabilities.
        classes : array-like of shape (n_classes,)
            Label of each column of `y_proba`.
        n_images : int, default=20
            Maximum number of images to draw.
        image_shape : (int, int), default=None
            Height and width of the images if X holds rows of pixels. None assumes square images.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        display : MistakesDisplay
            The display.

        Raises
        ------
        TypeError, ValueError
            As for `from_estimator`; or if `y_proba` does not hold probabilities of `classes`.
        """
        images = as_images(X, image_shape)
        classes = np.asarray(classes)
        y_proba = check_probabilities(y_proba, classes)
        check_scalar(n_images, "n_images", Integral, min_val=1)
        confidence = y_proba.max(axis=1)
        y_true, y_pred, _ = as_labels(y_true, classes[y_proba.argmax(axis=1)], images)
        wrong = np.flatnonzero(y_pred != y_true)
        most_confident = wrong[np.argsort(-confidence[wrong], kind="stable")][:n_images]
        return cls(
            images[most_confident],
            y_true=y_true[most_confident],
            y_pred=y_pred[most_confident],
            probabilities=confidence[most_confident],
            indices=most_confident,
        ).plot(ax, **im_kw)

    def plot(self, ax=None, **im_kw):
        """Plot the visualization.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        self : MistakesDisplay
            The display, with `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the number of Axes is wrong.
        """
        n_images, height, width = self.images.shape
        n_columns = min(5, n_images) or 1
        n_rows = -(-n_images // n_columns) or 1
        self.ax_ = panels(ax, size=(max(3, 1.25 * n_columns), 1.4 * n_rows))[0, 0]
        self.figure_ = self.ax_.figure
        self.ax_.set_axis_off()
        if not n_images:
            self.ax_.text(0.5, 0.5, "no mistakes", ha="center", transform=self.ax_.transAxes)
            return self
        across, down = 1.15 * width, 1.3 * height
        limits = {"vmin": min(0, self.images.min()), "vmax": self.images.max()}
        options = image_options({"cmap": "gray_r"} | limits, im_kw)
        captions, fontsize = self._captions("{} read as {}, {:.0f}%", n_columns)
        if fontsize < 6:  # too small to read
            captions, fontsize = self._captions("{}→{} {:.0f}%", n_columns)
        for number, (image, caption) in enumerate(zip(self.images, captions, strict=True)):
            left, bottom = across * (number % n_columns), -down * (number // n_columns)
            place = (left, left + width, bottom, bottom + height)
            self.ax_.imshow(image, **{"extent": place} | options)
            middle = left + width / 2, bottom + 1.02 * height
            self.ax_.text(*middle, caption, ha="center", va="bottom", fontsize=fontsize)
        self.ax_.set(xlim=(0, across * n_columns), ylim=(down * (1 - n_rows), 1.2 * height))
        return self

    def _captions(self, template, n_columns):
        """Return the captions, and a font size that keeps them from overlapping."""
        mistakes = zip(self.y_true, self.y_pred, 100 * self.probabilities, strict=True)
        captions = [template.format(*mistake) for mistake in mistakes]
        inches = self.ax_.get_window_extent().width / self.figure_.dpi / n_columns
        return captions, min(max(72 * inches / (0.6 * max(map(len, captions))), 4), 9)
