"""How a study divides and scales MNIST's images."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn.model_selection import train_test_split

from skdigits.datasets import fetch_mnist

QUICK_SHARE = 12  # one of so many images


@dataclass(frozen=True)
class Split:
    """Images for training, validation and test.

    Parameters
    ----------
    n_validation : int, default=0
        How many of the training images are for validation.
    validation : {"first", "last", "stratified"}, default="first"
        Which: the first, the last, or a random choice with equal shares of each digit.
    everything : bool, default=False
        Divide all 70,000 images into training and validation, without a test.
    divisor : int, default=255
        What pixels are divided by; with 1 they stay the integers that they are.

    Raises
    ------
    ValueError
        If one of these cannot be used.

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
    """Samples and labels of each part of MNIST.

    Parameters
    ----------
    split : Split
    quick : bool, default=False
        Only the first twelfth of each part.

    Returns
    -------
    parts : dict of str to (ndarray, ndarray)
        "train", and where there are any "validation" and "test".
    """
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    parts = {}
    if split.everything:
        X, y = np.concatenate([X, X_test]), np.concatenate([y, y_test])
    else:
        parts["test"] = X_test, y_test
    n_rows, n_held_out = len(y), split.n_validation
    rows = np.arange(n_rows)
    if split.validation == "stratified":
        train, held_out = train_test_split(rows, test_size=n_held_out, stratify=y, random_state=0)
    elif split.validation == "first":
        held_out, train = rows[:n_held_out], rows[n_held_out:]
    else:
        train, held_out = rows[: n_rows - n_held_out], rows[n_rows - n_held_out :]
    if n_held_out:
        parts = {"validation": (X[held_out], y[held_out])} | parts
    parts = {"train": (X[train], y[train])} | parts
    share = QUICK_SHARE if quick else 1
    return {
        part: (_scaled(X[: len(X) // share], split.divisor), y[: len(y) // share])
        for part, (X, y) in parts.items()
    }


def _scaled(X, divisor):
    return X if divisor == 1 else X / np.float32(divisor)
