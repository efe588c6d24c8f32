"""The split and the scale of MNIST in a study."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn.model_selection import train_test_split

from skdigits.datasets import fetch_mnist

QUICK_DIVISOR = 12  # a quick run uses one image in 12


@dataclass(frozen=True)
class Split:
    """Training, validation and test images of a study.

    Parameters
    ----------
    n_validation : int, default=0
        Number of training images to set aside for validation.
    validation : {"first", "last", "stratified"}, default="first"
        Which images to set aside: the first, the last, or a random sample stratified by digit.
    everything : bool, default=False
        Split all 70,000 images into training and validation images, without test images.
    divisor : int, default=255
        Number to divide the pixels by; 1 keeps them as integers.

    Raises
    ------
    ValueError
        If a parameter is invalid.

    Examples
    --------
    >>> from skdigits.studies import Split
    >>> Split(n_validation=5_000, validation="stratified").divisor
    255
    """

    n_validation: int = 0
    validation: str = "first"
    everything: bool = False
    divisor: int = 255

    def __post_init__(self):
        if self.validation not in ("first", "last", "stratified"):
            raise ValueError(
                f"validation must be 'first', 'last' or 'stratified'; got {self.validation!r}"
            )
        n_all = 70_000 if self.everything else 60_000
        if not (isinstance(self.n_validation, int) and 0 <= self.n_validation < n_all):
            raise ValueError(
                f"n_validation must be an int from 0 to {n_all - 1:,}; got {self.n_validation!r}"
            )
        if not self.divisor > 0:
            raise ValueError(f"divisor must be positive; got {self.divisor!r}")


@lru_cache(maxsize=2)
def images(split, quick=False):
    """Load the parts of MNIST that a split defines.

    Parameters
    ----------
    split : Split
    quick : bool, default=False
        Whether to return only the first twelfth of each part.

    Returns
    -------
    parts : dict of str to (ndarray, ndarray)
        Images and labels of "train" and, unless they are empty, of "validation" and "test".
    """
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    if split.everything:
        X, y = np.concatenate([X, X_test]), np.concatenate([y, y_test])
    train, validation = _train_and_validation(split, y)
    parts = {"train": (X[train], y[train])}
    if len(validation):
        parts["validation"] = X[validation], y[validation]
    if not split.everything:
        parts["test"] = X_test, y_test
    divisor = QUICK_DIVISOR if quick else 1
    return {
        part: (_scale(X[: len(X) // divisor], split.divisor), y[: len(y) // divisor])
        for part, (X, y) in parts.items()
    }


def _train_and_validation(split, y):
    """Return the indices of the training images and of the validation images."""
    indices = np.arange(len(y))
    if split.validation == "stratified":
        return train_test_split(indices, test_size=split.n_validation, stratify=y, random_state=0)
    if split.validation == "first":
        return indices[split.n_validation :], indices[: split.n_validation]
    n_train = len(y) - split.n_validation
    return indices[:n_train], indices[n_train:]


def _scale(X, divisor):
    return X if divisor == 1 else X / np.float32(divisor)
