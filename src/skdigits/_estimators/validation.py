"""Validation of training data: samples, labels, weights and class weights."""

import math
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, column_or_1d, validate_data

from skdigits._compat import check_feature_names, check_sample_weight
from skdigits._estimators.input_range import value_range
from skdigits._utils import FLOAT32_MAX, is_int

# Data of these types are used without conversion; others are converted to the first.
INPUT_DTYPES = (np.float32, np.float64, np.uint8)


@dataclass(frozen=True)
class LabeledData:
    """Samples, labels and weights (float64) of the same length; the range of the samples."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    values: tuple[float, float]


def check_positive_ints(name, counts):
    """Return a parameter, one int or a sequence of ints, as a list of ints."""
    every = [counts] if np.ndim(counts) == 0 else list(counts)
    if not all(is_int(count) and count >= 1 for count in every):
        raise ValueError(
            f"{name} must be an int or a sequence of ints, each at least 1; got {one_line(counts)}"
        )
    return every


def check_float(name, value, largest=FLOAT32_MAX):
    """Return a parameter, a number that is at most `largest`, as a float."""
    number = as_float(value)
    if number > largest:
        raise ValueError(f"{name} must be at most {largest:.2g}; got {number:g}")
    return number


def as_float(value):
    """Convert a real number to a float; an int beyond the range of floats becomes infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def one_line(value):
    """Represent a value on one line; the repr of a NumPy array may have several."""
    return " ".join(repr(value).split())


def check_training_data(estimator, X, y, sample_weight, *, reset):
    """Check samples, labels and weights, and record the features if `reset`."""
    with conversion_errors("X"):
        X, y = validate_data(estimator, X, y, dtype=INPUT_DTYPES, order="C", reset=reset)
    if y.dtype == object:
        types = {"str" if isinstance(label, str) else type(label).__name__ for label in y}
        if "str" in types and len(types) > 1:
            raise ValueError(f"y must have labels of one type; got {', '.join(sorted(types))}")
    check_classification_targets(y)
    values = value_range(X)
    check_range(*values, "X")
    return LabeledData(X, y, _check_weight(sample_weight, X, "sample_weight"), values)


def check_samples(estimator, X):
    """Check samples to predict."""
    try:
        with conversion_errors("X"):
            return validate_data(estimator, X, dtype=INPUT_DTYPES, reset=False)
    except ValueError as error:
        shape, n_features = getattr(X, "shape", ()), estimator.n_features_in_
        if len(shape) == 2 and shape[1] != n_features and math.prod(shape) == n_features:
            hint = "If X is a single image, pass X.reshape(1, -1)."
            raise ValueError(f"{error} {hint}") from None
        raise


def check_validation_data(estimator, X_val, y_val, sample_weight_val):
    """Check the validation data; return None if there is none."""
    if X_val is None and y_val is None and sample_weight_val is None:
        return None
    check_validation_arguments(X_val, y_val, sample_weight_val)
    check_feature_names(estimator, X_val, reset=False)
    with conversion_errors("X_val"):
        X_val = check_array(X_val, dtype=INPUT_DTYPES, order="C", input_name="X_val")
    if X_val.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X_val has {X_val.shape[1]} features, but X has {estimator.n_features_in_}; steps of "
            "a Pipeline do not transform X_val (see ReducedDigitClassifier)"
        )
    values = value_range(X_val)
    check_range(*values, "X_val")
    y_val = column_or_1d(y_val)
    if len(X_val) != len(y_val):
        raise ValueError(f"X_val has {len(X_val)} samples, but y_val has {len(y_val)} labels")
    weight = _check_weight(sample_weight_val, X_val, "sample_weight_val")
    return LabeledData(X_val, y_val, weight, values)


def check_validation_arguments(X_val, y_val, sample_weight_val):
    """Check that X_val and y_val are passed together."""
    if X_val is None or y_val is None:
        given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        names = [name for name, value in given.items() if value is not None]
        raise ValueError(f"X_val and y_val must be passed together; got only {' and '.join(names)}")


@contextmanager
def conversion_errors(name):
    """Reword conversion errors: explain overflow of float32, and omit the values of 1D arrays."""
    try:
        with np.errstate(over="ignore"):  # scikit-learn rejects infinity
            yield
    except OverflowError as error:
        raise ValueError(
            f"{name} must be within the range of float32 (3.4e38), in which the network is "
            "trained; got a larger int"
        ) from error
    except ValueError as error:
        problem, values, advice = str(error).partition(" instead:\narray=")
        if not values:
            raise
        raise ValueError(f"{problem} instead. {advice.splitlines()[-1]}") from None


def check_range(low, high, name):
    """Check that float32 can hold all values from the lowest to the highest."""
    if max(high, -low, high - low) > FLOAT32_MAX:  # training subtracts them from each other
        raise ValueError(
            f"{name} and the differences between its values must be within the range of float32 "
            f"(3.4e38), in which the network is trained; got values from {low:g} to {high:g}"
        )


def _check_weight(sample_weight, X, name):
    try:
        with np.errstate(over="ignore"):  # scikit-learn rejects infinity
            return check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    except (OverflowError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{name} cannot be used: {reason}") from error


def check_classes(labels, name="y"):
    """Return the sorted unique labels, of which there must be at least two."""
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(f"{name} must have at least 2 classes; got {len(classes)} class")
    return classes


def encode_labels(y, classes, name):
    """Encode labels as indices of the sorted classes, int32."""
    unknown = ~np.isin(y, classes)
    if unknown.any():
        raise ValueError(
            f"{name} has the label {y[unknown].tolist()[0]!r}, which is not one of the classes "
            f"{classes}"
        )
    return np.searchsorted(classes, y).astype(np.int32)


def class_weights(class_weight, classes, y, weight):
    """Compute the weight of each class, in the order of `classes`.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        The parameter of the classifier.
    classes : ndarray
        The sorted classes.
    y, weight : ndarray
        Encoded labels and sample weights. "balanced" gives the same total weight to every class
        that occurs.

    Returns
    -------
    weights : ndarray of shape (n_classes,)
    """
    weights = np.ones(len(classes))
    if class_weight is None:
        return weights
    if class_weight == "balanced":
        y, weight = y[weight > 0], weight[weight > 0]
        occurring = np.unique(y)
        weights[occurring] = compute_class_weight(
            "balanced", classes=occurring, y=y, sample_weight=weight
        )
        return weights
    unknown = [label for label in class_weight if label not in classes]
    if unknown:
        raise ValueError(
            f"class_weight has the label {unknown[0]!r}, which is not one of the classes {classes}"
        )
    given = [class_weight.get(label, 1.0) for label in classes]
    weights = np.array([as_float(one) if isinstance(one, Real) else np.nan for one in given])
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights[y].any()):
        raise ValueError(
            "class_weight must hold finite, non-negative weights that are not all zero; got "
            f"{one_line(class_weight)}"
        )
    return weights
