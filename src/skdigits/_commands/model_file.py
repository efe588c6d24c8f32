"""Save and load the fitted classifier of a command, and check data for it."""

import tempfile
from pathlib import Path

import joblib
import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits import (
    ConvDigitClassifier,
    DenseDigitClassifier,
    DigitImageNormalizer,
    ReducedDigitClassifier,
)
from skdigits._commands.errors import CommandError, first_line
from skdigits._utils import atomic_write, check_memory_for, file_in_errors

CLASSIFIERS = (DenseDigitClassifier, ConvDigitClassifier, ReducedDigitClassifier)
NAMES = "DenseDigitClassifier, ConvDigitClassifier or ReducedDigitClassifier"
MODEL_HELP = "file saved by `skdigits train` or with joblib, but not as ONNX"
PIPELINE = "pipeline of a DigitImageNormalizer and one of them"


def check_writable(path):
    """Check that a model can be saved, before it is trained."""
    path = Path(path)
    if path.is_dir():
        raise CommandError(f"--output must be a file; {path} is a folder")
    if not path.parent.is_dir():
        raise CommandError(f"--output must be in an existing folder; {path.parent} is not a folder")
    if _is_onnx(path):
        import skdigits.onnx  # raises an error if packages are missing  # noqa: F401
    with file_in_errors(path), tempfile.TemporaryFile(dir=path.parent):
        pass


def save_model(model, path):
    """Save a fitted classifier with joblib, or as ONNX if the file's name ends in .onnx."""
    path = Path(path)
    if _is_onnx(path):
        content = _onnx_content(model)
        with atomic_write(path) as unfinished:
            unfinished.write_bytes(content)
    else:
        with atomic_write(path) as unfinished:
            joblib.dump(model, unfinished, compress=3)


def _is_onnx(path):
    return Path(path).suffix.lower() == ".onnx"


def _onnx_content(model):
    from skdigits.onnx import to_onnx

    return to_onnx(model, options={"zipmap": False}).SerializeToString()


def load_model(path):
    """Load a fitted classifier of skdigits that predicts probabilities.

    The file may also hold a pipeline of a `DigitImageNormalizer` and the classifier, or a fitted
    search, such as a GridSearchCV, over either.

    Returns
    -------
    classifier : estimator
    normalizer : DigitImageNormalizer or None
        The normalizer of the pipeline; None without a pipeline.

    Raises
    ------
    CommandError
        If the file holds anything else.
    """
    if _is_onnx(path):
        raise CommandError(
            f"{path} must be a model saved with joblib; got an ONNX file, which ONNX Runtime reads"
        )
    try:
        model = joblib.load(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # a damaged or foreign pickle may raise any error
        if isinstance(error, MemoryError):
            check_memory_for(Path(path))
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise CommandError(f"{path} must be a model saved with joblib: {reason}") from None
    found = type(model).__name__
    model, normalizer = _best(model), None
    if isinstance(model, Pipeline):
        found = "a pipeline of " + ", ".join(type(step).__name__ for _, step in model.steps)
        if len(model) == 2 and isinstance(model[0], DigitImageNormalizer):
            normalizer, model = model[0], _best(model[1])
    if not isinstance(model, CLASSIFIERS):
        hint = "; for PCA, use ReducedDigitClassifier" if isinstance(model, Pipeline) else ""
        raise CommandError(f"{path} must hold a {NAMES}, or a {PIPELINE}; got {found}{hint}")
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise CommandError(f"{path} must hold a fitted {type(model).__name__}") from None
    if not hasattr(model, "predict_proba"):
        raise CommandError(f"{path} must hold a classifier with predict_proba; got {model}")
    return model, normalizer


def _best(model):
    """Return the best estimator of a search; return any other estimator unchanged."""
    return getattr(model, "best_estimator_", model)


def check_pixels(X, n_pixels, source):
    """Check that samples have as many pixels as the training samples."""
    if X.shape[1] != n_pixels:
        raise CommandError(
            f"{source} must have {n_pixels} pixels per image, as in training; got {X.shape[1]}"
        )


def check_labels(y, classes, source):
    """Convert labels to the type of the training labels, and check that they are among them."""
    if classes.dtype.kind in "OTU":
        y = y.astype(str)  # folders named after digits yield integers
    unknown = y[~np.isin(y, classes)]
    if len(unknown):
        known = ", ".join(map(str, classes))
        raise CommandError(f"{source} must have labels among {known}; got {unknown[0]}")
    return y
