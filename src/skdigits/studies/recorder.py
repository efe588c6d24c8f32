"""Fit estimators, recording each finished fit and reusing those already recorded."""

import errno
import hashlib
import json
import os
import re
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import joblib
import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.metrics import log_loss
from sklearn.utils.validation import check_is_fitted

import skdigits
from skdigits._utils import atomic_write, check_memory_for, make_folder, warn
from skdigits.studies.data import Split, images
from skdigits.studies.records import RECORDS_FILE, Records
from skdigits.studies.system_info import environment


@dataclass(frozen=True)
class Recorder:
    """Fit the estimators of a study, each at most once.

    Every finished fit is saved to `output`: the estimator in the folder `models`, its metrics in
    `records.jsonl`. If the same fit is requested again, the recorder loads the saved estimator.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write to.
    study : str
        Name of the study.
    split : Split
    quick : bool, default=False
        Whether to score on a twelfth of the images.
    score_training : bool, default=True
        Whether to compute the accuracy on the training images. Searches skip it, as it takes longer
        than all other scores of a candidate.
    parent_pid : int
        Process that started the study.
    """

    output: Path
    study: str
    split: Split
    quick: bool = False
    score_training: bool = True
    parent_pid: int = field(default_factory=os.getpid)

    @property
    def records(self):
        """The file of finished fits."""
        return Records(self.output / RECORDS_FILE)

    def fit(self, estimator, X, y, name, seed, *, after=None, **fit_params):
        """Fit an estimator, or load it if this fit is recorded.

        Parameters
        ----------
        estimator : estimator
        X, y : ndarray
        name : str
            Name of the fit in the study.
        seed : int
            Number of the repetition, which is also the random state of the estimator if it has one.
        after : dict, default=None
            Record of the fit that this one continues; its fit time is added.
        **fit_params : dict
            Passed to ``estimator.fit``.

        Returns
        -------
        fitted : estimator
        record : dict
        """
        _exit_with_parent(self.parent_pid)
        identity = [self.study, name, self.quick, after and after["key"], skdigits.__version__]
        data = [X, y, *(fit_params[key] for key in sorted(fit_params))]
        key = _digest([*identity, *_parameters(estimator, joblib.hash).items()], data)
        slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
        path = self.output / "models" / self.study / f"{slug[:80]}-seed{seed}-{key[:8]}.joblib"
        _check_is_no_folder(path)
        model = {"model": str(path.relative_to(self.output))}
        record = self.records.find(key) if path.exists() else None
        fitted = _load(path, type(estimator), record["history"], X) if record else None
        if fitted is not None:
            return fitted, record | model
        make_folder(path.parent)  # if that is impossible, fail before the fit
        start = time.perf_counter()
        estimator.fit(X, y, **fit_params)
        seconds = time.perf_counter() - start
        record = {
            "key": key,
            "study": self.study,
            "network": name,
            "seed": seed,
            "quick": self.quick,
            "images": len(X),
            **self._metrics(estimator, X, y, seconds),
            "estimator": _parameters(estimator, repr),
            **model,
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "environment": _environment(),
        }
        if after:
            record["fit_seconds"] += after["fit_seconds"]
        with atomic_write(path) as unfinished:
            joblib.dump(estimator, unfinished)
        self.records.append(record)
        return estimator, record

    def _metrics(self, estimator, X, y, seconds):
        classifier = getattr(estimator, "classifier_", estimator)
        # Classifiers for comparison may have neither epochs nor probabilities.
        epoch_seconds = getattr(classifier, "epoch_times_", [])
        parts = images(self.split, self.quick) | {"train": (X, y)}
        if not self.score_training:
            del parts["train"]
        metrics = {
            "parameters": getattr(classifier, "n_parameters_", None),
            "epochs": len(epoch_seconds) or None,
            "fit_seconds": seconds,
            "reduction_seconds": getattr(estimator, "reduction_time_", 0.0),
            **{f"{part}_accuracy": estimator.score(X, y) for part, (X, y) in parts.items()},
        }
        metrics["test_loss"] = None
        if "test" in parts and hasattr(estimator, "predict_proba"):
            X_test, y_test = parts["test"]
            metrics["test_loss"] = float(
                log_loss(y_test, estimator.predict_proba(X_test), labels=estimator.classes_)
            )
        return metrics | {"history": _history(estimator), "epoch_seconds": epoch_seconds}


