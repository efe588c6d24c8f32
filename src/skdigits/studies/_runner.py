"""The runner: any study -> recorded fits, figures beside the published ones, a table."""

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    PredefinedSplit,
    learning_curve,
    validation_curve,
)

from skdigits.studies._catalogue import STUDIES
from skdigits.studies._environment import environment
from skdigits.studies._html import write_html
from skdigits.studies._images import images
from skdigits.studies._recorder import RecordedClassifier, Recorder
from skdigits.studies._status import StatusLine
from skdigits.studies._study import Network, Search
from skdigits.studies._table import HEADER, rows_with_published, table_lines, write_csv

QUICK_EPOCHS = 3
# What the folds of a search tell besides their score.
FIGURES = (
    "images",
    "parameters",
    "epochs",
    "fit_seconds",
    "reduction_seconds",
    "train_accuracy",
    "test_accuracy",
    "test_loss",
)


def reproduce(study, output, *, quick=False, seeds=None, n_jobs=None, file=None):
    """Run a study: fit its networks, print its table, write figures, models and a report.

    Written into the folder `output`: ``records.jsonl``, a line for every fit as soon as it is
    finished; ``models``, every fitted estimator, saved with joblib; ``<study>.csv``, the table; and
    ``report.html``, the tables of all studies in that folder. Run again with the same folder, it
    goes on where it stopped: what is recorded is not fitted again.

    Parameters
    ----------
    study : Study
        One of `skdigits.studies.STUDIES`, or your own.
    output : str or path-like
        Folder to write into; made if need be.
    quick : bool, default=False
        Use fewer images, one seed and few epochs. Good for a look at how it works; the accuracies
        are not those of the study.
    seeds : int, default=None
        Fit every network with this many seeds; None takes the numbers that the study declares.
    n_jobs : int, default=None
        Fits at the same time. None takes it from `joblib.parallel_config`, as the backend: in a
        process of its own (loky) each of them has its share of the cores.
    file : text stream, default=None
        Where the table goes; None is the standard output.

    Returns
    -------
    results : DataFrame
        The table, as in ``<study>.csv``: a row for each network, seed and published run, and for
        each candidate of a search.

    Raises
    ------
    OSError
        If something cannot be written. What was recorded is not lost.
    """
    file = sys.stdout if file is None else file
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(output, study.name, study.split, quick)
    seeds = 1 if quick else seeds

    def tell(*lines):
        print(*lines, sep="\n", file=file, flush=True)

    n_damaged = recorder.records.repair()
    if n_damaged:
        tell(f"records.jsonl: {n_damaged} damaged, taken out; those fits are done again")
    where = environment()
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    tell(
        f"{study.name}: {study.title}",
        f"{study.n_fits(seeds)} fits; {where['processor']}, {where['threads']} threads; {versions}",
    )
    if quick:
        tell(
            f"QUICK: fewer images, one seed, {QUICK_EPOCHS} epochs at most; not the study's "
            "figures, and too little for networks that learn slowly, as sigmoid ones do"
        )
    tell("", HEADER)
    rows = []
    on_terminal = sys.stderr.isatty()
    parallel = joblib.parallel_config(n_jobs=n_jobs) if n_jobs else nullcontext()
    status = (
        StatusLine(study.name, recorder.records, study.n_fits(seeds))
        if on_terminal
        else nullcontext()
    )
    with parallel, status:
        for name, published, fits in _results(study, recorder, seeds):
            rows += rows_with_published(study.name, published, fits)
            write_csv(output / f"{study.name}.csv", rows)
            tell(*table_lines(name, published, fits))
    write_html(output, STUDIES | {study.name: study}, load_results(output), load_fits(output))
    tell("", *study.notes, "", f"Report: {output / 'report.html'}", f"Models: {output / 'models'}")
    return pd.DataFrame(rows)


def load_results(output):
    """Load the tables of all studies that were run into a folder.

    Parameters
    ----------
    output : str or path-like
        Folder that `reproduce` wrote into.

    Returns
    -------
    results : DataFrame
        The rows that `reproduce` returned, of all studies.
    """
    paths = sorted(Path(output).glob("*.csv"))
    if not paths:
        raise FileNotFoundError(f"output: there are no results of a study in {output}")
    return pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)


def load_fits(output):
    """Load the records of all fits that were finished in a folder.

    Parameters
    ----------
    output : str or path-like
        Folder that `reproduce` wrote, or is writing, into.

    Returns
    -------
    fits : DataFrame
        A row for each: what was fitted, its figures, its ``history`` and ``epoch_seconds``, the
        file of its model, and where it was measured.
    """
    records = Recorder(Path(output), "", None).records
    if not records.path.exists():
        raise FileNotFoundError(f"output: no fit was recorded in {output}")
    return pd.DataFrame(records.read().values())


