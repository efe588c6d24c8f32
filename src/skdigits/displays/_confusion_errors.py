"""Which digits are taken for which others."""

import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

from skdigits.displays._axes import panels


class ConfusionErrorDisplay:
    """The errors of a confusion matrix: shares of each true class, without those that are right.

    The counts themselves are a matter of `sklearn.metrics.ConfusionMatrixDisplay`; beside the many
    that are right, errors can hardly be seen there.

    Parameters
    ----------
    errors : ndarray of shape (n_classes, n_classes)
        Share of each true class (row) that is taken for each other one; zero on the diagonal.
    display_labels : ndarray of shape (n_classes,)
        The labels.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        What they are part of.

    Examples
    --------
    >>> from skdigits.displays import ConfusionErrorDisplay
    >>> display = ConfusionErrorDisplay.from_predictions([3, 3, 3, 3, 5], [3, 3, 3, 5, 5])
    >>> display.errors
    array([[0.  , 0.25],
           [0.  , 0.  ]])
    """

    def __init__(self, errors, *, display_labels):
        self.errors = errors
        self.display_labels = display_labels

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None, **im_kw):
        """Draw the errors of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            Fitted.
        X : array-like of shape (n_samples, n_features)
            Samples.
        y : array-like of shape (n_samples,)
            Their labels.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.
        **im_kw : dict
            Passed on to ``Axes.imshow``.

        Returns
        -------
        display : ConfusionErrorDisplay
            What was drawn.
        """
        return cls.from_predictions(y, estimator.predict(X), ax=ax, **im_kw)

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, ax=None, **im_kw):
        """Draw the errors of predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            Labels and predicted labels.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.
        **im_kw : dict
            Passed on to ``Axes.imshow``.

        Returns
        -------
        display : ConfusionErrorDisplay
            What was drawn.
        """
        errors = confusion_matrix(y_true, y_pred, normalize="true")
        np.fill_diagonal(errors, 0)
        labels = np.unique(np.concatenate([np.asarray(y_true), np.asarray(y_pred)]))
        return cls(errors, display_labels=labels).plot(ax, **im_kw)

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
        self : ConfusionErrorDisplay
            With `ax_` and `figure_`.
        """
        self.ax_ = panels(ax, size=(5.2, 4.4))[0, 0]
        self.figure_ = self.ax_.figure
        percent = ConfusionMatrixDisplay(100 * self.errors, display_labels=self.display_labels)
        highest = 100 * self.errors.max() or 1.0  # nothing is wrong: a dark picture, not a grey one
        percent.plot(
            ax=self.ax_,
            values_format=".1f",
            text_kw={"fontsize": "small"},
            im_kw={"cmap": "cividis", "vmin": 0, "vmax": highest} | im_kw,
        )
        percent.im_.colorbar.set_label("% of the true class")
        return self
