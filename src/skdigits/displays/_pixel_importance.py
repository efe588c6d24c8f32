"""Which pixels count: for a forest, a PCA component or the first layer of a network."""

from numbers import Integral

import numpy as np
from scipy.sparse import issparse

from skdigits.displays._axes import colours, image_options, panels
from skdigits.displays._images import as_images
from skdigits.displays._parts import first_step


class PixelImportanceDisplay:
    """A number for each pixel as a heat map, or the pixels that were chosen, drawn over a digit.

    Numbers of both signs get a map of two colours, white at zero. Weights tell what a unit looks
    for, less so which pixels count: those of pixels without ink stay as they were drawn at random.

    Parameters
    ----------
    importances : ndarray of shape (height, width)
        A number for each pixel.
    label : str
        What they are.
    chosen : ndarray of bool of shape (height, width), default=None
        The pixels that a selector has chosen.
    image : ndarray of shape (height, width), default=None
        The digit to draw them over; without it the numbers are drawn.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        What they are part of.

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

    def __init__(self, importances, *, label, chosen=None, image=None):
        self.importances = importances
        self.label = label
        self.chosen = chosen
        self.image = image

    @classmethod
    def from_estimator(
        cls, estimator, *, component=None, image=None, image_shape=None, ax=None, **im_kw
    ):
        """Draw what a fitted estimator has learned of each pixel.

        Parameters
        ----------
        estimator : estimator
            Fitted: a forest (its importances), a selector of features (those of its model, or its
            scores), PCA (a component), a dense network or a linear model (weights of its first
            layer); or a pipeline, search or `ReducedDigitClassifier` that begins with one of these.
        component : int, default=None
            Which component of PCA, 0 by default; which unit's weights, by default the mean of the
            absolute weights of all units.
        image : array-like of shape (n_pixels,) or (height, width), default=None
            A digit to draw the pixels over that a selector has chosen.
        image_shape : (int, int), default=None
            Height and width. None takes a square.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.
        **im_kw : dict
            Passed on to ``Axes.imshow``.

        Returns
        -------
        display : PixelImportanceDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If `ax` is something else than Axes.
        ValueError
            If the estimator knows nothing of pixels, or has no such component, or `image` is given
            and it has chosen none.
        """
        step = first_step(estimator)
        if image is not None and hasattr(step, "get_support"):
            values, label = step.get_support().astype(float), "chosen"
        else:
            values, label = _importances(step, component)
        importances = as_images(values[None], image_shape, "estimator")[0]
        chosen = None
        if hasattr(step, "get_support"):
            chosen = step.get_support().reshape(importances.shape)
        if image is not None:
            if chosen is None:
                raise ValueError(f"image was given, but {step!r} has chosen no pixels")
            image = np.asarray(image)
            if image.size != importances.size:
                raise ValueError(f"image must have {importances.size} pixels; got {image.size}")
            image = image.reshape(importances.shape)
        return cls(importances, label=label, chosen=chosen, image=image).plot(ax, **im_kw)

    def plot(self, ax=None, **im_kw):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.
        **im_kw : dict
            Passed on to ``Axes.imshow``.

        Returns
        -------
        self : PixelImportanceDisplay
            With `ax_` and `figure_`.

        Raises
        ------
        TypeError
            If `ax` is something else than Axes.
        ValueError
            If the number of Axes cannot be used.
        """
        self.ax_ = panels(ax, size=(4.4, 3.6))[0, 0]
        self.figure_ = self.ax_.figure
        self.ax_.set(xticks=[], yticks=[])
        if self.image is None:
            largest = np.abs(self.importances).max()
            two_signs = self.importances.min() < 0
            options = {"cmap": "PuOr", "vmin": -largest} if two_signs else {"cmap": "magma"}
            options = image_options(options | {"vmax": largest}, im_kw)
            drawn = self.ax_.imshow(self.importances, **options)
            beside = self.ax_.inset_axes((1.03, 0, 0.05, 1))  # as high as the image
            self.figure_.colorbar(drawn, cax=beside, label=self.label)
            return self
        from matplotlib.patches import Rectangle

        self.ax_.imshow(self.image, **image_options({"cmap": "gray_r"}, im_kw))
        for row, column in zip(*np.nonzero(self.chosen), strict=True):
            corner = column - 0.5, row - 0.5
            self.ax_.add_patch(
                Rectangle(corner, 1, 1, facecolor=colours()[4], alpha=0.5, edgecolor=colours()[1])
            )
        self.ax_.set_title(
            f"{self.chosen.sum()} of {self.chosen.size} pixels are chosen", fontsize="medium"
        )
        return self


def _importances(step, component):
    """A number for each input of a fitted estimator, and what it is."""
    if not hasattr(step, "get_support"):
        return _of_model(step, component)
    # A forest has an estimator_ too, a tree that was never fitted.
    model = getattr(step, "estimator_", None)
    if model is None:
        if not hasattr(step, "scores_"):
            raise ValueError(f"estimator must have importances or scores of pixels; got {step!r}")
        if component is not None:
            raise ValueError(f"{type(step).__name__} has no components; got component={component}")
        scores = step.scores_
        highest = scores[np.isfinite(scores)].max(initial=0)
        return np.nan_to_num(scores, posinf=highest), "score"  # NaN is that of no ink at all
    values, label = _of_model(model, component)
    chosen = step.get_support()
    if len(values) == len(chosen):
        return values, label
    of_all = np.zeros(len(chosen))  # its model has seen the chosen ones only
    of_all[chosen] = values
    return of_all, label


def _of_model(model, component):
    if hasattr(model, "feature_importances_"):
        if component is not None:
            raise ValueError(f"{type(model).__name__} has no components; got component={component}")
        return model.feature_importances_, "importance"
    if hasattr(model, "components_"):
        position = 0 if component is None else component
        components = model.components_
        components = components.toarray() if issparse(components) else components
        return _one_of(components, position), f"component {position}"
    weights = model.coefs_[0].T if hasattr(model, "coefs_") else getattr(model, "coef_", None)
    if weights is None or weights.ndim != 2:
        raise ValueError(
            "estimator must begin with importances, components or weights of pixels; "
            f"{model!r} has none"
        )
    if component is None:
        return np.abs(weights).mean(axis=0), "mean absolute weight"
    return _one_of(weights, component), f"weight of unit {component}"


def _one_of(rows, component):
    is_position = isinstance(component, Integral) and not isinstance(component, bool)
    if not (is_position and 0 <= component < len(rows)):
        raise ValueError(f"component must be an int from 0 to {len(rows) - 1}; got {component!r}")
    return rows[component]
