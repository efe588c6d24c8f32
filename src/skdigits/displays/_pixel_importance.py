"""Display of pixel importances, or of the pixels that a feature selector keeps."""

import numpy as np

from skdigits.displays._axes import COLORS, image_options, panels
from skdigits.displays._images import as_images
from skdigits.displays._importances import pixel_importances
from skdigits.displays._parts import first_step


class PixelImportanceDisplay:
    """Heat map of pixel importances, or the selected pixels drawn over a digit.

    If there are negative values, the colour map is diverging, with white at zero. Weights show the
    pattern that a unit responds to rather than the importance of pixels: weights of constant pixels
    keep their random initial values.

    Parameters
    ----------
    importances : ndarray of shape (height, width)
        Importance of each pixel.
    label : str
        Name of the quantity.
    selected : ndarray of bool of shape (height, width), default=None
        Mask of the pixels that a feature selector keeps.
    image : ndarray of shape (height, width), default=None
        Digit to draw the selected pixels over; None draws the importances.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skdigits.displays import PixelImportanceDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> display = PixelImportanceDisplay.from_estimator(PCA(10).fit(X), component=1)
    >>> display.label, display.importances.shape
    ('component 1', (8, 8))
    """

    def __init__(self, importances, *, label, selected=None, image=None):
        self.importances = importances
        self.label = label
        self.selected = selected
        self.image = image

    @classmethod
    def from_estimator(
        cls, estimator, *, component=None, image=None, image_shape=None, ax=None, **im_kw
    ):
        """Plot the pixel importances of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted forest (its importances), feature selector (importances of its model, or its
            scores), PCA (a component), dense network or linear model (weights of its first layer);
            or a pipeline, search or `ReducedDigitClassifier` that begins with one of these.
        component : int, default=None
            Component of PCA, by default 0; or unit of the first layer, by default the mean absolute
            weight over all units.
        image : array-like of shape (n_pixels,) or (height, width), default=None
            Digit on which to draw the pixels that a feature selector keeps.
        image_shape : (int, int), default=None
            Height and width. None assumes square images.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **im_kw : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        display : PixelImportanceDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the estimator has no importances or no such component, or if `image` is passed
            without a feature selector.
        """
        step = first_step(estimator)
        selected = step.get_support() if hasattr(step, "get_support") else None
        if image is None:
            values, label = pixel_importances(step, component)
        elif selected is None:
            raise ValueError(f"image requires a feature selector as estimator; got {step!r}")
        else:
            values, label = selected.astype(float), "selected"
        importances = as_images(values[None], image_shape, "estimator")[0]
        if selected is not None:
            selected = selected.reshape(importances.shape)
        if image is not None:
            image = np.asarray(image)
            if image.size != importances.size:
                raise ValueError(f"image must have {importances.size} pixels; got {image.size}")
            image = image.reshape(importances.shape)
        return cls(importances, label=label, selected=selected, image=image).plot(ax, **im_kw)

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
        self : PixelImportanceDisplay
            With `ax_` and `figure_`.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the number of Axes is wrong.
        """
        self.ax_ = panels(ax, size=(4.4, 3.6))[0, 0]
        self.figure_ = self.ax_.figure
        self.ax_.set(xticks=[], yticks=[])
        if self.image is None:
            self._draw_importances(im_kw)
        else:
            self._draw_selected(im_kw)
        return self

    def _draw_importances(self, im_kw):
        largest = np.abs(self.importances).max()
        is_signed = self.importances.min() < 0
        options = {"cmap": "PuOr", "vmin": -largest} if is_signed else {"cmap": "magma"}
        options = image_options(options | {"vmax": largest}, im_kw)
        heat_map = self.ax_.imshow(self.importances, **options)
        beside = self.ax_.inset_axes((1.03, 0, 0.05, 1))  # as high as the image
        self.figure_.colorbar(heat_map, cax=beside, label=self.label)

    def _draw_selected(self, im_kw):
        from matplotlib.patches import Rectangle

        self.ax_.imshow(self.image, **image_options({"cmap": "gray_r"}, im_kw))
        for row, column in zip(*np.nonzero(self.selected), strict=True):
            corner = column - 0.5, row - 0.5
            self.ax_.add_patch(
                Rectangle(corner, 1, 1, facecolor=COLORS[4], alpha=0.5, edgecolor=COLORS[1])
            )
        title = f"{self.selected.sum()} of {self.selected.size} pixels selected"
        self.ax_.set_title(title, fontsize="medium")
