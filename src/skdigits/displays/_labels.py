"""Validation of true and predicted labels, and of probabilities."""

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import unique_labels


def as_labels(y_true, y_pred, images):
    """Check the true and predicted labels of images; return them and the unique labels.

    Raises
    ------
    ValueError
        If they are not labels or are of mixed types, or if there is not one per image.
    """
    y_true = column_or_1d(y_true, input_name="y_true")
    y_pred = column_or_1d(y_pred, input_name="y_pred")
    check_consistent_length(images, y_true, y_pred)
    return y_true, y_pred, unique_labels(y_true, y_pred)


def check_probabilities(y_proba, classes):
    """Check predicted probabilities of classes, and return them as an array.

    Raises
    ------
    ValueError
        If they are not probabilities, or do not have a column for each class.
    """
    if np.ndim(y_proba) != 2:
        raise ValueError(
            "y_proba must be probabilities of shape (n_samples, n_classes); got shape "
            f"{np.shape(y_proba)}"
        )
    y_proba = check_array(y_proba, ensure_min_samples=0, input_name="y_proba")
    if y_proba.shape[1:] != classes.shape:
        raise ValueError(
            f"y_proba must have a column for each of the {len(classes)} classes; got shape "
            f"{y_proba.shape}"
        )
    if len(y_proba) and (y_proba.min() < 0 or y_proba.max() > 1 + 1e-6):
        raise ValueError(
            "y_proba must hold probabilities from 0 to 1; got values from "
            f"{y_proba.min():g} to {y_proba.max():g}"
        )
    return y_proba
