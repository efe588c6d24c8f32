"""Training data as the training loop takes it: encoded labels, weights, splits, scaling."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    check_array,
    column_or_1d,
    validate_data,
)

from skdigits._inference.forward import CHUNK_ROWS

# Data of these types is read as it is; any other is converted to the first.
INPUT_DTYPES = (np.float32, np.float64, np.uint8)


@dataclass(frozen=True)
class Samples:
    """Rows of X to train or validate on; X is only copied where it is a single batch.

    ``y`` (int32, encoded) and ``weight`` (float32) have an entry for every row of X.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    rows: np.ndarray


def sum_is_finite(X):
    """Whether the sum of X is finite; if it is, all of X is."""
    with np.errstate(all="ignore"):
        return np.isfinite(X.sum())


def check_training_data(estimator, X, y, sample_weight, reset):
    """X, labels and weights as arrays, or an error that says what is wrong with them."""
    X, y = validate_data(estimator, X, y, dtype=INPUT_DTYPES, order="C", reset=reset)
    if y.dtype == object:
        kinds = {"str" if isinstance(label, str) else type(label).__name__ for label in y}
        if "str" in kinds and len(kinds) > 1:
            raise ValueError(f"y has labels of mixed types: {', '.join(sorted(kinds))}")
    check_classification_targets(y)
    _check_range(X, "X")
    return X, y, _check_weight(sample_weight, X)


def check_validation_data(estimator, X_val, y_val, sample_weight_val):
    """Samples to validate on, None if there are none, or an error."""
    if X_val is None and y_val is None and sample_weight_val is None:
        return None
    if X_val is None or y_val is None:
        given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        names = [name for name, value in given.items() if value is not None]
        raise ValueError(f"X_val and y_val go together, but {' and '.join(names)} came alone")
    _check_feature_names(estimator, X_val, reset=False)
    X_val = check_array(X_val, dtype=INPUT_DTYPES, order="C", input_name="X_val")
    if X_val.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X_val has {X_val.shape[1]} features, but X has {estimator.n_features_in_}; if X came "
            "through steps of a Pipeline, X_val did not: see ReducedDigitClassifier"
        )
    _check_range(X_val, "X_val")
    y_val = column_or_1d(y_val)
    if len(X_val) != len(y_val):
        raise ValueError(f"X_val has {len(X_val)} samples, but y_val has {len(y_val)} labels")
    y_val = encode_labels(y_val, estimator.classes_, "y_val")
    try:
        weight = _check_weight(sample_weight_val, X_val).astype(np.float32)
    except ValueError as error:
        raise ValueError(f"sample_weight_val cannot be used: {error}") from error
    return Samples(X_val, y_val, weight, np.flatnonzero(weight))


def _check_range(X, name):
    if X.dtype == np.float64 and max(X.max(), -X.min()) > np.finfo(np.float32).max:
        raise ValueError(
            f"{name} has values beyond the range of float32 (3.4e38), in which the network is "
            "trained"
        )


def _check_weight(sample_weight, X):
    return _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)


def check_classes(labels, name="y"):
    """The sorted classes among labels, at least two."""
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            f"a classifier needs samples of at least 2 classes; {name} has {len(classes)} class"
        )
    return classes


def encode_labels(y, classes, name):
    """Positions of labels in the sorted classes, int32; an unknown label is an error."""
    unknown = ~np.isin(y, classes)
    if unknown.any():
        raise ValueError(
            f"{name} has the label {y[unknown].tolist()[0]!r}, which is none of the classes "
            f"{classes}"
        )
    return np.searchsorted(classes, y).astype(np.int32)


def class_factors(class_weight, classes, y, weight):
    """Factor that class_weight gives to each class, in their order.

    "balanced" makes the total weight of every class that occurs the same.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if class_weight == "balanced":
        totals = np.bincount(y, weights=weight, minlength=len(classes))
        occurring = totals > 0
        factors = np.ones(len(classes))
        factors[occurring] = totals.sum() / (occurring.sum() * totals[occurring])
        return factors
    unknown = [label for label in class_weight if label not in classes]
    if unknown:
        raise ValueError(
            f"class_weight has the label {unknown[0]!r}, which is none of the classes {classes}"
        )
    factors = np.array([class_weight.get(label, 1.0) for label in classes], dtype=np.float64)
    if not (np.isfinite(factors).all() and (factors >= 0).all() and factors[y].any()):
        raise ValueError(
            "class_weight must hold finite weights that are not negative and not all zero; got "
            f"{class_weight}"
        )
    return factors


def merge_equal_samples(X, y, weight):
    """Put samples into an order of their own, equal ones merged with their weights added.

    When a whole training set is one batch, neither the order of its samples nor writing one of
    them twice instead of giving it twice the weight should change a result by a single bit.
    """
    table = np.column_stack([X, y])
    _, first, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
    return X[first], y[first], np.bincount(inverse, weights=weight)


def training_samples(X, y, weight, rows, *, batch_size, normalize):
    """Samples to train on; with `normalize` their weights are 1 on average."""
    if len(rows) <= batch_size:
        X, y, weight = merge_equal_samples(X[rows], y[rows], weight[rows])
        rows = np.arange(len(y))
    if normalize:
        weight = weight * (len(rows) / weight[rows].sum())
    return Samples(X, y, weight.astype(np.float32), rows)


def stratified_split(y, rows, validation_fraction, seed):
    """Training and validation rows, each class shared out in proportion."""
    from sklearn.model_selection import train_test_split  # takes long to import

    try:
        return train_test_split(
            rows, test_size=validation_fraction, stratify=y[rows], random_state=seed
        )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={validation_fraction} of {len(rows)} samples cannot be split off "
            f"with every class in both parts: {error}"
        ) from error


def scaling(samples, standardize):
    """Shift and scale (float32) such that the network sees ``(X - shift) * scale``."""
    if not standardize:
        return np.float32(0), np.float32(1)
    mean, std = _mean_and_std(samples)
    return np.float32(mean), np.float32(1 / std if std > 0 else 1)


def _mean_and_std(samples):
    """Weighted mean and standard deviation of all values of the samples, one number each.

    Read chunk by chunk, in single precision around a pivot, and summed up in double precision.
    """
    X, rows = samples.X, samples.rows
    pivot = X[rows[:CHUNK_ROWS]].mean(dtype=np.float64).astype(np.float32)
    total = total_of_squares = total_weight = 0.0
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows[start : start + CHUNK_ROWS]
        weight = samples.weight[chunk].astype(np.float64)
        values = X[chunk].astype(np.float32) - pivot
        total += weight @ values.sum(axis=1, dtype=np.float64)
        total_of_squares += weight @ np.einsum("ij,ij->i", values, values, dtype=np.float64)
        total_weight += weight.sum()
    mean = total / (total_weight * X.shape[1])
    variance = total_of_squares / (total_weight * X.shape[1]) - mean**2
    return pivot + mean, np.sqrt(max(variance, 0.0))
