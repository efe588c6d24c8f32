"""What hidden units make of each digit."""

from numbers import Integral

import numpy as np

from skdigits.displays._axes import panels
from skdigits.displays._parts import input_of_network, unwrapped


class ActivationDisplay:
    """Activations of hidden units by predicted class: of one unit box plots, of two a scatter.

    Each class has its box also if it is never predicted: then that is empty.

    Parameters
    ----------
    activations : ndarray of shape (n_samples, 1) or (n_samples, 2)
        What is drawn.
    y_pred : ndarray of shape (n_samples,)
        Predicted labels.
    classes : array-like of shape (n_classes,)
        All labels.
    names : sequence of str
        What the columns of `activations` are called.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        What they are part of.

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
        cls, estimator, X, *, layer=-1, units=None, projector=None, ax=None, **kwargs
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
            Where to draw. None makes a figure.
        **kwargs : dict
            Passed on to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        display : ActivationDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If there is no such layer or unit, or the estimator has no hidden layers.
        """
        network = unwrapped(estimator)
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
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls, y_pred, activations, *, classes=None, units=None, projector=None, ax=None, **kwargs
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
            Where to draw. None makes a figure.
        **kwargs : dict
            Passed on to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        display : ActivationDisplay
            What was drawn.
        """
        y_pred, activations = np.asarray(y_pred), np.asarray(activations)
        if activations.ndim != 2 or len(activations) != len(y_pred):
            raise ValueError(
                f"activations must have shape ({len(y_pred)}, n_units), a row for each of y_pred; "
                f"got {activations.shape}"
            )
        if units is not None and projector is not None:
            raise ValueError("units are drawn as they are; leave out units or projector")
        n_units = activations.shape[1]
        if units is not None:
            chosen = _chosen_units(units, n_units)
            activations = activations[:, chosen]
            names = [f"activation of unit {unit}" for unit in chosen]
        elif n_units > 2 or projector is not None:
            activations, names = _projected(activations, projector)
        else:
            names = [f"activation of unit {unit}" for unit in range(n_units)]
        classes = np.unique(y_pred) if classes is None else np.asarray(classes)
        return cls(activations, y_pred, classes=classes, names=names).plot(ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.
        **kwargs : dict
            Passed on to ``Axes.boxplot`` or ``Axes.scatter``.

        Returns
        -------
        self : ActivationDisplay
            With `ax_` and `figure_`.
        """
        one = self.activations.shape[1] == 1
        self.ax_ = panels(ax, size=(5.6, 3.6) if one else (5.6, 5))[0, 0]
        self.figure_ = self.ax_.figure
        (self._boxes if one else self._scatter)(kwargs)
        self.ax_.spines[["top", "right"]].set_visible(False)
        return self

    def _boxes(self, kwargs):
        of_class = [self.activations[self.y_pred == label, 0] for label in self.classes]
        options = {
            "tick_labels": self.classes,
            "patch_artist": True,
            "boxprops": {"facecolor": "0.9"},
            "medianprops": {"color": "black", "linewidth": 2},
            "flierprops": {"marker": ".", "markersize": 2, "alpha": 0.3, "rasterized": True},
        }
        self.ax_.boxplot(of_class, **options | kwargs)
        self.ax_.set(xlabel="predicted class", ylabel=self.names[0])
        self.ax_.grid(axis="y", alpha=0.3)

    def _scatter(self, kwargs):
        import matplotlib as mpl
        from matplotlib.patheffects import withStroke

        colours = mpl.color_sequences["petroff10"]
        size = float(np.clip(20_000 / len(self.y_pred), 1, 20))
        for number, label in enumerate(self.classes):
            points = self.activations[self.y_pred == label]
            if not len(points):
                continue
            options = {"s": size, "alpha": 0.5, "linewidths": 0, "rasterized": True}
            options["color"] = colours[number % len(colours)]
            self.ax_.scatter(points[:, 0], points[:, 1], **options | kwargs)
            # A number on its cloud can be read without colours.
            self.ax_.annotate(
                str(label),
                np.median(points, axis=0),
                ha="center",
                va="center",
                fontsize="x-large",
                weight="bold",
                color=colours[number % len(colours)],
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )
        self.ax_.set(xlabel=self.names[0], ylabel=self.names[1])


def _chosen_units(units, n_units):
    chosen = [units] if isinstance(units, Integral) else list(units)
    in_range = all(isinstance(unit, Integral) and 0 <= unit < n_units for unit in chosen)
    if not (in_range and len(chosen) in (1, 2)):
        raise ValueError(
            f"units must be one or two positions of the {n_units} units, from 0; got {units!r}"
        )
    return chosen


def _projected(activations, projector):
    if projector is None:
        from sklearn.decomposition import PCA

        projector = PCA(2, random_state=0)
    projected = np.asarray(projector.fit_transform(activations))
    if projected.shape != (len(activations), 2):
        raise ValueError(
            f"projector must make two numbers of {activations.shape[1]} activations; "
            f"{projector!r} made an array of shape {projected.shape}"
        )
    name = type(projector).__name__
    return projected, [f"{name} of {activations.shape[1]} activations, {i}" for i in (1, 2)]
