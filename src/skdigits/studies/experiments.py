"""Run the experiments of a study with scikit-learn's model selection tools."""

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

from skdigits.studies.data import images
from skdigits.studies.recorder import RecordedClassifier
from skdigits.studies.spec import Network, Search

QUICK_EPOCHS = 3
METRICS = (
    "images",
    "parameters",
    "epochs",
    "fit_seconds",
    "reduction_seconds",
    "test_accuracy",
    "test_loss",
)


def run_experiments(study, recorder, seeds):
    """Run all experiments of a study.

    Parameters
    ----------
    study : Study
    recorder : Recorder
    seeds : int or None
        Number of seeds; None uses the numbers that the study declares.

    Yields
    ------
    published : tuple of Published
        Published runs of a network, a candidate or a point of a curve, in the order of the study
        but with searches last.
    fits : list of dict
        The record for each seed, or the means over the folds for a candidate of a search, with the
        name of the experiment.
    """
    searches = [one for one in study.experiments if isinstance(one, Search)]
    chains = _chains([one for one in study.experiments if not isinstance(one, Search)])
    tasks = [
        (chain, seed)
        for chain in chains
        for seed in range(seeds or max(np.max(experiment.seeds) for experiment in chain))
    ]
    finished = joblib.Parallel(return_as="generator", batch_size=1)(
        joblib.delayed(_run)(recorder, chain, seed, seeds) for chain, seed in tasks
    )
    rows = {}
    for (_, seed), results in zip(tasks, finished, strict=True):
        if seed == 0:  # the next chain begins
            yield from rows.values()
            rows = {}
        for published, record in results:
            rows.setdefault(record["network"], (published, []))[1].append(record)
    yield from rows.values()
    for search in searches:
        yield from _search(recorder, search)


def _chains(experiments):
    """Group each network with those that continue it; a curve is a chain of one."""
    chains = {}
    for experiment in experiments:
        previous = getattr(experiment, "continues", None)
        chain = chains.pop(previous) if previous else ()
        chains[experiment.name] = (*chain, experiment)
    return list(chains.values())


def _run(recorder, chain, seed, seeds):
    """Return the published runs and the record of each fit of a chain, for one seed."""
    if isinstance(chain[0], Network):
        return _networks(recorder, chain, seed, seeds)
    return _curve(recorder, chain[0], seed, seeds)


def _networks(recorder, networks, seed, seeds):
    results, fitted, record = [], None, None
    for network in networks:
        if seed >= (seeds or network.seeds):
            break
        estimator = _estimator(network, seed, recorder.quick)
        if fitted is not None:
            estimator = fitted.set_params(**estimator.get_params(deep=False))
        split = network.split or recorder.split
        parts = images(split, recorder.quick)
        fitted, record = replace(recorder, split=split).fit(
            estimator, *parts["train"], network.name, seed, after=record, **_validation(parts)
        )
        results.append((network.published, record | {"experiment": network.name}))
    return results


def _curve(recorder, curve, seed, seeds):
    parts = images(recorder.split, recorder.quick)
    n_train, n_test = (len(parts[part][1]) for part in ("train", "test"))
    X, y = (np.concatenate(both) for both in zip(parts["train"], parts["test"], strict=True))
    train = np.random.default_rng(seed).permutation(n_train)
    test = np.arange(n_train, n_train + n_test)
    results = {}

    def score(classifier, X, y):
        record = classifier.record_ | {"experiment": curve.name}
        results[record["key"]] = curve.published.get(record["network"], ()), record
        return record["test_accuracy"]

    estimator = _estimator(curve, seed, recorder.quick)
    classifier = RecordedClassifier(estimator, recorder, curve.label, seed)
    options = {"cv": [(train, test)], "scoring": score, "error_score": "raise", "n_jobs": 1}
    # On a cluster, n_jobs=1 would send the fits to other workers, which have their own `results`.
    with joblib.parallel_config(backend="sequential"):
        if curve.parameter is None:
            sizes = sorted({min(size, n_train) for size in curve.values_of(seed, seeds)})
            learning_curve(classifier, X, y, train_sizes=sizes, **options)
        else:
            values = curve.values_of(seed, seeds)
            grid = {"param_name": curve.parameter, "param_range": values}
            validation_curve(classifier, X, y, **grid, **options)
    return list(results.values())


def _search(recorder, search):
    """Yield each candidate of a search, then its refitted best estimator."""
    parts = images(recorder.split, recorder.quick)
    X, y = parts["train"]
    cv = search.folds
    if cv is None:
        X_val, y_val = parts["validation"]
        cv = PredefinedSplit([-1] * len(y) + [0] * len(y_val))
        X, y = np.concatenate([X, X_val]), np.concatenate([y, y_val])
    estimator = _estimator(search, 0, recorder.quick)
    recorder = replace(recorder, score_training=False)
    grid = GridSearchCV(
        RecordedClassifier(estimator, recorder, search.label, 0, _validation(parts)),
        search.grid,
        scoring=_score_and_metrics,
        cv=cv,
        refit="score" if search.refit else False,
        error_score="raise",
    )
    grid.fit(X, y)
    results = grid.cv_results_
    for index, parameters in enumerate(results["params"]):
        name = search.label(estimator.get_params() | parameters)
        row = {
            "experiment": search.name,
            "network": name,
            "seed": 0,
            "quick": recorder.quick,
            **{metric: results[f"mean_test_{metric}"][index] for metric in METRICS},
            "validation_accuracy": results["mean_test_score"][index],
            "validation_std": results["std_test_score"][index],
        }
        yield search.published.get(name, ()), [row]
    if search.refit:
        record = grid.best_estimator_.record_
        name = f"best: {record['network']}"
        record = record | {"experiment": search.name, "network": name}
        yield search.published.get("best", ()), [record]


def _score_and_metrics(classifier, X, y):
    metrics = {metric: classifier.record_[metric] for metric in METRICS}
    return {"score": classifier.score(X, y), **metrics}


def _estimator(experiment, seed, quick):
    """Clone the estimator of an experiment and set its seed, if it has one."""
    estimator = clone(experiment.estimator)
    changes = {}
    for name, value in estimator.get_params().items():
        if name == "random_state":
            changes[name] = seed
        elif quick and name.rpartition("__")[-1] == "epochs":
            changes[name] = min(value or QUICK_EPOCHS, QUICK_EPOCHS)
    return estimator.set_params(**changes)


def _validation(parts):
    if "validation" not in parts:
        return {}
    return dict(zip(("X_val", "y_val"), parts["validation"], strict=True))
