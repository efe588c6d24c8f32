"""Display of hidden activations by predicted class."""

import numpy as np
from sklearn.utils import check_array, column_or_1d

from skdigits.displays._axes import COLORS, panels
from skdigits.displays._parts import final_network, input_of_network


class ActivationDisplay:
    """Activations of hidden units by predicted class: box plots of one unit, a scatter of two.

    A class that is never predicted has an empty box. In a scatter, each class has a color and is
    labeled at the median of its samples.

    Parameters
    ----------
    activations : ndarray of shape (n_samples, 1) or (n_samples, 2)
        Activations to draw.
    y_pred : ndarray of shape (n_samples,)
        Predicted labels.
    classes : array-like of shape (n_classes,)
        Labels of all classes.
    names : sequence of str
        Names of the columns of `activations`.

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
    >>> from skdigits.displays import ActivationDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = DenseDigitClassifier((32, 2), epochs=5, random_state=0).fit(X, y)
    >>> display = ActivationDisplay.from_estimator(classifier, X)
    >>> display.ax_.get_xlabel(), display.ax_.get_ylabel()
    ('activation of unit 0', 'activation of unit 1')
    """

    def __init__(self, activations, y_pred, *, classes, names):
        self.activations = activations
        self.y_pred = y_pred
        self.classes = classes
        self.names = names

    @classmethod
    def from_estimator(
        cls, estimator, X, *, layer=-1, units=None, projector=None, ax=None, colors=None, **kwargs
    ):
        """Plot the activations of a hidden layer of a fitted network.

        Parameters
        ----------
        estimator : estimator
            A fitted digit network, or one in a pipeline, a search or a `ReducedDigitClassifier`.
        X : array-like of shape (n_samples, n_features)
            Samples.
        layer : int, default=-1
            Index of the hidden layer, from 0; negative indices count from the last layer. The
            units of a convolution are its filters, averaged over the image.
        units : int or pair of int, default=None
            Indices of the units to draw. None draws all units; more than two are projected.
        projector : transformer, default=None
            Projects more than two units to two dimensions, such as ``TSNE()``. None uses
            ``PCA(2, random_state=0)``.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        colors : sequence of colors, default=None
            Color of each class in a scatter. None cycles through ten distinguishable colors.
        **kwargs : dict
            Passed to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        display : ActivationDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the estimator has no hidden layers, if there is no such layer or unit, or if
            `projector` or `colors` is invalid.
        """
        network = final_network(estimator)
        if not hasattr(network, "activations"):
            raise ValueError(
                f"estimator must be a digit network, which has activations; got {network!r}"
            )
        activations = network.activations(input_of_network(estimator, X), layer)
        if activations.ndim > 2:
            activations = activations.mean(axis=(1, 2))
        return cls.from_predictions(
            estimator.predict(X),
            activations,
            classes=estimator.classes_,
            units=units,
            projector=projector,
            ax=ax,
            colors=colors,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_pred,
        activations,
        *,
        classes=None,
        units=None,
        projector=None,
        ax=None,
        colors=None,
        **kwargs,
    ):
        """Plot precomputed activations.

        Parameters
        ----------
        y_pred : array-like of shape (n_samples,)
            Predicted labels.
        activations : array-like of shape (n_samples, n_units)
            Activations of a layer.
        classes : array-like of shape (n_classes,), default=None
            Labels of all classes. None uses the predicted labels.
        units : int or pair of int, default=None
            Indices of the units to draw. None draws all units; more than two are projected.
        projector : transformer, default=None
            Projects more than two units to two dimensions. None uses ``PCA(2, random_state=0)``.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        colors : sequence of colors, default=None
            Color of each class in a scatter. None cycles through ten distinguishable colors.
        **kwargs : dict
            Passed to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        display : ActivationDisplay
            The display.

        Raises
        ------
        TypeError, ValueError
            As for `from_estimator`; or if `activations` and `y_pred` differ in length, or
            `classes` lacks a predicted label.
        """
        y_pred = column_or_1d(y_pred, input_name="y_pred")
        activations = check_array(activations, input_name="activations")
        if len(activations) != len(y_pred):
            raise ValueError(
                f"activations must have shape ({len(y_pred)}, n_units), one row per prediction; "
                f"got {activations.shape}"
            )
        predicted = np.unique(y_pred)
        classes = predicted if classes is None else column_or_1d(classes, input_name="classes")
        if len(set(classes)) < len(classes) or not set(predicted) <= set(classes):
            raise ValueError(
                "classes must be unique and include all predicted labels, "
                f"{predicted.tolist()}; got {classes.tolist()}"
            )
        if units is not None and projector is not None:
            raise ValueError(
                "projector must be None if units are passed, which are drawn without projection; "
                f"got units={units!r} and projector={projector!r}"
            )
        n_units = activations.shape[1]
        if units is not None:
            indices = _check_units(units, n_units)
            activations = activations[:, indices]
            names = [f"activation of unit {unit}" for unit in indices]
        elif n_units > 2 or projector is not None:
            activations, names = _project(activations, projector)
        else:
            names = [f"activation of unit {unit}" for unit in range(n_units)]
        display = cls(activations, y_pred, classes=classes, names=names)
        return display.plot(ax, colors=colors, **kwargs)

    def plot(self, ax=None, *, colors=None, **kwargs):
        """Plot the visualization.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        colors : sequence of colors, default=None
            Color of each class in a scatter. None cycles through ten distinguishable colors.
        **kwargs : dict
            Passed to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        self : ActivationDisplay
            The display, with `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If there is not one color per class, or the number of Axes is wrong.
        """
        one = self.activations.shape[1] == 1
        if colors is not None and (one or len(colors) != len(self.classes)):
            raise ValueError(
                f"colors must hold {len(self.classes)} colors for a scatter, one per class; got "
                f"{colors!r} for {'boxes' if one else 'a scatter'}"
            )
        self.ax_ = panels(ax, size=(5.6, 3.6) if one else (6, 5))[0, 0]
        self.figure_ = self.ax_.figure
        if one:
            self._boxes(kwargs)
        else:
            self._scatter(colors, kwargs)
        self.ax_.spines[["top", "right"]].set_visible(False)
        return self

    def _boxes(self, kwargs):
        of_class = [self.activations[self.y_pred == label, 0] for label in self.classes]
        options = {
            "tick_labels": self.classes,
            "patch_artist": True,
            "medianprops": {"color": COLORS[0], "linewidth": 2},
            "flierprops": {"marker": ".", "markersize": 2, "alpha": 0.3, "rasterized": True},
        }
        if kwargs.get("patch_artist", True):
            options["boxprops"] = {"facecolor": "0.9"}
        self.ax_.boxplot(of_class, **options | kwargs)
        texts = ["predicted class", self.names[0]]
        upright = kwargs.get("orientation", "vertical") == "vertical"
        xlabel, ylabel = texts if upright else texts[::-1]
        self.ax_.set(xlabel=xlabel, ylabel=ylabel)
        if upright and sum(len(str(label)) for label in self.classes) > 40:
            self.ax_.tick_params(axis="x", rotation=90)
        self.ax_.grid(axis="y" if upright else "x", alpha=0.3)

    def _scatter(self, colors, kwargs):
        import matplotlib as mpl
        from matplotlib.lines import Line2D
        from matplotlib.patheffects import withStroke

        if colors is None:
            ten = mpl.color_sequences["petroff10"]
            colors = [ten[number % len(ten)] for number in range(len(self.classes))]
        has_one_color = bool({"c", "color"} & set(kwargs))
        size = float(np.clip(20_000 / len(self.y_pred), 1, 20))
        for color, label in zip(colors, self.classes, strict=True):
            points = self.activations[self.y_pred == label]
            if not len(points):
                continue
            options = {"s": size, "alpha": 0.5, "linewidths": 0, "rasterized": True}
            if not has_one_color:
                options["color"] = color
            self.ax_.scatter(points[:, 0], points[:, 1], **options | kwargs)
            # Labels at the samples make the classes readable without colors.
            self.ax_.annotate(
                str(label),
                np.median(points, axis=0),
                ha="center",
                va="center",
                fontsize="large",
                weight="bold",
                color="black",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )
        self.ax_.set(xlabel=self.names[0], ylabel=self.names[1])
        if has_one_color:
            return
        dot = {"linestyle": "", "marker": "o", "markersize": 5}
        named = zip(colors, self.classes, strict=True)
        handles = [Line2D([], [], color=color, label=str(name), **dot) for color, name in named]
        place = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "fontsize": "small"}
        self.ax_.legend(handles=handles, title="predicted", frameon=False, **place)


def _check_units(units, n_units):
    indices = np.ravel(np.asarray(units)).tolist()
    in_range = all(type(unit) is int and 0 <= unit < n_units for unit in indices)
    if not in_range or len(set(indices)) < len(indices) or len(indices) not in (1, 2):
        raise ValueError(f"units must be one or two indices from 0 to {n_units - 1}; got {units!r}")
    return indices


def _project(activations, projector):
    if projector is None:
        from sklearn.decomposition import PCA

        projector = PCA(2, random_state=0)
    if isinstance(projector, type) or not hasattr(projector, "fit_transform"):
        raise ValueError(f"projector must be a transformer, such as TSNE(); got {projector!r}")
    projected = np.asarray(projector.fit_transform(activations))
    if projected.shape != (len(activations), 2):
        raise ValueError(
            f"projector must project {activations.shape[1]} activations to two dimensions; "
            f"{projector!r} returned an array of shape {projected.shape}"
        )
    name = type(projector).__name__
    n_units = activations.shape[1]
    return projected, [f"{name} of {n_units} activations, dimension {i}" for i in (1, 2)]
