"""Display of the errors of a confusion matrix."""

import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix
from sklearn.utils.multiclass import unique_labels

from skdigits.displays._axes import image_options, panels


class ConfusionErrorDisplay:
    """Errors of a confusion matrix, as fractions of each true class.

    Cells without errors have no number. Correct predictions and classes without samples are gray.

    For the counts, see `sklearn.metrics.ConfusionMatrixDisplay`, in which the many correct
    predictions hide the errors.

    Parameters
    ----------
    errors : ndarray of shape (n_classes, n_classes)
        Fraction of each true class (row) that is predicted as each other class; zero on the
        diagonal, NaN for a class without samples.
    display_labels : array-like of shape (n_classes,)
        Names of the classes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

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
    def from_estimator(
        cls, estimator, X, y, *, labels=None, display_labels=None, ax=None, **kwargs
    ):
        """Plot the errors of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier.
        X : array-like of shape (n_samples, n_features)
            Samples.
        y : array-like of shape (n_samples,)
            True labels.
        labels : array-like of shape (n_classes,), default=None
            Classes to show, in this order. None shows those of the classifier and of `y`.
        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes; None uses the labels.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **kwargs : dict
            Passed to ``sklearn.metrics.ConfusionMatrixDisplay.plot``: ``cmap``,
            ``values_format``, ``xticks_rotation``, ``colorbar``, ``im_kw``, ``text_kw``.

        Returns
        -------
        display : ConfusionErrorDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If labels are of mixed types, or `labels` and `display_labels` differ in length.
        """
        if labels is None:
            labels = unique_labels(estimator.classes_, y)
        return cls.from_predictions(
            y, estimator.predict(X), labels=labels, display_labels=display_labels, ax=ax, **kwargs
        )

    @classmethod
    def from_predictions(
        cls, y_true, y_pred, *, labels=None, display_labels=None, ax=None, **kwargs
    ):
        """Plot the errors among given predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            True and predicted labels.
        labels : array-like of shape (n_classes,), default=None
            Classes to show, in this order. None shows all that occur.
        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes; None uses the labels.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **kwargs : dict
            Passed to ``sklearn.metrics.ConfusionMatrixDisplay.plot``: ``cmap``,
            ``values_format``, ``xticks_rotation``, ``colorbar``, ``im_kw``, ``text_kw``.

        Returns
        -------
        display : ConfusionErrorDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If labels are of mixed types, or `labels` and `display_labels` differ in length.
        """
        if labels is None:
            labels = unique_labels(y_true, y_pred)
        counts = confusion_matrix(y_true, y_pred, labels=labels)
        n_true = np.array([[np.sum(np.asarray(y_true) == label)] for label in labels])
        with np.errstate(invalid="ignore"):  # a class without samples
            errors = counts / n_true
        errors[np.eye(len(errors), dtype=bool) & ~np.isnan(errors)] = 0
        names = labels if display_labels is None else display_labels
        if len(names) != len(labels):
            raise ValueError(
                f"display_labels must hold {len(labels)} names, one per class; got {len(names)}"
            )
        return cls(errors, display_labels=names).plot(ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Plot the visualization.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a figure.
        **kwargs : dict
            Passed to ``sklearn.metrics.ConfusionMatrixDisplay.plot``.

        Returns
        -------
        self : ConfusionErrorDisplay
            The display, with `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is not a matplotlib Axes.
        ValueError
            If the number of Axes is wrong.
        """
        n_classes = len(self.display_labels)
        longest = max(len(str(label)) for label in self.display_labels)
        side = max(4.4, 0.42 * n_classes) + 0.07 * longest
        self.ax_ = panels(ax, size=(side + 0.8, side))[0, 0]
        self.figure_ = self.ax_.figure
        percent = 100 * np.nan_to_num(self.errors)
        display = ConfusionMatrixDisplay(percent, display_labels=self.display_labels)
        options = {
            "cmap": "cividis",
            "values_format": ".1f" if percent.max() >= 1 else ".2f",
            "xticks_rotation": "vertical" if longest > 3 else "horizontal",
        } | kwargs
        # Without any errors, the plot is dark rather than gray.
        limits = {"vmin": 0, "vmax": percent.max() or 1.0}
        options["im_kw"] = image_options(limits, options.get("im_kw") or {})
        options["text_kw"] = {"fontsize": "small"} | (options.get("text_kw") or {})
        display.plot(ax=self.ax_, **options)
        if display.text_ is not None:
            for text in display.text_[percent == 0]:
                text.set_text("")
        off = np.isnan(self.errors) | np.eye(n_classes, dtype=bool)
        display.im_.set_data(np.ma.masked_where(off, 100 * self.errors))
        self.ax_.set_facecolor("0.85")
        if display.im_.colorbar is not None:
            display.im_.colorbar.set_label("% of the true class")
        return self
