"""Display of pixel importances."""

import numpy as np

from skdigits.displays._axes import image_options, panels
from skdigits.displays._images import as_images
from skdigits.displays._importances import pixel_importances
from skdigits.displays._parts import first_step


class PixelImportanceDisplay:
    """Heat map of the importances, components or weights of pixels.

    If there are negative values, the color map is diverging, with white at zero. Weights show the
    pattern that a unit responds to rather than the importance of pixels: weights of constant pixels
    keep their random initial values.

    Parameters
    ----------
    importances : ndarray of shape (height, width)
        Importance of each pixel.
    label : str
        Name of the quantity.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

    See Also
    --------
    SelectedPixelsDisplay : The pixels that a feature selector keeps.

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

    def __init__(self, importances, *, label):
        self.importances = importances
        self.label = label

    @classmethod
    def from_estimator(cls, estimator, *, component=None, image_shape=None, ax=None, **im_kw):
        """Plot the pixel importances of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted forest (its importances), feature selector (importances of its model, or its
            scores), PCA (a component), dense network or linear model (weights of its first layer);
            or a pipeline, search or `ReducedDigitClassifier` that begins with one of these.
        component : int, default=None
            Component of PCA, or unit of the first layer. None means component 0, or the mean
            absolute weight over all units.
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
            If the estimator has no importances or no such component.
        """
        values, label = pixel_importances(first_step(estimator), component)
        importances = as_images(values[None], image_shape, "estimator")[0]
        return cls(importances, label=label).plot(ax, **im_kw)

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
            The display, with `ax_` and `figure_` set.

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
        largest = np.abs(self.importances).max()
        is_signed = self.importances.min() < 0
        options = {"cmap": "PuOr", "vmin": -largest} if is_signed else {"cmap": "magma"}
        options = image_options(options | {"vmax": largest}, im_kw)
        heat_map = self.ax_.imshow(self.importances, **options)
        beside = self.ax_.inset_axes((1.03, 0, 0.05, 1))  # as tall as the image
        self.figure_.colorbar(heat_map, cax=beside, label=self.label)
        return self
