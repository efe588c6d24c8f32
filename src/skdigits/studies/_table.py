"""The report of a study: fits -> table lines and CSV."""

import uuid

import pandas as pd

HEADER = (
    f"{'network':<24}{'params':>10}{'epochs':>8}{'fit s':>8}{'train':>9}{'valid.':>9}{'loss':>9}"
    f"{'test':>9} |{'published':>20}{'loss':>9}{'test':>9}{'s':>8} |{'difference':>11}"
)


def table_lines(network, fits):
    """Lines of the table for the fits of one network, a line for each published run of it.

    Parameters
    ----------
    network : Network
        What was fitted.
    fits : list of dict
        Figures of each fit, one for each seed.

    Yields
    ------
    line : str
    """
    mean = pd.DataFrame(fits).mean(numeric_only=True)
    ours = (
        f"{network.name:<24}{mean.parameters:>10,.0f}{mean.epochs:>8.3g}{mean.fit_seconds:>8.1f}"
        f"{_cell(mean.train_accuracy, '.4f')}{_cell(mean.get('validation_accuracy'), '.4f')}"
        f"{_cell(mean.test_loss, '.4f')}{_cell(mean.test_accuracy, '.4f')}"
    )
    for published in network.published:
        yield (
            f"{ours:<86} |{published.name:>20}{_cell(published.test_loss, '.4f')}"
            f"{_cell(published.test_accuracy, '.4f')}{_cell(published.seconds, '.1f', 8)}"
            f" |{mean.test_accuracy - published.test_accuracy:>+11.4f}"
        )
        ours = ""
    if not network.published:
        yield f"{ours:<86} |{'none: a row of ours':>20}{'':26} |"
    if len(fits) > 1:
        accuracies = sorted(fit["test_accuracy"] for fit in fits)
        below = "".join(
            f"; {sum(accuracy < run.test_accuracy for accuracy in accuracies)} below {run.name}"
            for run in network.published
        )
        yield f"  {len(fits)} seeds: test {accuracies[0]:.4f} to {accuracies[-1]:.4f}{below}"


def _cell(value, form, width=9):
    return " " * width if value is None else f"{value:>{width}{form}}"


def write_csv(path, study, fits):
    """Write a row for each fit and each published run of its network, as a whole or not at all."""
    rows = []
    for network in study.networks:
        for fit in fits:
            if fit["network"] != network.name:
                continue
            row = {"study": study.name, **fit}
            rows += [row | _published_columns(run, fit) for run in network.published] or [row]
    unfinished = path.with_name(f"{path.name}-{uuid.uuid4().hex}.tmp")
    try:
        pd.DataFrame(rows).to_csv(unfinished, index=False)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _published_columns(published, fit):
    return {
        "published_run": published.name,
        "published_parameters": published.parameters,
        "published_epochs": published.epochs,
        "published_seconds": published.seconds,
        "published_train_accuracy": published.train_accuracy,
        "published_test_loss": published.test_loss,
        "published_test_accuracy": published.test_accuracy,
        "test_accuracy_difference": fit["test_accuracy"] - published.test_accuracy,
    }