def _results(study, recorder, seeds):
    """Name, published runs and figures of each row of the table, as they are finished."""
    searches = [one for one in study.experiments if isinstance(one, Search)]
    chains = _chains([one for one in study.experiments if not isinstance(one, Search)])
    tasks = [
        (chain, seed)
        for chain in chains
        for seed in range(seeds or max(experiment.seeds for experiment in chain))
    ]
    finished = joblib.Parallel(return_as="generator", batch_size=1)(
        joblib.delayed(_run)(recorder, chain, seed, seeds) for chain, seed in tasks
    )
    of_chain = {}
    for (_, seed), records in zip(tasks, finished, strict=True):
        if seed == 0:
            yield from of_chain.values()
            of_chain = {}
        for published, record in records:
            of_chain.setdefault(record["network"], (record["network"], published, []))[2].append(
                record
            )
    yield from of_chain.values()
    for search in searches:
        yield from _search(recorder, search)


def _chains(experiments):
    """Networks, each with those that continue it behind it; curves by themselves."""
    chains = {}
    for experiment in experiments:
        before = getattr(experiment, "continues", None)
        chain = chains.pop(before) if before else ()
        chains[experiment.name] = (*chain, experiment)
    return list(chains.values())


def _run(recorder, chain, seed, seeds):
    """Published runs and record of every fit of a chain with one seed."""
    if not isinstance(chain[0], Network):
        return _curve(recorder, chain[0], seed)
    results, fitted, key = [], None, None
    for network in chain:
        if seed >= (seeds or network.seeds):
            break
        estimator = _estimator(network, seed, recorder.quick)
        if fitted is not None:
            estimator = fitted.set_params(**estimator.get_params(deep=False))
        recorder_here = replace(recorder, split=network.split or recorder.split)
        parts = images(recorder_here.split, recorder.quick)
        fitted, record = recorder_here.fit(
            estimator, *parts["train"], network.name, after=key, **_validation(parts)
        )
        key = record["key"]
        results.append((network.published, record))
    return results


def _curve(recorder, curve, seed):
    """Likewise, of every point of a curve."""
    parts = images(recorder.split, recorder.quick)
    n_train, n_test = (len(parts[part][1]) for part in ("train", "test"))
    X, y = (np.concatenate(both) for both in zip(parts["train"], parts["test"], strict=True))
    train = np.random.default_rng(seed).permutation(n_train)
    test = np.arange(n_train, n_train + n_test)
    records = {}

    def score(classifier, X, y):
        record = classifier.record_
        records[record["key"]] = curve.published.get(record["network"], ()), record
        return classifier.score(X, y)

    classifier = RecordedClassifier(_estimator(curve, seed, recorder.quick), recorder, curve.label)
    options = {"cv": [(train, test)], "scoring": score, "error_score": "raise", "n_jobs": 1}
    if curve.parameter is None:
        sizes = sorted({min(size, n_train) for size in curve.values})
        learning_curve(classifier, X, y, train_sizes=sizes, **options)
    else:
        validation_curve(
            classifier, X, y, param_name=curve.parameter, param_range=curve.values, **options
        )
    return list(records.values())


def _search(recorder, search):
    """Name, published runs and figures of each candidate of a search, and of the best refitted."""
    parts = images(recorder.split, recorder.quick)
    X, y = parts["train"]
    cv = search.folds
    if cv is None:
        X_val, y_val = parts["validation"]
        cv = PredefinedSplit([-1] * len(y) + [0] * len(y_val))
        X, y = np.concatenate([X, X_val]), np.concatenate([y, y_val])
    estimator = _estimator(search, 0, recorder.quick)
    grid = GridSearchCV(
        RecordedClassifier(estimator, recorder, search.label),
        search.grid,
        scoring=_score_and_figures,
        cv=cv,
        refit="score" if search.refit else False,
        error_score="raise",
    )
    grid.fit(X, y, **_validation(parts))
    results = grid.cv_results_
    for position, parameters in enumerate(results["params"]):
        name = search.label(estimator.get_params() | parameters)
        fits = {figure: results[f"mean_test_{figure}"][position] for figure in FIGURES}
        row = {
            "network": name,
            "seed": 0,
            "quick": recorder.quick,
            "images": fits.pop("images"),
            **fits,
            "validation_accuracy": results["mean_test_score"][position],
            "validation_std": results["std_test_score"][position],
        }
        yield name, search.published.get(name, ()), [row]
    if search.refit:
        record = grid.best_estimator_.record_
        name = f"best: {record['network']}"
        yield name, search.published["best"], [record | {"network": name}]


def _score_and_figures(classifier, X, y):
    figures = {figure: classifier.record_[figure] for figure in FIGURES}
    return {"score": classifier.score(X, y), **figures}


def _estimator(experiment, seed, quick):
    """The estimator to fit."""
    estimator = clone(experiment.estimator)
    parameters = {"random_state": seed}
    if quick:
        parameters |= {
            name: QUICK_EPOCHS
            for name in estimator.get_params()
            if name in ("epochs", "classifier__epochs")
        }
    return estimator.set_params(**parameters)


def _validation(parts):
    if "validation" not in parts:
        return {}
    return dict(zip(("X_val", "y_val"), parts["validation"], strict=True))
