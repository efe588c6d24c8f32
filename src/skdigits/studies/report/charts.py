"""Charts of a study's results."""

from skdigits.studies.report.svg import INK, Picture, draw_svg, drawing_style
from skdigits.studies.spec import Curve, Search

# Okabe and Ito's palette, which is distinguishable for color-blind readers.
OURS, PUBLISHED, *OTHERS = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # names may contain dollar signs
}


def charts(study, results):
    """Draw the charts that suit the experiments of a study.

    One chart shows all learning curves, another all cross-validated searches. A study with neither
    has a chart of our accuracies and the published ones, unless it is a quick run.

    Parameters
    ----------
    study : Study
    results : DataFrame
        Its rows, without empty columns.

    Returns
    -------
    charts : list of Picture
    """
    curves = [one.name for one in study.experiments if isinstance(one, Curve) and not one.parameter]
    searches = [one.name for one in study.experiments if isinstance(one, Search) and one.folds]
    drawn = []
    if curves:
        rows = results[results.experiment.isin(curves)]
        drawn.append(_draw(study, _learning_curves, rows))
    if searches:
        rows = results[results.experiment.isin(searches)]
        drawn.append(_draw(study, _sweeps, rows))
    if not drawn and "difference" in results:
        drawn.append(_draw(study, _published_accuracies, results))
    return drawn


def _draw(study, chart, results):
    from matplotlib.figure import Figure

    with drawing_style(STYLE):
        figure = Figure(layout="constrained")
        caption = chart(figure, results)
        return Picture(draw_svg(figure, f"{study.name} {chart.__name__}"), caption)


def _learning_curves(figure, results):
    figure.set_size_inches(4.8, 4.6)
    axes = figure.subplots()
    for number, (name, rows) in enumerate(results.groupby("experiment", sort=False)):
        color = (OURS, PUBLISHED, *OTHERS)[number % 5]
        style = "-" if number < 5 else "--"  # after five, the colors repeat
        errors = 100 * (1 - rows.groupby("images").test_accuracy.agg(["mean", "min", "max"]))
        axes.fill_between(
            errors.index, errors["min"], errors["max"], color=color, alpha=0.15, linewidth=0
        )
        marker = "osD^v"[number % 5]
        axes.plot(errors["mean"], style, marker=marker, color=color, label=name)
    axes.set(xscale="log", yscale="log", xlabel="training images", ylabel="test error (%)")
    low, high = axes.get_ylim()
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_xticks(sizes := sorted(set(results.images)), [f"{size:,.0f}" for size in sizes])
    axes.set_xticks([], minor=True)
    axes.grid(alpha=0.3)
    figure.legend(frameon=False, loc="outside lower center", ncols=2)
    return "Test error by number of training images; the bands span all repetitions."


def _sweeps(figure, results):
    candidates = results[results.validation_std.notna()].groupby("experiment", sort=False)
    figure.set_size_inches(4.8, 3 * len(candidates))
    panels = figure.subplots(len(candidates), squeeze=False)[:, 0]
    for axes, (_, rows) in zip(panels, candidates, strict=True):
        names, common = _strip_common_suffix(rows.network)
        axes.errorbar(
            names,
            100 * rows.validation_accuracy,
            100 * rows.validation_std,
            color=OURS,
            marker="o",
            capsize=2,
            label="ours",
        )
        if "difference" in rows:
            axes.plot(
                names,
                100 * rows.published_accuracy,
                "D",
                color=PUBLISHED,
                fillstyle="none",
                label="published",
            )
        axes.set(xlabel=common, ylabel="cross-validation accuracy (%)")
        axes.tick_params(axis="x", labelsize="small")
        axes.grid(alpha=0.3)
        _legend_above(axes)
    return "Mean accuracy over the folds; the bars show our standard deviation."


def _strip_common_suffix(names):
    """Split names into their own words and the words that all of them end with."""
    words = [name.split() for name in names]
    n_common = 0
    while len({one[-1 - n_common] for one in words}) == 1 < min(map(len, words)) - n_common:
        n_common += 1
    end = len(words[0]) - n_common
    return [" ".join(one[: len(one) - n_common]) for one in words], " ".join(words[0][end:])


def _published_accuracies(figure, results):
    rows = results[results.published_accuracy.notna()]
    networks = list(dict.fromkeys(rows.network))[::-1]
    figure.set_size_inches(4.8, 0.8 + 0.19 * len(networks))
    axes = figure.subplots()
    for height, network in enumerate(networks):
        runs = rows[rows.network == network]
        ours = 100 * runs.accuracy
        published = 100 * runs.published_accuracy
        axes.plot([ours.mean(), published.mean()], [height] * 2, color=INK, alpha=0.25, zorder=0)
        axes.plot([ours.min(), ours.max()], [height] * 2, color=OURS, linewidth=4, alpha=0.4)
        label = "" if height else "ours"
        axes.plot(ours.mean(), height, "o", color=OURS, label=label)
        axes.plot(
            published,
            [height] * len(published),
            "D",
            color=PUBLISHED,
            fillstyle="none",
            label="" if height else "published",
        )
    axes.set_yticks(range(len(networks)), networks)
    axes.set(xlabel="accuracy (%)", ylim=(-0.6, len(networks) - 0.4))
    axes.grid(axis="x", alpha=0.3)
    _legend_above(axes)
    bars = "; the thick bars span all seeds" if rows.seed.nunique() > 1 else ""
    return f"Our accuracies and the published ones{bars}."


def _legend_above(axes):
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
