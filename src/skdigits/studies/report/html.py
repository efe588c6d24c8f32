"""The report of all studies in a folder, as one self-contained HTML page."""

from itertools import groupby

import pandas as pd

from skdigits._utils import atomic_write
from skdigits.studies.report.charts import charts
from skdigits.studies.report.plots import saved_plots
from skdigits.studies.report.table import (
    COLUMNS,
    NOTABLE_DIFFERENCE,
    OUR_COLUMNS,
    table_cells,
)

HEADINGS = {"published": "run", "s": "fit (s)", "fit, s": "fit (s)", "below": "seeds below"}


def write_html(output, studies, results, fits):
    """Write ``report.html``, replacing it as a whole.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write to.
    studies : dict of str to Study
        Studies to include if they have results.
    results, fits : DataFrame
        Return values of `load_results` and `load_fits` for that folder.
    """
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("skdigits.studies.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    finished = set(results.study)
    page = environment.get_template("report.html.jinja").render(
        notable_points=f"{100 * NOTABLE_DIFFERENCE:g}",
        has_differences="difference" in results and results.difference.notna().any(),
        sections=[
            _section(
                study,
                results[results.study == name].dropna(axis=1, how="all"),
                fits[fits.study == name],
                saved_plots(study, output),
            )
            for name, study in studies.items()
            if name in finished
        ],
    )
    with atomic_write(output / "report.html") as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _section(study, results, fits, plots):
    """Return the contents of a study's section, as plain data for the template."""
    finished = pd.Timestamp(fits.finished.max())
    return {
        "name": study.name,
        "title": study.title,
        "question": study.question,
        "quick": results.quick.any(),
        "findings": list(_findings(results)),
        "notes": study.notes,
        "charts": charts(study, results),
        "table": _table(results),
        "networks": [
            _network(name, list(some), results)
            for name, some in groupby(plots, lambda plot: plot.network)
        ],
        "n_fits": len(fits),
        "finished": f"{finished.day} {finished:%B %Y at %H:%M} UTC",
        "environments": sorted({_format_environment(one) for one in fits.environment}),
    }


def _findings(results):
    """Yield sentences that summarize the results."""
    is_tested = "test_accuracy" in results and results.test_accuracy.notna().all()
    part = "test" if is_tested else "validation"
    accuracies = results.groupby("network", sort=False)[f"{part}_accuracy"].mean()
    best = accuracies.idxmax()
    yield f"The highest {part} accuracy is {accuracies[best]:.2%} ({best})."
    if "difference" not in results:
        return
    differences = results.groupby(["network", "published_name"], sort=False).difference.mean()
    differences = differences.dropna()
    notable = differences[differences.abs() > NOTABLE_DIFFERENCE]
    yield (
        f"skdigits reproduces {len(differences) - len(notable)} of {len(differences)} published "
        f"accuracies to within {100 * NOTABLE_DIFFERENCE:g} percentage point."
    )
    for (network, run), difference in notable.items():
        which = f" ({run})" if len(differences[network]) > 1 else ""
        yield (
            f"{network} is {100 * abs(difference):.1f} percentage points "
            f"{'more' if difference > 0 else 'less'} accurate than published{which}."
        )


def _table(results):
    """Return the headings and rows of the table, without empty columns."""
    rows = list(table_cells(results))
    kept = [
        number
        for number, cells in enumerate(zip(*(cells for cells, _ in rows), strict=True))
        if any(cells)
    ]
    names = [list(COLUMNS)[number] for number in kept]
    return {
        "headings": [HEADINGS.get(name, name) for name in names],
        "n_ours": sum(name in OUR_COLUMNS for name in names),
        "rows": [
            {"cells": [cells[number] for number in kept], "is_notable": is_notable}
            for cells, is_notable in rows
        ],
    }


def _network(name, plots, results):
    """Return the contents of a network's part of the section."""
    return {
        "name": name,
        "accuracies": _accuracies(results[(results.network == name) & (results.seed == 0)]),
        "plots": plots,
        "width": max(plot.width for plot in plots),
    }


def _accuracies(fits):
    """Return the accuracies of the network that the plots show and of its published runs."""
    parts = {"test_accuracy": "test images", "train_accuracy": "training images"}
    rows = {}
    for _, fit in fits.iterrows():  # one for each published run
        rows["shown here (seed 0)"] = [fit.get(part) for part in parts]
        rows[f"published: {fit.get('published_name')}"] = [
            fit.get(f"published_{part}") for part in parts
        ]
    table = pd.DataFrame.from_dict(rows, "index", dtype=float, columns=list(parts.values()))
    return table.dropna(how="all").dropna(how="all", axis=1)


def _format_environment(environment):
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    threads = environment["threads"]
    return (
        f"{environment['processor']}, {threads} thread{'s' if threads > 1 else ''} per fit, "
        f"Python {environment['python']}, {versions}"
    )
