"""Experiments of a study -> recorded fits, by scikit-learn's own tools."""

from dataclasses import replace

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    PredefinedSplit,
    learning_curve,
    validation_curve,
)

from skdigits.studies._images import images
from skdigits.studies._recorder import RecordedClassifier
from skdigits.studies._study import Network, Search

QUICK_EPOCHS = 3
FIGURES = (
    "images",
    "parameters",
    "epochs",
    "fit_seconds",
    "reduction_seconds",
    "test_accuracy",
    "test_loss",
)


def rows_of_experiments(study, recorder, seeds):
    """Run all experiments of a study.

    Parameters
    ----------
    study : Study
    recorder : Recorder
    seeds : int or None
        In place of every number of seeds that is declared.

    Yields
    ------
    name : str
        Of a network, a candidate or a point of a curve, in the order of the study, searches last.
    published : tuple of Published
        Runs of it.
    figures : list of dict
        Its record with each seed, or the means over the folds of a search; "experiment" names what
        it is a part of.
    """
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
    results, fitted, record = [], None, None
    for network in chain:
        if seed >= (seeds or network.seeds):
            break
        estimator = _estimator(network, seed, recorder.quick)
        if fitted is not None:
            estimator = fitted.set_params(**estimator.get_params(deep=False))
        recorder_here = replace(recorder, split=network.split or recorder.split)
        parts = images(recorder_here.split, recorder.quick)
        fitted, record = recorder_here.fit(
            estimator, *parts["train"], network.name, after=record, **_validation(parts)
        )
        results.append((network.published, record | {"experiment": network.name}))
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
        record = classifier.record_ | {"experiment": curve.name}
        records[record["key"]] = curve.published.get(record["network"], ()), record
        return record["test_accuracy"]

    classifier = RecordedClassifier(_estimator(curve, seed, recorder.quick), recorder, curve.label)
    # On a cluster, n_jobs=1 would still send the fits to other workers, and `records` with them.
    here = joblib.parallel_config(backend="sequential")
    options = {"cv": [(train, test)], "scoring": score, "error_score": "raise", "n_jobs": 1}
    if curve.parameter is None:
        sizes = sorted({min(size, n_train) for size in curve.values})
        with here:
            learning_curve(classifier, X, y, train_sizes=sizes, **options)
    else:
        ranged = {"param_name": curve.parameter, "param_range": curve.values}
        with here:
            validation_curve(classifier, X, y, **ranged, **options)
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
    recorder = replace(recorder, measures_training=False)
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
            "experiment": search.name,
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
        record = record | {"experiment": search.name, "network": name}
        yield name, search.published.get("best", ()), [record]


def _score_and_figures(classifier, X, y):
    figures = {figure: classifier.record_[figure] for figure in FIGURES}
    return {"score": classifier.score(X, y), **figures}


def _estimator(experiment, seed, quick):
    """The estimator to fit."""
    estimator = clone(experiment.estimator)
    parameters = {"random_state": seed}
    if quick:
        parameters |= {
            name: min(value, QUICK_EPOCHS)
            for name, value in estimator.get_params().items()
            if name in ("epochs", "classifier__epochs")
        }
    return estimator.set_params(**parameters)


def _validation(parts):
    if "validation" not in parts:
        return {}
    return dict(zip(("X_val", "y_val"), parts["validation"], strict=True))
