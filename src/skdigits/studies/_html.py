"""The report of all studies in a folder: one HTML page that needs nothing else."""

from base64 import b64encode
from html import escape

import pandas as pd

from skdigits._utils import atomic_write
from skdigits.studies._charts import charts
from skdigits.studies._pictures import pictures_of

NOTABLE = 0.01

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 76rem; margin: 0 auto;
  padding: 1rem; } p, ul { max-width: 48rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 3rem; border-top: 1px solid #ccc; padding-top: 1rem; }
.question { font-size: 1.15rem; font-style: italic; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.82rem; }
caption { text-align: left; color: #555; padding-bottom: 0.3rem; }
th, td { padding: 0.15rem 0.5rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child, td.name, th.name { text-align: left; }
thead th { border-bottom: 1px solid #222; } tbody tr:nth-child(even) { background: #f5f5f5; }
td.notable { font-weight: bold; } figure { margin: 1rem 0; } img { max-width: 100%; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr));
  gap: 1rem; align-items: end; } .pictures figure { margin: 0; } figcaption { font-size: 0.85rem; }
svg { max-width: 100%; height: auto; } svg text { font-family: system-ui, sans-serif !important; }
.quick { background: #fff3cd; padding: 0.3rem 0.6rem; } footer, .where { color: #555;
  font-size: 0.85rem; }
"""

HEADINGS = (
    "network",
    "seeds",
    "parameters",
    "epochs",
    "fit, s",
    "train",
    "validation",
    "test",
    "range",
    "test loss",
)
PUBLISHED_HEADINGS = ("published", "accuracy", "loss", "s", "difference")


def write_html(output, studies, results, fits):
    """Write ``report.html``, as a whole or not at all.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write into.
    studies : dict of str to Study
        All that there are.
    results, fits : DataFrame
        What `load_results` and `load_fits` return for that folder.
    """
    sections = [
        _section(
            study,
            results[results.study == name].dropna(axis=1, how="all"),
            fits[fits.study == name],
            pictures_of(study, output),
        )
        for name, study in studies.items()
        if name in set(results.study)
    ]
    contents = "".join(
        f'<li><a href="#{name}">{escape(study.title)}</a></li>'
        for name, study in studies.items()
        if name in set(results.study)
    )
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>skdigits: studies of MNIST networks</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>
<h1>Studies of MNIST networks</h1>
<p>Published figures beside those of skdigits. Published times are those of other machines; a
difference of more than {100 * NOTABLE:g} point in accuracy is set in bold.</p>
<ul>{contents}</ul>
{"".join(sections)}
</body></html>
"""
    with atomic_write(output / "report.html") as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _section(study, results, fits, pictures):
    quick = "<p class=quick>Quick: fewer images and epochs. These are not the study's figures.</p>"
    svgs = "".join(f"<figure>{svg}</figure>" for svg in charts(study, results))
    headings, caption = HEADINGS, "Accuracy, loss and seconds."
    if "published_name" in results:
        headings += PUBLISHED_HEADINGS
        caption = "Accuracy, loss and seconds: ours on the left, published ones on the right."
    notes = "".join(f"<li>{escape(note)}</li>" for note in study.notes)
    return f"""<section id="{study.name}"><h2>{escape(study.title)}</h2>
<p class="question">{escape(study.question)}</p>
{quick if results.quick.any() else ""}
<p>{escape(_findings(results))}</p>
{svgs}
<div class="table"><table><caption>{caption}</caption>
<thead><tr>{"".join(f"<th>{heading}</th>" for heading in headings)}</tr></thead>
<tbody>{"".join(_rows(results))}</tbody></table></div>
{f"<ul>{notes}</ul>" if notes else ""}
<div class="pictures">{"".join(_embedded(path, caption) for path, caption in pictures)}</div>
<p class="where">{escape(_where(fits))}</p></section>
"""


def _embedded(path, caption):
    png = b64encode(path.read_bytes()).decode()
    return (
        f'<figure><img alt="{escape(caption)}" src="data:image/png;base64,{png}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _findings(results):
    """What came out, in a few sentences."""
    tested = "test_accuracy" in results and results.test_accuracy.notna().all()
    measure = "test" if tested else "validation"
    accuracies = results.groupby("network", sort=False)[f"{measure}_accuracy"].mean()
    best = accuracies.idxmax()
    sentences = [
        f"Most accurate on the {measure} images was {best} with {100 * accuracies[best]:.2f} %."
    ]
    if "difference" in results and not results.quick.any():
        differences = results.groupby(["network", "published_name"], sort=False).difference.mean()
        differences = differences.dropna()
        notable = differences[differences.abs() > NOTABLE]
        sentences.append(
            f"{len(differences) - len(notable)} of {len(differences)} published accuracies are "
            f"met within {100 * NOTABLE:g} point."
        )
        sentences += [
            f"{network} is {100 * abs(difference):.1f} points "
            f"{'above' if difference > 0 else 'below'} ({run})."
            for (network, run), difference in notable.items()
        ]
    return " ".join(sentences)


def _rows(results):
    for network, rows in results.groupby("network", sort=False):
        runs = rows.drop_duplicates("published_name") if "published_name" in rows else None
        fits = rows.drop_duplicates("seed")
        mean = fits.mean(numeric_only=True)
        spread = f"{fits.accuracy.min():.4f} to {fits.accuracy.max():.4f}"
        ours = [
            network,
            len(fits),
            f"{mean.parameters:,.0f}",
            f"{mean.epochs:.3g}",
            f"{mean.fit_seconds:.1f}",
            _figure(mean, "train_accuracy"),
            _figure(mean, "validation_accuracy"),
            _figure(mean, "test_accuracy"),
            spread if len(fits) > 1 else "",
            _figure(mean, "test_loss"),
        ]
        if runs is None:
            yield f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in ours)}</tr>"
            continue
        for _, run in runs.iterrows():
            same_run = rows.published_name == run.published_name
            difference = rows[same_run].difference.mean() if "difference" in rows else None
            theirs = [
                run.published_name if pd.notna(run.published_name) else "",
                _figure(run, "published_accuracy"),
                _figure(run, "published_test_loss"),
                _figure(run, "published_seconds", ".1f"),
            ]
            cells = "".join(f"<td>{escape(str(cell))}</td>" for cell in ours + theirs)
            shown = "" if difference is None or pd.isna(difference) else f"{difference:+.4f}"
            notable = ' class="notable"' if shown and abs(difference) > NOTABLE else ""
            yield f"<tr>{cells}<td{notable}>{shown}</td></tr>"
            ours = [""] * len(ours)


def _figure(figures, name, form=".4f"):
    value = figures.get(name)
    return "" if value is None or pd.isna(value) else f"{value:{form}}"


def _where(fits):
    """Where the fits of a study were measured."""
    places = {
        f"{where['processor']}, {where['threads']} threads a fit; Python {where['python']}, "
        + ", ".join(f"{name} {version}" for name, version in where["versions"].items())
        for where in fits.environment
    }
    return (
        f"{len(fits)} fits are recorded, the last finished at {fits.finished.max()}. "
        + " / ".join(places)
    )
