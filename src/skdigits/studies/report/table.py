"""The table of a study: our results and the published ones, as cells, text and CSV."""

import numpy as np
import pandas as pd

from skdigits._utils import atomic_write
from skdigits.studies.spec import Search

NOTABLE_DIFFERENCE = 0.01

# Headings and their widths on the terminal.
OUR_COLUMNS = {
    "network": 30,
    "seeds": 5,
    "parameters": 10,
    "epochs": 6,
    "fit, s": 7,
    "train": 7,
    "validation": 10,
    "test": 7,
    "range": 16,
    "test loss": 9,
}
PUBLISHED_COLUMNS = {
    "published": 19,
    "accuracy": 8,
    "loss": 7,
    "s": 7,
    "below": 6,
    "difference": 10,
}
COLUMNS = OUR_COLUMNS | PUBLISHED_COLUMNS
RECORD_FIELDS = (
    "experiment",
    "network",
    "seed",
    "quick",
    "images",
    "parameters",
    "epochs",
    "fit_seconds",
    "reduction_seconds",
    "train_accuracy",
    "validation_accuracy",
    "validation_std",
    "test_accuracy",
    "test_loss",
    "model",
)
# Every row has a value in these; comparison classifiers have neither parameters nor epochs.
REQUIRED_COLUMNS = [
    "study",
    "experiment",
    "network",
    "seed",
    "quick",
    "images",
    "fit_seconds",
    "accuracy",
]


def result_rows(study, published, fits):
    """Build the rows of the results: one for each fit and published run of its network.

    Parameters
    ----------
    study : str
    published : sequence of Published
    fits : list of dict
        Records of the network, one for each seed.

    Returns
    -------
    rows : list of dict
    """
    rows = []
    for fit in fits:
        ours = {"study": study} | {name: fit[name] for name in RECORD_FIELDS if name in fit}
        for run in published or (None,):
            accuracy, published_accuracy = _comparable_accuracies(fit, run)
            row = ours | {"accuracy": accuracy}
            if run is not None:
                row |= {f"published_{name}": value for name, value in vars(run).items()}
                row["published_accuracy"] = published_accuracy
                is_comparable = published_accuracy is not None and not fit["quick"]
                row["difference"] = accuracy - published_accuracy if is_comparable else None
            rows.append(row)
    return rows


def _comparable_accuracies(fit, run):
    """Return our accuracy and the published one on the same images.

    Both are on the test images if that accuracy was published, else on the validation images.
    Without a published accuracy, ours is on the test images if it was measured on them, else on
    the validation images.
    """
    metrics = [name for name in ("test_accuracy", "validation_accuracy") if name in fit]
    for name in metrics:
        if getattr(run, name, None) is not None:
            return fit[name], getattr(run, name)
    return fit[metrics[0]], None


def write_csv(path, rows):
    """Write rows to a CSV file, replacing it as a whole."""
    with atomic_write(path) as unfinished:
        pd.DataFrame(rows).to_csv(unfinished, index=False)


def table_cells(results):
    """Format the rows of the table: one for each published run of each network.

    Parameters
    ----------
    results : DataFrame
        Rows of `result_rows`.

    Yields
    ------
    cells : list of str
        One for each of COLUMNS.
    is_notable : bool
        Whether our accuracy differs from the published one by more than NOTABLE_DIFFERENCE.
    """
    for network, rows in results.groupby("network", sort=False):
        ours = _our_cells(network, rows.drop_duplicates("seed"))
        if "published_name" not in rows:
            yield ours + [""] * len(PUBLISHED_COLUMNS), False
            continue
        for _, run in rows.groupby("published_name", sort=False, dropna=False):
            difference = _mean(run, "difference")
            is_notable = difference is not None and abs(difference) > NOTABLE_DIFFERENCE
            yield ours + _published_cells(run), is_notable
            ours = [""] * len(ours)


def _our_cells(network, fits):
    low, high = fits.accuracy.min(), fits.accuracy.max()
    return [
        network,
        str(len(fits)),
        _cell(fits, "parameters", ",.0f"),
        _cell(fits, "epochs", ".3g"),
        _cell(fits, "fit_seconds", ".1f"),
        _cell(fits, "train_accuracy"),
        _cell(fits, "validation_accuracy"),
        _cell(fits, "test_accuracy"),
        f"{low:.4f} to {high:.4f}" if len(fits) > 1 else "",
        _cell(fits, "test_loss"),
    ]


def _published_cells(run):
    """Return the cells of one published run, from its row for each seed."""
    name = run.published_name.iloc[0]
    difference = _cell(run, "difference", "+.4f")
    n_below = (run.difference < 0).sum() if difference else 0
    return [
        name if pd.notna(name) else "",
        _cell(run, "published_accuracy"),
        _cell(run, "published_test_loss"),
        _cell(run, "published_seconds", ".1f"),
        f"{n_below} of {len(run)}" if difference and len(run) > 1 else "",
        difference,
    ]


def _mean(rows, column):
    """Return the mean of a column; None if it is missing or empty."""
    mean = rows[column].astype(float).mean() if column in rows else None
    return None if pd.isna(mean) else mean


def _cell(rows, column, spec=".4f"):
    mean = _mean(rows, column)
    return "" if mean is None else format(mean, spec)


def text_columns(study, seeds, quick):
    """List the columns of a study's table on the terminal, where it is printed row by row.

    Parameters
    ----------
    study : Study
    seeds : int or None
        Number of seeds; None uses the numbers that the study declares.
    quick : bool
        Whether it is a quick run, which is not compared with the published results.

    Returns
    -------
    names : set of str
        Names of COLUMNS, without those about seeds, published results or differences that would
        be empty.
    """
    repeats, runs = False, []
    for experiment in study.experiments:
        if not isinstance(experiment, Search):
            repeats |= bool(np.max(seeds or experiment.seeds) > 1)
        published = experiment.published
        runs += published if isinstance(published, tuple) else sum(published.values(), ())
    has_accuracy = any(
        run.test_accuracy is not None or run.validation_accuracy is not None for run in runs
    )
    is_filled = {
        "range": repeats,
        "published": bool(runs),
        "accuracy": has_accuracy,
        "loss": any(run.test_loss is not None for run in runs),
        "s": any(run.seconds is not None for run in runs),
        "below": repeats and has_accuracy and not quick,
        "difference": has_accuracy and not quick,
    }
    return {name for name in COLUMNS if is_filled.get(name, True)}


def text_line(cells, columns):
    """Align the cells of some columns, for the terminal."""
    network, *others = (
        (cell, width)
        for cell, (name, width) in zip(cells, COLUMNS.items(), strict=True)
        if name in columns
    )
    aligned = [f"{network[0]:<{network[1]}}", *(f"{cell:>{width}}" for cell, width in others)]
    return " ".join(aligned).rstrip()
