"""Labels, true and predicted."""

from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import unique_labels


def as_labels(y_true, y_pred, images):
    """Labels of images as arrays, and which ones there are.

    Raises
    ------
    ValueError
        If they are no labels, of different types, or not as many as there are images.
    """
    y_true = column_or_1d(y_true, input_name="y_true")
    y_pred = column_or_1d(y_pred, input_name="y_pred")
    check_consistent_length(images, y_true, y_pred)
    return y_true, y_pred, unique_labels(y_true, y_pred)
