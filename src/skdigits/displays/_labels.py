"""Validation of true and predicted labels."""

from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import unique_labels


def as_labels(y_true, y_pred, images):
    """Check the true and predicted labels of images; return them and the unique labels.

    Raises
    ------
    ValueError
        If they are not labels, are of mixed types, or are not one per image.
    """
    y_true = column_or_1d(y_true, input_name="y_true")
    y_pred = column_or_1d(y_pred, input_name="y_pred")
    check_consistent_length(images, y_true, y_pred)
    return y_true, y_pred, unique_labels(y_true, y_pred)
