"""Display of the pixels that a feature selector keeps."""

import numpy as np

from skdigits.displays._axes import COLORS, image_options, panels
from skdigits.displays._images import as_images
from skdigits.displays._parts import first_step


class SelectedPixelsDisplay:
    """The pixels that a feature selector keeps, drawn over a digit.

    Parameters
    ----------
    selected : ndarray of bool of shape (height, width)
        Mask of the selected pixels.
    image : ndarray of shape (height, width)
        The digit.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

    See Also
    --------
    PixelImportanceDisplay : The importances by which a selector chooses pixels.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.feature_selection import SelectKBest, chi2
    >>> from skdigits.displays import SelectedPixelsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> selector = SelectKBest(chi2, k=20).fit(X, y)
    >>> display = SelectedPixelsDisplay.from_estimator(selector, X[0])
    >>> int(display.selected.sum())
    20
    """

    def __init__(self, selected, image):
        self.selected = selected
        self.image = image

    @classmethod
    def from_estimator(cls, estimator, image, *, image_shape=None, ax=None, **im_kw):
        """Plot the pixels that a fitted feature selector keeps.

        Parameters
        ----------
        estimator : estimator
            A fitted feature selector; or a pipeline, search or `ReducedDigitClassifier` that begins
            with one.
        image : array-like of shape (n_pixels,), (1, n_pixels) or (height, width)
            Digit to draw the pixels over.
        image_shape : (int, int), default=None
            Height and width. None uses the shape of `image`, or assumes a square image if it is a
            row of pixels.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        display : SelectedPixelsDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the estimator does not begin with a feature selector, or the image has a different
            number of pixels.
        """
        step = first_step(estimator)
        if not hasattr(step, "get_support"):
            raise ValueError(f"estimator must begin with a feature selector; got {step!r}")
        selected = step.get_support()
        image = np.asarray(image)
        if image.size != selected.size:
            raise ValueError(f"image must have {selected.size} pixels; got {image.size}")
        if len(image) != 1:
            image = image[None]
        image = as_images(image, image_shape, "image")[0]
        return cls(selected.reshape(image.shape), image).plot(ax, **im_kw)

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
        self : SelectedPixelsDisplay
            The display, with `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the number of Axes is wrong.
        """
        from matplotlib.patches import Rectangle

        self.ax_ = panels(ax, size=(3.6, 3.6))[0, 0]
        self.figure_ = self.ax_.figure
        self.ax_.set(xticks=[], yticks=[])
        self.ax_.imshow(self.image, **image_options({"cmap": "gray_r"}, im_kw))
        for row, column in zip(*np.nonzero(self.selected), strict=True):
            corner = column - 0.5, row - 0.5
            self.ax_.add_patch(
                Rectangle(corner, 1, 1, facecolor=COLORS[4], alpha=0.5, edgecolor=COLORS[1])
            )
        title = f"{self.selected.sum()} of {self.selected.size} pixels selected"
        self.ax_.set_title(title, fontsize="medium")
        return self
