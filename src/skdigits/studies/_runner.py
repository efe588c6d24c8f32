"""The runner: any study -> fitted models, figures, a table as it goes."""

import io
import json
import re
import sys
from contextlib import contextmanager, nullcontext, redirect_stdout
from copy import deepcopy
from pathlib import Path

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.metrics import log_loss

from skdigits.datasets import fetch_mnist
from skdigits.studies._environment import environment
from skdigits.studies._report import HEADER, table_lines, write_csv

QUICK_IMAGES = {"train": 5_000, "validation": 1_000, "test": 2_000}
QUICK_EPOCHS = 3


class _StatusLine(io.TextIOBase):
    """Shows what is printed on one line of the terminal, each line in place of the one before."""

    def __init__(self, prefix):
        self.prefix = prefix

    def write(self, text):
        if text.strip():
            print(f"\r\x1b[K{self.prefix}{text.strip()}", end="", file=sys.stderr, flush=True)
        return len(text)


@contextmanager
def _status_line(prefix):
    status = _StatusLine(prefix)
    status.write("fitting")
    try:
        with redirect_stdout(status):
            yield
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def reproduce(study, output, *, quick=False, file=None):
    """Run a study: fit its networks, print its table, write figures and models.

    Written into the folder `output`: ``<study>.csv``, a row for each fit and published run;
    ``environment.json``, where it was measured; ``models/<network>-seed<seed>.joblib``. All of it
    is up to date after every network.

    Parameters
    ----------
    study : Study
        One of `skdigits.studies.STUDIES`, or your own.
    output : str or path-like
        Folder to write into; made if need be.
    quick : bool, default=False
        Use fewer images, one seed and few epochs. Good for a look at how it works; the accuracies
        are not those of the study.
    file : text stream, default=None
        Where the table goes; None is the standard output.

    Returns
    -------
    fits : list of dict
        Figures of every fit.
    """
    file = sys.stdout if file is None else file
    output = Path(output)
    (output / "models").mkdir(parents=True, exist_ok=True)
    images = _images(study, quick)
    where = environment()
    (output / "environment.json").write_text(json.dumps(where, indent=2) + "\n")

    def tell(*lines):
        print(*lines, sep="\n", file=file, flush=True)

    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    sizes = ", ".join(f"{len(y):,} {part}" for part, (_, y) in images.items())
    tell(
        f"{study.name}: {study.title}",
        f"{sizes} images; {where['processor']}, {where['threads']} threads; {versions}",
    )
    if quick:
        tell(
            f"QUICK: fewer images, one seed, {QUICK_EPOCHS} epochs at most; not the study's figures"
        )
    tell("", HEADER)
    fits, estimators = [], {}
    for network in study.networks:
        of_network = []
        for seed in range(1 if quick else network.seeds):
            estimator = _estimator(network, seed, quick, estimators)
            estimators[network.name, seed] = estimator
            of_network.append(_fit(estimator, network.name, seed, images, output / "models"))
        fits += [{**fit, "quick": quick} for fit in of_network]
        write_csv(output / f"{study.name}.csv", study, fits)
        tell(*table_lines(network, of_network))
    tell(
        "",
        *study.notes,
        "",
        f"Figures: {output / study.name}.csv",
        f"Models: {output / 'models'} (they take pixels / {study.pixel_range})",
    )
    return fits


def _images(study, quick):
    """Samples and labels of each part, as the study splits and scales them."""
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    held_out = study.n_validation
    parts = {
        "train": (X[held_out:], y[held_out:]),
        "validation": (X[:held_out], y[:held_out]),
        "test": (X_test, y_test),
    }
    if not held_out:
        del parts["validation"]
    pixel_range = np.float32(study.pixel_range)
    sizes = QUICK_IMAGES if quick else dict.fromkeys(parts)
    return {
        part: (X[: sizes[part]] / pixel_range, y[: sizes[part]]) for part, (X, y) in parts.items()
    }


def _estimator(network, seed, quick, fitted):
    """The estimator to fit: new, or a copy of a fitted one that is to go on."""
    estimator = clone(network.estimator).set_params(random_state=seed)
    if quick:
        _set_everywhere(estimator, "epochs", QUICK_EPOCHS)
    if network.continues is None:
        return estimator
    before = deepcopy(fitted[network.continues, seed])
    return before.set_params(**estimator.get_params(deep=False))


def _fit(estimator, name, seed, images, folder):
    """Fit an estimator, save the model; its figures."""
    on_terminal = sys.stderr.isatty()
    _set_everywhere(estimator, "verbose", on_terminal)
    X_val, y_val = images.get("validation", (None, None))
    with _status_line(f"{name}, seed {seed}: ") if on_terminal else nullcontext():
        estimator.fit(*images["train"], X_val=X_val, y_val=y_val)
    for part in (estimator, getattr(estimator, "classifier_", estimator)):
        _set_everywhere(part, "verbose", False)
    file_name = re.sub("[^a-z0-9]+", "-", name.lower())
    joblib.dump(estimator, folder / f"{file_name}-seed{seed}.joblib")
    classifier = getattr(estimator, "classifier_", estimator)
    X_test, y_test = images["test"]
    return {
        "network": name,
        "seed": seed,
        "parameters": classifier.n_parameters_,
        "epochs": classifier.n_iter_,
        "fit_seconds": estimator.fit_time_,
        "reduction_seconds": getattr(estimator, "reduction_time_", 0.0),
        **{f"{part}_accuracy": estimator.score(X, y) for part, (X, y) in images.items()},
        "test_loss": log_loss(y_test, estimator.predict_proba(X_test), labels=estimator.classes_),
    }


def _set_everywhere(estimator, parameter, value):
    """Set a parameter of an estimator and of the classifier inside it, where they have it."""
    for name in estimator.get_params():
        if name in (parameter, f"classifier__{parameter}"):
            estimator.set_params(**{name: value})
