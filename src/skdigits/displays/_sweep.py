"""Display of the scores and fit times of a search."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skdigits.displays._axes import line_options, panels
from skdigits.displays._parts import is_fitted_search
from skdigits.displays._values import (
    are_numbers,
    mark_values,
    name_optimizers,
    short_text,
    styles_for,
)


class SweepDisplay:
    """Score of each candidate of a search, with its spread over the folds, and its fit time.

    A second parameter has one line per value, or colors the points if it has many numeric values.
    A star marks the best candidate. The first candidates may take longer, as the first fit in a
    process imports TensorFlow and compiles the network. Crosses mark candidates without a score,
    such as those whose fit failed.

    Parameters
    ----------
    cv_results : dict
        ``cv_results_`` of a search.
    params : sequence of str
        One or two parameters to draw; the first is on the horizontal axis.
    scoring : str, default="score"
        Score to draw, if the search has several.
    best : int, default=None
        Index of the candidate to mark with a star. None marks the highest mean score.
    candidates : array-like of int, default=None
        Indices of the candidates to draw. None draws all.

    Attributes
    ----------
    ax_ : ndarray of 2 matplotlib Axes
        Panels of scores and of fit times.
    figure_ : matplotlib Figure
        Figure that contains the Axes.

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
    >>> display.params, display.ax_[0].get_ylabel(), display.ax_[1].get_xlabel()
    (('hidden_layer_sizes',), 'score', 'hidden_layer_sizes')
    """

    def __init__(self, cv_results, *, params, scoring="score", best=None, candidates=None):
        self.cv_results = cv_results
        self.params = params
        self.scoring = scoring
        self.best = best
        self.candidates = candidates

    @classmethod
    def from_estimator(cls, search, *, params=None, scoring=None, ax=None, **line_kw):
        """Plot the results of a fitted search.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV or successive halving
            A fitted search.
        params : str or sequence of str, default=None
            One or two parameters to draw; the first is on the horizontal axis. None draws the
            parameters that vary, the one with the most values first, except the resource of
            successive halving. Only candidates that share the best candidate's values of all
            other parameters are drawn; if there are no others, as in a random search, all
            candidates are drawn. With successive halving, each candidate is drawn with the results
            of its last round.
        scoring : str, default=None
            Score to draw, if the search has several. None draws the score that
            selected the refitted candidate.
        ax : matplotlib Axes or array-like of 2 Axes, default=None
            One Axes for scores and one for times, or one to divide. None creates a figure.
        **line_kw : dict
            Passed to ``Axes.errorbar``.

        Returns
        -------
        display : SweepDisplay
            The display.

        Raises
        ------
        TypeError
            If `ax` is neither a matplotlib Axes nor an array of them.
        ValueError
            If there are more than two parameters to draw, or one of them was not searched, or
            there is no such score.
        """
        check_is_fitted(search)
        if not is_fitted_search(search):
            raise ValueError(f"search must be a scikit-learn search; got {search!r}")
        results = search.cv_results_
        refitted_by = search.refit if isinstance(search.refit, str) else "score"
        scoring = _checked_scoring(results, scoring, refitted_by)
        means = results[f"mean_test_{scoring}"]
        if np.isnan(means).all():
            raise ValueError(f"search must have scores; all values of {scoring!r} are NaN")
        best = np.nanargmax(means)
        if scoring == refitted_by and hasattr(search, "best_index_"):
            best = search.best_index_
        values = _values(results)
        searched = [name for name in values if name != getattr(search, "resource", None)]
        params = _checked_params(values, params, searched)
        others = [name for name in searched if name not in params]
        drawn = pd.Series(True, values.index)
        if "iter" in results:
            drawn = ~values[searched].duplicated(keep="last")
            drawn[best] = True  # an equal candidate may come later in the same round
        held = drawn & (values[others] == values.loc[best, others]).all(axis=1)
        if held.sum() > 1:
            drawn = held
        display = cls(
            results, params=params, scoring=scoring, best=best, candidates=np.flatnonzero(drawn)
        )
        return display.plot(ax, **line_kw)

    def plot(self, ax=None, **line_kw):
        """Plot the visualization.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of 2 Axes, default=None
            One Axes for scores and one for times, or one to divide. None creates a figure.
        **line_kw : dict
            Passed to ``Axes.errorbar``.

        Returns
        -------
        self : SweepDisplay
            The display, with `ax_` and `figure_` set.

        Raises
        ------
        TypeError
            If `ax` is neither a matplotlib Axes nor an array of them.
        ValueError
            If `params` does not hold one or two names, or the number of Axes is wrong.
        """
        if len(self.params) not in (1, 2):
            raise ValueError(f"params must hold one or two names; got {self.params!r}")
        table, held, connected = self._table()
        given_two = np.size(ax) == 2
        names = [_bare_name(name) for name in self.params]
        names = names if len({*names}) == len(names) else self.params
        self.ax_ = panels(ax, 2, 1, size=(6, 5))[:, 0]
        self.figure_ = self.ax_[0].figure
        lines = list(table.groupby("line", sort=are_numbers(table.line)))
        styles, scale = styles_for([value for value, _ in lines], table.line.duplicated().any())
        for axes, quantity in zip(self.ax_, ("score", "time"), strict=True):
            for (_, rows), style in zip(lines, styles, strict=True):
                rows = rows.sort_values("position")
                spread = rows["std"] if quantity == "score" else None
                options = style | {"capsize": 2, "linestyle": "-" if connected else ""}
                options = line_options(options, line_kw)
                axes.errorbar(rows.position, rows[quantity], spread, **options)
            mark_values(axes, table.along)
            axes.margins(y=0.12)
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_xlabel(names[0])
        if not given_two:  # stacked panels
            self.ax_[0].set_xlabel("")
            self.ax_[0].tick_params(labelbottom=False)
        self.ax_[0].set_ylabel(self.scoring)
        if held:
            self.ax_[0].set_title(held, fontsize="small", loc="left")
        self.ax_[1].set(ylabel="fit time, s\n(including compilation)")
        self.ax_[1].set_ylim(0, 1.12 * table.time.max())
        limits = np.array([axes.get_xlim() for axes in self.ax_])
        for axes in self.ax_:
            axes.set_xlim(limits.min(), limits.max())  # failed candidates have a time, but no score
        best = table.score.idxmax() if self.best is None else self.best
        star = {"color": "black", "fillstyle": "none", "markersize": 16, "zorder": 5}
        at = table.position[best], table.score[best]
        marks = self.ax_[0].plot(*at, "*", label="best", linestyle="", **star)
        failed = table.position[table.score.isna()]
        if len(failed):
            bottom = {"transform": self.ax_[0].get_xaxis_transform(), "clip_on": False}
            marks += self.ax_[0].plot(failed, np.zeros(len(failed)), "kx", label="failed", **bottom)
        if scale is not None:
            self.figure_.colorbar(scale, ax=list(self.ax_), label=names[1])
        if scale is not None or len(lines) == 1:
            self.ax_[0].legend(frameon=False, fontsize="small")
        else:
            handles, _ = self.ax_[0].get_legend_handles_labels()
            handles = [*handles[len(marks) :], *marks]
            place = {"loc": "upper left", "bbox_to_anchor": (1, 1), "title": names[1]}
            beside = self.ax_[1 if given_two else 0]
            beside.legend(handles=handles, frameon=False, fontsize="small", **place)
        return self

    def _table(self):
        """Return the candidates, the fixed parameters as text, and whether to connect points."""
        results = self.cv_results
        values = _values(results)
        table = pd.DataFrame(
            {
                "along": values[self.params[0]],
                "line": values[self.params[1]] if len(self.params) == 2 else "",
                "score": results[f"mean_test_{self.scoring}"],
                "std": results[f"std_test_{self.scoring}"],
                "time": results["mean_fit_time"],
            }
        )
        if self.candidates is not None:
            table = table.loc[self.candidates]
        if are_numbers(table.along):
            table["position"] = table.along.astype(float)
        else:
            table["position"] = pd.factorize(table.along)[0]
        others = values.drop(columns=[*self.params])
        shown = others.loc[table.index]
        held = [name for name in others if others[name].nunique() > shown[name].nunique() == 1]
        text = ", ".join(f"{_bare_name(name)} = {short_text(shown[name].iloc[0])}" for name in held)
        rounds = pd.Series(results.get("n_resources", 0), values.index)[table.index]
        return table, text, not (shown.nunique() > 1).any() and rounds.nunique() == 1


def _checked_scoring(results, scoring, default):
    prefix = "mean_test_"
    scores = [name.removeprefix(prefix) for name in results if name.startswith(prefix)]
    name = default if scoring is None else scoring
    if name not in scores:
        raise ValueError(
            f"scoring must name a score of the search, {', '.join(scores)}; got {scoring!r}"
        )
    return name


def _checked_params(values, params, searched):
    if params is None:
        varied = [name for name in searched if values[name].nunique() > 1] or searched[:1]
        if len(varied) > 2:
            raise ValueError(
                f"params must name one or two of the {len(varied)} parameters that vary: "
                f"{', '.join(varied)}"
            )
        return tuple(sorted(varied, key=lambda name: -values[name].nunique()))
    params = (params,) if isinstance(params, str) else tuple(params)
    if len(params) not in (1, 2) or len({*params}) < len(params) or {*params} - {*values}:
        raise ValueError(
            "params must name one or two of the searched parameters, "
            f"{', '.join(values)}; got {', '.join(map(str, params))}"
        )
    return params


def _values(results):
    """Return the values of all parameters as drawn, with one row per candidate."""
    names = [name.removeprefix("param_") for name in results if name.startswith("param_")]
    columns = {
        name: [candidate.get(name, "not set") for candidate in results["params"]] for name in names
    }
    values = pd.DataFrame(
        {
            name: [_shown(value) for value in name_optimizers(column)]
            for name, column in columns.items()
        },
        index=range(len(results["params"])),
        dtype=object,
    )
    for name, column in values.items():
        numbers = [value for value in column if isinstance(value, Real)]
        # An int and an equal float can differ in meaning, such as max_features=1 and 1.0.
        if len({*numbers}) < len({(isinstance(value, Integral), value) for value in numbers}):
            values[name] = [str(value) for value in column]
    return values


def _shown(value):
    """Return a parameter's value as drawn: a number, or the text of anything else."""
    if isinstance(value, tuple | list) and len(value) == 1:
        value = value[0]
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    return value if is_number and value == value else " ".join(str(value).split())


def _bare_name(name):
    """Strip the names of enclosing estimators from a parameter's name."""
    return name.rpartition("__")[2]
