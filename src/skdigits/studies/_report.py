"""The report of a study: fits -> table lines and CSV."""

import uuid

import pandas as pd

HEADER = (
    f"{'network':<18}{'params':>8}{'epochs':>8}{'fit s':>8}{'train':>9}{'valid.':>9}{'test':>9}"
    f" |{'published':>10}{'test':>9}{'s':>9} |{'difference':>11}"
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
        f"{network.name:<18}{mean.parameters:>8,.0f}{mean.epochs:>8.3g}{mean.fit_seconds:>8.1f}"
        f"{mean.train_accuracy:>9.4f}{mean.validation_accuracy:>9.4f}{mean.test_accuracy:>9.4f}"
    )
    for published in network.published:
        yield (
            f"{ours:<69} |{published.name:>10}{published.test_accuracy:>9.4f}"
            f"{published.seconds:>9.1f} |{mean.test_accuracy - published.test_accuracy:>+11.4f}"
        )
        ours = ""
    if len(fits) > 1:
        accuracies = sorted(fit["test_accuracy"] for fit in fits)
        below = sum(accuracy < network.published[0].test_accuracy for accuracy in accuracies)
        yield (
            f"  {len(fits)} seeds: test {accuracies[0]:.4f} to {accuracies[-1]:.4f}, "
            f"{below} of them below the published figure"
        )


def write_csv(path, study, fits):
    """Write a row for each fit and each published run of its network, as a whole or not at all."""
    rows = [
        {
            "study": study.name,
            **fit,
            "published_run": published.name,
            "published_parameters": published.parameters,
            "published_epochs": published.epochs,
            "published_seconds": published.seconds,
            "published_train_accuracy": published.train_accuracy,
            "published_test_accuracy": published.test_accuracy,
            "test_accuracy_difference": fit["test_accuracy"] - published.test_accuracy,
        }
        for network in study.networks
        for fit in fits
        if fit["network"] == network.name
        for published in network.published
    ]
    unfinished = path.with_name(f"{path.name}-{uuid.uuid4().hex}.tmp")
    try:
        pd.DataFrame(rows).to_csv(unfinished, index=False)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
