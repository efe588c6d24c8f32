"""Display of loss and accuracy per epoch."""

import numpy as np

from skdigits.displays._axes import COLORS, line_options, panels
from skdigits.displays._parts import final_network


class TrainingHistoryDisplay:
    """Loss and accuracy of every epoch, on training and validation samples.

    Each network has a color; validation metrics are dashed. If there are any, a large dot marks
    the best epoch of the last fit (``best_epoch_``), whether or not its weights were restored.
    Training metrics are computed during training, with dropout.

    Parameters
    ----------
    histories : dict of str to dict
        ``history_`` of each network, by name.
    best_epochs : dict of str to int, default=None
        Epoch to mark for each network, counted from 1. None marks the lowest validation loss.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes
        One panel per metric.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.displays import TrainingHistoryDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = DenseDigitClassifier(
    ...     32, learning_rate_schedule="constant", epochs=3, early_stopping=True, random_state=0
    ... )
    >>> display = TrainingHistoryDisplay.from_estimator(classifier.fit(X, y))
    >>> [ax.get_ylabel() for ax in display.ax_]
    ['loss', 'accuracy']
    """

    def __init__(self, histories, *, best_epochs=None):
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(cls, estimator, *, metrics=("loss", "accuracy"), ax=None, **line_kw):
        """Plot the history of one or several fitted networks.

        Parameters
        ----------
        estimator : estimator or dict of str to estimator
            A fitted digit network, or one in a pipeline, a search or a `ReducedDigitClassifier`;
            or several by name.
        metrics : {"loss", "accuracy"} or sequence of them, default=("loss", "accuracy")
            Metrics to draw, with one panel each.
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes per panel, or one to divide into panels. None creates a figure.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        display : TrainingHistoryDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is neither a matplotlib Axes nor an array of them.
        ValueError
            If an estimator has no history, or `metrics` or the number of Axes is invalid.
        """
        if isinstance(estimator, list | tuple) or estimator == {}:
            raise ValueError(
                f"estimator must be a fitted network or a dict of them by name; got {estimator!r}"
            )
        if not isinstance(estimator, dict):
            estimator = {"estimator": estimator}
        networks = {name: final_network(one) for name, one in estimator.items()}
        for network in networks.values():
            if not hasattr(network, "history_"):
                raise ValueError(
                    f"estimator must be a digit network; {type(network).__name__} has no history_"
                )
        display = cls(
            {name: network.history_ for name, network in networks.items()},
            best_epochs={name: network.best_epoch_ for name, network in networks.items()},
        )
        return display.plot(ax, metrics=metrics, **line_kw)

    def plot(self, ax=None, *, metrics=("loss", "accuracy"), **line_kw):
        """Plot the visualization.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes per panel, or one to divide into panels. None creates a figure.
        metrics : {"loss", "accuracy"} or sequence of them, default=("loss", "accuracy")
            Metrics to draw, with one panel each.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        self : TrainingHistoryDisplay
            The display, with `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is neither a matplotlib Axes nor an array of them.
        ValueError
            If `histories`, `metrics` or the number of Axes is invalid.
        """
        if not all(isinstance(history, dict) for history in self.histories.values()):
            raise ValueError('histories must be a dict of histories, such as {"network": ...}')
        metrics = (metrics,) if isinstance(metrics, str) else tuple(metrics)
        if sorted(metrics) not in (["accuracy"], ["loss"], ["accuracy", "loss"]):
            raise ValueError(f'metrics must be "loss", "accuracy" or both; got {metrics!r}')
        self.ax_ = panels(ax, 1, len(metrics), size=(3.8 * len(metrics), 3))[0]
        self.figure_ = self.ax_[0].figure
        for axes, metric in zip(self.ax_, metrics, strict=True):
            self._plot_metric(axes, metric, line_kw)
        self._legend()
        return self

    def _plot_metric(self, axes, metric, line_kw):
        alone = len(self.histories) == 1
        for number, (name, history) in enumerate(self.histories.items()):
            color = COLORS[number % len(COLORS)]
            epochs = np.arange(1, len(history[metric]) + 1)
            options = {
                "color": color,
                "marker": ".s^Dv"[number // len(COLORS) % 5],
                "markevery": max(1, len(epochs) // 10),  # more markers would hide dashed lines
            }
            training = options | {"label": "training" if alone else name}
            axes.plot(epochs, history[metric], **line_options(training, line_kw))
            if "val_loss" not in history:
                continue
            values = history[f"val_{metric}"]
            validation = options | {"color": COLORS[1] if alone else color, "linestyle": "--"}
            validation = line_options(validation, line_kw)
            validation["label"] = "validation" if alone else None
            axes.plot(epochs, values, **validation)
            best = self._best_epoch(name)
            if np.isnan(values[best - 1]):  # an epoch of partial_fit, without validation
                continue
            label = f"best epoch, {best}" if alone else None
            axes.plot(best, values[best - 1], "o", color=validation["color"], label=label)
        axes.set(xlabel="epoch", ylabel=metric)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)

    def _best_epoch(self, name):
        if self.best_epochs is not None:
            return self.best_epochs[name]
        losses = np.asarray(self.histories[name]["val_loss"], dtype=float)
        return int(np.argmin(np.where(np.isnan(losses), np.inf, losses))) + 1

    def _legend(self):
        if len(self.histories) == 1:
            self.ax_[0].legend(frameon=False, fontsize="small")
            return
        from matplotlib.lines import Line2D

        handles, _ = self.ax_[0].get_legend_handles_labels()
        if any("val_loss" in history for history in self.histories.values()):
            handles += [
                Line2D([], [], color="0.4", label="training"),
                Line2D([], [], color="0.4", linestyle="--", label="validation"),
                Line2D([], [], color="0.4", marker="o", linestyle="", label="best epoch"),
            ]
        place = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
        self.ax_[-1].legend(handles=handles, frameon=False, fontsize="small", **place)
