"""The table of a study: figures of fits beside the published ones, as text and as CSV."""

from statistics import mean

import pandas as pd

from skdigits._utils import atomic_write

HEADER = (
    f"{'network':<32}{'params':>10}{'epochs':>8}{'fit s':>8}{'train':>9}{'valid.':>9}{'loss':>9}"
    f"{'test':>9} |{'published':>20}{'loss':>9}{'valid.':>9}{'test':>9}{'s':>8} |{'difference':>11}"
)
COLUMNS = (
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


def table_lines(name, published, fits):
    """Lines of the table for one network, a line for each published run of it.

    Parameters
    ----------
    name : str
        Of the network.
    published : sequence of Published
        Runs of it.
    fits : list of dict
        Figures of each fit, one for each seed.

    Yields
    ------
    line : str
    """
    ours = {
        key: mean(fit[key] for fit in fits)
        for key, value in fits[0].items()
        if isinstance(value, int | float)
    }
    line = (
        f"{name:<32}{ours['parameters']:>10,.0f}{ours['epochs']:>8.3g}{ours['fit_seconds']:>8.1f}"
        f"{_cell(ours.get('train_accuracy'))}{_cell(ours.get('validation_accuracy'))}"
        f"{_cell(ours.get('test_loss'))}{_cell(ours.get('test_accuracy'))}"
    )
    for run in published:
        difference = None if fits[0]["quick"] else _difference(ours, run)
        yield (
            f"{line:<94} |{run.name:>20}{_cell(run.test_loss)}{_cell(run.validation_accuracy)}"
            f"{_cell(run.test_accuracy)}{_cell(run.seconds, '.1f', 8)} |"
            f"{_cell(difference, '+.4f', 11)}"
        )
        line = ""
    if not published:
        yield f"{line:<94} |{'none':>20}{'':35} |"
    if len(fits) > 1:
        accuracies = sorted(_compared(fit)[0] for fit in fits)
        below = "".join(
            f"; {sum(_difference(fit, run) < 0 for fit in fits)} below {run.name}"
            for run in published
            if _difference(ours, run) is not None
        )
        yield f"  {len(fits)} seeds: {accuracies[0]:.4f} to {accuracies[-1]:.4f}{below}"


def _cell(value, form=".4f", width=9):
    return " " * width if value is None else format(value, form).rjust(width)


def _compared(ours, run=None):
    """The accuracy that is compared, ours and the published one; None where there is none.

    That on the test images where it was published, else that on the validation images.
    """
    for measure in ("test_accuracy", "validation_accuracy"):
        published = getattr(run, measure, None)
        if ours.get(measure) is not None and (run is None or published is not None):
            return ours[measure], published
    return None, None


def _difference(ours, run):
    accuracy, published = _compared(ours, run)
    return None if accuracy is None else accuracy - published


def rows_with_published(study, published, fits):
    """Rows of the results: one for each fit and published run of its network.

    Parameters
    ----------
    study : str
    published : sequence of Published
    fits : list of dict

    Returns
    -------
    rows : list of dict
    """
    rows = []
    for fit in fits:
        ours = {"study": study} | {column: fit[column] for column in COLUMNS if column in fit}
        for run in published or (None,):
            accuracy, published_accuracy = _compared(ours, run)
            if accuracy is None:  # nothing but a size or a loss was published
                accuracy, _ = _compared(ours)
            row = ours | {"accuracy": accuracy}
            if run is not None:
                row |= {f"published_{name}": value for name, value in vars(run).items()}
                row["published_accuracy"] = published_accuracy
                row["difference"] = None if fit["quick"] else _difference(ours, run)
            rows.append(row)
    return rows


def write_csv(path, rows):
    """Write rows as a whole or not at all."""
    with atomic_write(path) as unfinished:
        pd.DataFrame(rows).to_csv(unfinished, index=False)
