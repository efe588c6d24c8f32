"""What a search found: scores and times over one parameter or two."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skdigits.displays._axes import colours, panels


class SweepDisplay:
    """Score of each candidate of a search, with its spread over the folds, and its fit time.

    A second parameter makes a line for each of its values. A star marks the best candidate.

    Parameters
    ----------
    cv_results : dict or DataFrame
        ``cv_results_`` of a search.
    params : sequence of str
        The one or two parameters to draw, the one along the axis first.
    scoring : str, default="score"
        Which score of a search that has several.

    Attributes
    ----------
    ax_ : ndarray of 2 matplotlib Axes
        Scores and times.
    figure_ : matplotlib Figure
        What they are part of.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.displays import SweepDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = DenseDigitClassifier(epochs=3, random_state=0)
    >>> search = GridSearchCV(classifier, {"hidden_layer_sizes": [8, 16]}, cv=3).fit(X, y)
    >>> display = SweepDisplay.from_estimator(search)
    >>> display.params, [ax.get_ylabel() for ax in display.ax_]
    (('hidden_layer_sizes',), ['score', 'fit time, s'])
    """

    def __init__(self, cv_results, *, params, scoring="score"):
        self.cv_results = cv_results
        self.params = params
        self.scoring = scoring

    @classmethod
    def from_estimator(cls, search, *, params=None, scoring="score", ax=None, **line_kw):
        """Draw a fitted search.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV or successive halving
            Fitted.
        params : str or sequence of str, default=None
            The one or two parameters to draw, the one along the axis first. The others are held at
            their best values. None takes those of which several values were tried.
        scoring : str, default="score"
            Which score of a search that has several.
        ax : matplotlib Axes or array-like of 2 Axes, default=None
            One for scores and one for times, or one to divide. None makes a figure.
        **line_kw : dict
            Passed on to ``Axes.errorbar``.

        Returns
        -------
        display : SweepDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If there are more than two parameters to draw, or one of them was not searched, or
            there is no such score.
        """
        check_is_fitted(search, "cv_results_")
        results = pd.DataFrame(search.cv_results_)
        searched = [name.removeprefix("param_") for name in results if name.startswith("param_")]
        values = {name: results[f"param_{name}"].map(_shown) for name in searched}
        if params is None:
            params = [name for name in searched if values[name].nunique() > 1] or searched[:1]
        params = (params,) if isinstance(params, str) else tuple(params)
        if len(params) not in (1, 2) or not set(params) <= set(searched):
            raise ValueError(
                f"params must be one or two of the parameters searched, {', '.join(searched)}; "
                f"got {', '.join(map(str, params))}"
            )
        if f"mean_test_{scoring}" not in results:
            raise ValueError(f"scoring must name a score of the search; got {scoring!r}")
        best = results[f"mean_test_{scoring}"].idxmax()
        for name in set(searched) - set(params):
            results = results[values[name] == values[name][best]]
        return cls(results, params=params, scoring=scoring).plot(ax, **line_kw)

    def plot(self, ax=None, **line_kw):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of 2 Axes, default=None
            One for scores and one for times, or one to divide. None makes a figure.
        **line_kw : dict
            Passed on to ``Axes.errorbar``.

        Returns
        -------
        self : SweepDisplay
            With `ax_` and `figure_`.
        """
        self.ax_ = panels(ax, 2, 1, size=(6, 5))[:, 0]
        self.figure_ = self.ax_[0].figure
        results = pd.DataFrame(self.cv_results)
        along, *others = (results[f"param_{name}"].map(_shown) for name in self.params)
        # A candidate that successive halving kept counts as it was in its last round.
        last = ~pd.concat([along, *others], axis=1).astype(str).duplicated(keep="last")
        results, along = results[last], along[last]
        lines = others[0][last] if others else pd.Series("", results.index)
        numeric = all(isinstance(value, Real) for value in along)
        order = np.sort(along.unique()) if numeric else along.unique()
        positions = along if numeric else along.map({value: i for i, value in enumerate(order)})
        for axes, measure in zip(self.ax_, (f"test_{self.scoring}", "fit_time"), strict=True):
            for number, value in enumerate(lines.unique()):
                rows = positions[lines == value].sort_values().index
                options = {
                    "color": colours()[number % len(colours())],
                    "marker": "osD^vP"[number % 6],
                    "capsize": 2,
                    "label": value,
                }
                mean, spread = (results.loc[rows, f"{kind}_{measure}"] for kind in ("mean", "std"))
                axes.errorbar(positions[rows], mean, spread, **options | line_kw)
            if numeric and min(order) > 0 and max(order) / min(order) >= 50:
                axes.set_xscale("log")
            elif not numeric:
                axes.set_xticks(range(len(order)), order)
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
        scores = results[f"mean_test_{self.scoring}"]
        best = scores.idxmax()
        self.ax_[0].plot(positions[best], scores[best], "*", color="black", markersize=11, zorder=5)
        self.ax_[0].set(ylabel=self.scoring)
        self.ax_[1].set(xlabel=self.params[0], ylabel="fit time, s", ylim=(0, None))
        if others:
            self.ax_[0].legend(title=self.params[1], frameon=False, fontsize="small")
        return self


def _shown(value):
    """A parameter's value as it is drawn: a number where it is one, else its text."""
    if isinstance(value, tuple | list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, Real) and not isinstance(value, bool) else str(value)
