"""Display of hidden activations by predicted class."""

import numpy as np
from sklearn.utils import check_array, column_or_1d

from skdigits.displays._axes import COLORS, panels
from skdigits.displays._parts import final_network, input_of_network


class ActivationDisplay:
    """Activations of hidden units by predicted class: of one unit box plots, of two a scatter.

    Each class has its box also if it is never predicted: then that is empty. In a scatter, each
    class has a colour, and its label where the middle of its samples is.

    Parameters
    ----------
    activations : ndarray of shape (n_samples, 1) or (n_samples, 2)
        What is drawn.
    y_pred : ndarray of shape (n_samples,)
        Predicted labels.
    classes : array-like of shape (n_classes,)
        All labels.
    names : sequence of str
        Names of the columns of `activations`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the Axes.

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
        """Draw what a hidden layer of a fitted network makes of samples.

        Parameters
        ----------
        estimator : estimator
            A fitted digit network, or one in a pipeline, a search or a `ReducedDigitClassifier`.
        X : array-like of shape (n_samples, n_features)
            Samples.
        layer : int, default=-1
            Position of the hidden layer, from 0; negative ones count from the last. A filter of a
            convolution counts as a unit, and its mean over the image as its activation.
        units : int or pair of int, default=None
            The units to draw. None takes all; more than two of them are projected.
        projector : transformer, default=None
            What makes two numbers of more than two units, such as ``TSNE()``. None is
            ``PCA(2, random_state=0)``.
        ax : matplotlib Axes, default=None
            Where to draw. None creates a figure.
        colors : sequence of colors, default=None
            One for each class of a scatter. None takes ten that can be told apart, in turn.
        **kwargs : dict
            Passed to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        display : ActivationDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is not matplotlib Axes.
        ValueError
            If there is no such layer or unit, the estimator has no hidden layers, or `projector`
            or `colors` cannot be used.
        """
        network = final_network(estimator)
        if not hasattr(network, "activations"):
            raise ValueError(
                f"estimator must be a digit network, with activations; got {network!r}"
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
        """Draw activations that were computed before.

        Parameters
        ----------
        y_pred : array-like of shape (n_samples,)
            Predicted labels.
        activations : array-like of shape (n_samples, n_units)
            Activations of a layer.
        classes : array-like of shape (n_classes,), default=None
            All labels; None takes those that are predicted.
        units : int or pair of int, default=None
            The units to draw. None takes all; more than two of them are projected.
        projector : transformer, default=None
            What makes two numbers of more than two units. None is ``PCA(2, random_state=0)``.
        ax : matplotlib Axes, default=None
            Where to draw. None creates a figure.
        colors : sequence of colors, default=None
            One for each class of a scatter. None takes ten that can be told apart, in turn.
        **kwargs : dict
            Passed to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        display : ActivationDisplay
            The display.

        Raises
        ------
        TypeError, ValueError
            As `from_estimator`; and if `activations` do not belong to `y_pred`, or `classes` are
            not all that are predicted.
        """
        y_pred = column_or_1d(y_pred, input_name="y_pred")
        activations = check_array(activations, input_name="activations")
        if len(activations) != len(y_pred):
            raise ValueError(
                f"activations must have shape ({len(y_pred)}, n_units), a row for each of y_pred; "
                f"got {activations.shape}"
            )
        predicted = np.unique(y_pred)
        classes = predicted if classes is None else column_or_1d(classes, input_name="classes")
        if len(set(classes)) < len(classes) or not set(predicted) <= set(classes):
            raise ValueError(
                f"classes must be different, and all that are predicted, {predicted.tolist()}; got "
                f"{classes.tolist()}"
            )
        if units is not None and projector is not None:
            raise ValueError(
                "units are drawn as they are, others are projected: leave out units or projector; "
                f"got units={units!r} and projector={projector!r}"
            )
        n_units = activations.shape[1]
        if units is not None:
            chosen = _chosen_units(units, n_units)
            activations = activations[:, chosen]
            names = [f"activation of unit {unit}" for unit in chosen]
        elif n_units > 2 or projector is not None:
            activations, names = _projected(activations, projector)
        else:
            names = [f"activation of unit {unit}" for unit in range(n_units)]
        display = cls(activations, y_pred, classes=classes, names=names)
        return display.plot(ax, colors=colors, **kwargs)

    def plot(self, ax=None, *, colors=None, **kwargs):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None creates a figure.
        colors : sequence of colors, default=None
            One for each class of a scatter. None takes ten that can be told apart, in turn.
        **kwargs : dict
            Passed to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        self : ActivationDisplay
            With `ax_` and `figure_`.

        Raises
        ------
        TypeError
            If `ax` is not matplotlib Axes.
        ValueError
            If `colors` are not as many as there are classes, or the number of Axes cannot be used.
        """
        one = self.activations.shape[1] == 1
        if colors is not None and (one or len(colors) != len(self.classes)):
            raise ValueError(
                f"colors must be {len(self.classes)} for a scatter, one for each class; got "
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
        one_for_all = bool({"c", "color"} & set(kwargs))
        size = float(np.clip(20_000 / len(self.y_pred), 1, 20))
        for colour, label in zip(colors, self.classes, strict=True):
            points = self.activations[self.y_pred == label]
            if not len(points):
                continue
            options = {"s": size, "alpha": 0.5, "linewidths": 0, "rasterized": True}
            if not one_for_all:
                options["color"] = colour
            self.ax_.scatter(points[:, 0], points[:, 1], **options | kwargs)
            # A label on its cloud can be read without colours.
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
        if one_for_all:
            return
        dot = {"linestyle": "", "marker": "o", "markersize": 5}
        named = zip(colors, self.classes, strict=True)
        handles = [Line2D([], [], color=colour, label=str(name), **dot) for colour, name in named]
        place = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "fontsize": "small"}
        self.ax_.legend(handles=handles, title="predicted", frameon=False, **place)


def _chosen_units(units, n_units):
    chosen = np.ravel(np.asarray(units)).tolist()
    in_range = all(type(unit) is int and 0 <= unit < n_units for unit in chosen)
    if not in_range or len(set(chosen)) < len(chosen) or len(chosen) not in (1, 2):
        raise ValueError(
            f"units must be one or two positions of the {n_units} units, from 0; got {units!r}"
        )
    return chosen


def _projected(activations, projector):
    if projector is None:
        from sklearn.decomposition import PCA

        projector = PCA(2, random_state=0)
    if isinstance(projector, type) or not hasattr(projector, "fit_transform"):
        raise ValueError(f"projector must be a transformer, such as TSNE(); got {projector!r}")
    projected = np.asarray(projector.fit_transform(activations))
    if projected.shape != (len(activations), 2):
        raise ValueError(
            f"projector must make two numbers of {activations.shape[1]} activations; "
            f"{projector!r} made an array of shape {projected.shape}"
        )
    name = type(projector).__name__
    return projected, [f"{name} of {activations.shape[1]} activations, {i}" for i in (1, 2)]