class RecordedClassifier(ClassifierMixin):
    """A classifier whose fits are recorded, for searches and curves.

    It has the parameters of the classifier that it wraps.

    Parameters
    ----------
    estimator : classifier
    recorder : Recorder
    label : callable
        Returns the name of a fit, given a dict of the estimator's parameters and ``images``, the
        number of training images.
    seed : int
        Number of the repetition.
    validation : dict, default=None
        ``X_val`` and ``y_val`` of every fit. If they were passed to the fit of a search and had as
        many rows as the training images, the search would split them into folds, too.
    """

    def __init__(self, estimator, recorder, label, seed, validation=None):
        self.estimator = estimator
        self.recorder = recorder
        self.label = label
        self.seed = seed
        self.validation = validation

    def __sklearn_clone__(self):
        return RecordedClassifier(
            clone(self.estimator), self.recorder, self.label, self.seed, self.validation
        )

    def __sklearn_tags__(self):
        return self.estimator.__sklearn_tags__()

    def get_params(self, deep=True):
        """Return the parameters of the wrapped classifier."""
        return self.estimator.get_params(deep)

    def set_params(self, **parameters):
        """Set parameters of the wrapped classifier."""
        self.estimator.set_params(**parameters)
        return self

    def fit(self, X, y):
        """Fit the wrapped classifier, or load it if this fit is recorded."""
        name = self.label({**self.get_params(), "images": len(X)})
        self.estimator, self.record_ = self.recorder.fit(
            self.estimator, X, y, name, self.seed, **(self.validation or {})
        )
        self.classes_ = self.estimator.classes_
        return self

    def predict(self, X):
        """Predict with the wrapped classifier."""
        return self.estimator.predict(X)


def _parameters(estimator, describe):
    """Describe each parameter that affects what an estimator learns."""
    parameters = {"": type(estimator).__name__}
    for name, value in sorted(estimator.get_params().items()):
        if name.rpartition("__")[-1] not in ("verbose", "n_jobs"):
            is_estimator = hasattr(value, "get_params")
            parameters[name] = type(value).__name__ if is_estimator else describe(value)
    return parameters


def _digest(identity, arrays):
    digest = hashlib.sha256(repr(identity).encode())
    for array in arrays:
        digest.update(repr((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def _history(estimator):
    """Return the metrics of each epoch; empty for a classifier without epochs."""
    return getattr(getattr(estimator, "classifier_", estimator), "history_", {})


@lru_cache(maxsize=1)
def _environment():
    return environment()


def _check_is_no_folder(path):
    if path.is_dir():
        message = "expected a saved model, but found a folder; move or delete it"
        raise IsADirectoryError(errno.EISDIR, message, str(path))


def _load(path, kind, history, X):
    """Load the estimator of a recorded fit; if the file does not hold it, warn and return None.

    Parameters
    ----------
    path : pathlib.Path
    kind : type
        Type of the estimator.
    history : dict
        Recorded history, to recognize fits with other parameters or data.
    X : ndarray
        Training samples; the estimator must be able to predict the first.

    Returns
    -------
    fitted : estimator or None
    """
    try:
        fitted = joblib.load(path)
        if type(fitted) is not kind:
            raise TypeError(f"it holds {type(fitted).__name__}, not {kind.__name__}")
        check_is_fitted(fitted)
        found = _history(fitted)
        if json.dumps(found) != json.dumps(history):  # as text, in which NaN equals NaN
            raise ValueError("it holds a different fit from the recorded one")
        fitted.predict(X[:1])
    except PermissionError:  # the file may be intact
        raise
    except Exception as error:  # a damaged or foreign pickle may raise any error
        if isinstance(error, MemoryError):
            check_memory_for(path)
        message = f"{type(error).__name__}: {error}"
        warn(f"cannot load {path} ({message}); repeating this fit")
        return None
    return fitted


@lru_cache(maxsize=1)
def _exit_with_parent(parent_pid):
    """If this is a worker process, end it as soon as its parent process has ended.

    A worker that outlived a killed parent would repeat the fits of the resumed run.
    """
    if os.getppid() != parent_pid:
        return

    def watch():
        while os.getppid() == parent_pid:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
