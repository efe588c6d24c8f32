"""The report of all studies in a folder, as one self-contained HTML page."""

from base64 import b64encode

from skdigits._utils import atomic_write
from skdigits.studies.report.charts import charts
from skdigits.studies.report.plots import saved_plots
from skdigits.studies.report.table import (
    COLUMNS,
    NOTABLE_DIFFERENCE,
    OUR_COLUMNS,
    table_cells,
)


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
    """Contents of a study's section, as plain data for the template."""
    is_compared = "published_name" in results
    columns = list(COLUMNS if is_compared else OUR_COLUMNS)
    return {
        "name": study.name,
        "title": study.title,
        "question": study.question,
        "quick": results.quick.any(),
        "findings": _findings(results),
        "charts": charts(study, results),
        "is_compared": is_compared,
        "headings": columns,
        "rows": [
            {"cells": cells[: len(columns)], "is_notable": is_notable}
            for cells, is_notable in table_cells(results)
        ],
        "notes": study.notes,
        "plots": [
            {"caption": caption, "png": b64encode(path.read_bytes()).decode()}
            for path, caption in plots
        ],
        "n_fits": len(fits),
        "finished": fits.finished.max(),
        "environments": sorted({_format_environment(one) for one in fits.environment}),
    }


def _findings(results):
    """Summarize the results in a few sentences."""
    is_tested = "test_accuracy" in results and results.test_accuracy.notna().all()
    part = "test" if is_tested else "validation"
    accuracies = results.groupby("network", sort=False)[f"{part}_accuracy"].mean()
    best = accuracies.idxmax()
    sentences = [f"Highest accuracy on the {part} images: {best}, {100 * accuracies[best]:.2f} %."]
    if "difference" in results and not results.quick.any():
        differences = results.groupby(["network", "published_name"], sort=False).difference.mean()
        differences = differences.dropna()
        notable = differences[differences.abs() > NOTABLE_DIFFERENCE]
        sentences.append(
            f"{len(differences) - len(notable)} of {len(differences)} published accuracies are "
            f"reproduced within {100 * NOTABLE_DIFFERENCE:g} point."
        )
        sentences += [
            f"{network} is {100 * abs(difference):.1f} points "
            f"{'above' if difference > 0 else 'below'} the published run {run}."
            for (network, run), difference in notable.items()
        ]
    return " ".join(sentences)


def _format_environment(environment):
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    return (
        f"{environment['processor']}, {environment['threads']} threads per fit; "
        f"Python {environment['python']}, {versions}"
    )
