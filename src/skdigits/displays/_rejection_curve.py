"""Display of the error rate after rejecting the least confident predictions."""

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import unique_labels

from skdigits.displays._axes import COLORS, line_options, panels
from skdigits.displays._labels import check_probabilities

MARKED_THRESHOLDS = (0.5, 0.9, 0.95)


class RejectionCurveDisplay:
    """Error rate among the accepted samples, by the fraction of rejected samples.

    A prediction is rejected if its probability, the largest of ``predict_proba``, is below a
    threshold. The thresholds are the probabilities that occur, so the curve shows every
    possible choice. Dots mark the thresholds 0.5, 0.9 and 0.95. The plot ends soon after the last
    error.

    Parameters
    ----------
    rejected : ndarray of shape (n_thresholds,)
        Fraction of the samples that each threshold rejects, ascending from 0.
    errors : ndarray of shape (n_thresholds,)
        Error rate among the accepted samples.
    thresholds : ndarray of shape (n_thresholds,)
        Smallest probability that is accepted.
    name : str, default=None
        Label of the curve.

    Attributes
    ----------
    line_ : matplotlib Artist
        The curve.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

    Examples
    --------
    Three of four predictions are right. A threshold of 0.6 rejects the wrong one:

    >>> from skdigits.displays import RejectionCurveDisplay
    >>> y_proba = [[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.2, 0.8]]
    >>> display = RejectionCurveDisplay.from_predictions([0, 1, 1, 1], y_proba, classes=[0, 1])
    >>> display.thresholds
    array([0.5, 0.6, 0.8, 0.9])
    >>> display.rejected
    array([0.  , 0.25, 0.5 , 0.75])
    >>> display.errors
    array([0.25, 0.  , 0.  , 0.  ])
    """

    def __init__(self, rejected, errors, *, thresholds, name=None):
        self.rejected = rejected
        self.errors = errors
        self.thresholds = thresholds
        self.name = name

    @classmethod
    def from_estimator(cls, estimator, X, y, *, name=None, ax=None, **line_kw):
        """Plot the curve of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier with ``predict_proba``.
        X : array-like of shape (n_samples, n_features)
            Samples, in a form that the estimator accepts.
        y : array-like of shape (n_samples,)
            True labels.
        name : str, default=None
            Label of the curve; None uses the name of the estimator's class.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        display : RejectionCurveDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If X and y differ in length, or labels are of mixed types.
        """
        return cls.from_predictions(
            y,
            estimator.predict_proba(X),
            classes=estimator.classes_,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            **line_kw,
        )

    @classmethod
    def from_predictions(cls, y_true, y_proba, *, classes, name=None, ax=None, **line_kw):
        """Plot the curve of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba : array-like of shape (n_samples, n_classes)
            Predicted probabilities.
        classes : array-like of shape (n_classes,)
            Label of each column of `y_proba`.
        name : str, default=None
            Label of the curve.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        display : RejectionCurveDisplay
            The display.

        Raises
        ------
        TypeError, ValueError
            As for `from_estimator`; or if `y_proba` does not hold probabilities of `classes`.
        """
        classes = np.asarray(classes)
        y_proba = check_probabilities(y_proba, classes)
        y_true = column_or_1d(y_true, input_name="y_true")
        check_consistent_length(y_true, y_proba)
        unique_labels(y_true, classes)  # raises an error if they are of mixed types
        confidence = y_proba.max(axis=1)
        wrong = classes[y_proba.argmax(axis=1)] != y_true
        order = np.argsort(confidence)
        thresholds, n_rejected = np.unique(confidence[order], return_index=True)
        n_samples = len(y_true)
        n_wrong = np.cumsum(wrong[order][::-1])[::-1]  # among this sample and more confident ones
        errors = n_wrong[n_rejected] / (n_samples - n_rejected)
        display = cls(n_rejected / n_samples, errors, thresholds=thresholds, name=name)
        return display.plot(ax, **line_kw)

    def plot(self, ax=None, *, name=None, **line_kw):
        """Plot the visualization.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        name : str, default=None
            Label of the curve; None uses that of the display.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        self : RejectionCurveDisplay
            The display, with `line_`, `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the number of Axes is wrong.
        """
        self.ax_ = panels(ax, size=(4.8, 3.4))[0, 0]
        self.figure_ = self.ax_.figure
        name = self.name if name is None else name
        others = self.ax_.lines[:]
        color = COLORS[len(others) % len(COLORS)]
        # By index; of several thresholds at the same point, the last one is shown.
        marks = {np.count_nonzero(self.thresholds < mark): mark for mark in MARKED_THRESHOLDS}
        marks.pop(len(self.thresholds), None)  # none is accepted
        options = {"color": color, "label": name, "drawstyle": "steps-post"}
        options |= {"marker": "o", "markersize": 4, "markevery": list(marks)}
        (self.line_,) = self.ax_.plot(self.rejected, self.errors, **line_options(options, line_kw))
        for index, threshold in marks.items():
            self.ax_.annotate(
                f"≥ {threshold:g}",
                (self.rejected[index], self.errors[index]),
                xytext=(3, 3),
                textcoords="offset points",
                color=self.line_.get_color(),
                fontsize="small",
            )
        # Beyond the last error, the curve stays at 0.
        last = self.rejected[min(np.count_nonzero(self.errors), len(self.errors) - 1)]
        right = max(1.2 * last, self.ax_.get_xlim()[1] if others else 0.01)
        self.ax_.set(xlabel="rejected, %", ylabel="error rate of accepted samples, %")
        self.ax_.set_xlim(0, min(right, 1))
        self.ax_.set_ylim(0, auto=None)  # the top still adapts to further curves
        for axis in (self.ax_.xaxis, self.ax_.yaxis):
            axis.set_major_formatter(lambda value, position: f"{100 * value:g}")
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.grid(alpha=0.3)
        if name is not None:
            self.ax_.legend(frameon=False, fontsize="small")
        return self
