"""Fits that are recorded when they are finished, and found again instead of repeated."""

import hashlib
import os
import re
import threading
import time
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import joblib
import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.metrics import log_loss

import skdigits
from skdigits._utils import atomic_write
from skdigits.studies._environment import environment
from skdigits.studies._images import Split, images
from skdigits.studies._records import FILE_OF_RECORDS, Records


@dataclass(frozen=True)
class Recorder:
    """Fits estimators of one study, each once.

    A fit that is finished has its model in the folder `models` and a record of its figures in
    `records.jsonl`, both in `output`; asked for the same fit again, the recorder loads the model.
    A search leaves out the accuracy on training images: for each candidate it would take longer
    than the other images together.
    """

    output: Path
    study: str
    split: Split
    quick: bool = False
    measures_training: bool = True
    driver: int = field(default_factory=os.getpid)

    @property
    def records(self):
        """The file of finished fits."""
        return Records(self.output / FILE_OF_RECORDS)

    def fit(self, estimator, X, y, name, *, after=None, **fit_parameters):
        """Fit an estimator, unless that has been done.

        Parameters
        ----------
        estimator : estimator
        X, y : ndarray
        name : str
            What it is called in the study.
        after : dict, default=None
            Record of the fit that this one continues; its seconds count.
        **fit_parameters : dict
            Passed to ``estimator.fit``.

        Returns
        -------
        fitted : estimator
        record : dict
        """
        _end_with(self.driver)
        words = [self.study, name, self.quick, after and after["key"], skdigits.__version__]
        data = [X, y, *(fit_parameters[key] for key in sorted(fit_parameters))]
        key = _digest([*words, *_parameters(estimator, joblib.hash).items()], data)
        seed = estimator.get_params().get("random_state")
        slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
        path = self.output / "models" / self.study / f"{slug[:80]}-seed{seed}-{key[:8]}.joblib"
        record = self.records.find(key) if path.exists() else None
        fitted = _loaded(path) if record else None
        if fitted is not None:
            return fitted, record
        estimator.fit(X, y, **fit_parameters)
        record = {
            "key": key,
            "study": self.study,
            "network": name,
            "seed": seed,
            "quick": self.quick,
            "images": len(X),
            **self._figures(estimator, X, y),
            "estimator": _parameters(estimator, repr),
            "model": str(path.relative_to(self.output)),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "environment": _environment(),
        }
        if after:
            record["fit_seconds"] += after["fit_seconds"]
        _save(estimator, path)
        self.records.append(record)
        return estimator, record

    def _figures(self, estimator, X, y):
        classifier = getattr(estimator, "classifier_", estimator)
        parts = images(self.split, self.quick) | {"train": (X, y)}
        if not self.measures_training:
            del parts["train"]
        figures = {
            "parameters": classifier.n_parameters_,
            "epochs": classifier.n_iter_,
            "fit_seconds": estimator.fit_time_,
            "reduction_seconds": getattr(estimator, "reduction_time_", 0.0),
            **{f"{part}_accuracy": estimator.score(X, y) for part, (X, y) in parts.items()},
        }
        if "test" in parts:
            X_test, y_test = parts["test"]
            figures["test_loss"] = float(
                log_loss(y_test, estimator.predict_proba(X_test), labels=estimator.classes_)
            )
        return figures | {"history": classifier.history_, "epoch_seconds": classifier.epoch_times_}


class RecordedClassifier(ClassifierMixin):
    """Stands for a classifier inside a search: the same parameters, but fits are recorded.

    Parameters
    ----------
    estimator : classifier
    recorder : Recorder
    label : callable
        Name of a fit, from the parameters of the estimator and ``images``, their number.
    """

    def __init__(self, estimator, recorder, label):
        self.estimator = estimator
        self.recorder = recorder
        self.label = label

    def __sklearn_clone__(self):
        return RecordedClassifier(clone(self.estimator), self.recorder, self.label)

    def __sklearn_tags__(self):
        return self.estimator.__sklearn_tags__()

    def get_params(self, deep=True):
        """Parameters of the classifier that it stands for."""
        return self.estimator.get_params(deep)

    def set_params(self, **parameters):
        """Set parameters of that classifier."""
        self.estimator.set_params(**parameters)
        return self

    def fit(self, X, y, **fit_parameters):
        """Fit that classifier, or find it fitted."""
        name = self.label({**self.get_params(), "images": len(X)})
        self.estimator, self.record_ = self.recorder.fit(
            self.estimator, X, y, name, **fit_parameters
        )
        self.classes_ = self.estimator.classes_
        return self

    def predict(self, X):
        """Predict with it."""
        return self.estimator.predict(X)


def _parameters(estimator, of_value):
    """What an estimator is: text for each parameter that decides what is learned."""
    parameters = {"": type(estimator).__name__}
    for name, value in sorted(estimator.get_params().items()):
        if name.rpartition("__")[-1] not in ("verbose", "n_jobs"):
            is_part = hasattr(value, "get_params")
            parameters[name] = type(value).__name__ if is_part else of_value(value)
    return parameters


def _digest(words, arrays):
    digest = hashlib.sha256(repr(words).encode())
    for array in arrays:
        digest.update(repr((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _environment():
    return environment()


def _save(estimator, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as unfinished:
        joblib.dump(estimator, unfinished)


def _loaded(path):
    """A saved model; None, with a warning, if it cannot be read."""
    try:
        return joblib.load(path)
    except Exception as error:  # whatever a damaged pickle raises
        warnings.warn(f"{path} cannot be loaded ({error}); that fit is done again", stacklevel=2)
        return None


@lru_cache(maxsize=1)
def _end_with(driver):
    """End this process, if it is a child of the driver, as soon as the driver is gone.

    A worker that outlived a driver that was killed would go on fitting what the next run fits.
    """
    if os.getppid() != driver:
        return

    def watch():
        while os.getppid() == driver:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
