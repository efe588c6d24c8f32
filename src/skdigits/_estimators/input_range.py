"""The range of the training samples, and the warning about samples on a different scale."""

import numpy as np

from skdigits._utils import warn

# Samples this many times larger or smaller than those in training are on a different scale. The
# usual scales of pixels, up to 1, 16 and 255, differ by a factor of about 16.
FACTOR = 8
# If there are fewer samples than this, small values may just mean dark digits.
MIN_DARK_SAMPLES = 10
# The typical training sample is estimated from about this many.
N_TYPICAL = 1000
CHUNK_VALUES = 2**16  # few enough to stay in the processor's cache for the second pass


def value_range(X):
    """Return the smallest and largest value of X as floats; NaN if X contains any."""
    if X.size <= CHUNK_VALUES:
        return float(X.min()), float(X.max())
    n_rows = max(1, CHUNK_VALUES // X.shape[1])
    chunks = [X[start : start + n_rows] for start in range(0, len(X), n_rows)]
    low = np.min([chunk.min() for chunk in chunks])
    high = np.max([chunk.max() for chunk in chunks])
    return float(low), float(high)


def training_range(X, values, earlier=None):
    """Return the lowest, the highest and the typical largest value of the training samples.

    `values` is the range of X, `earlier` that of samples that the network was trained on before.
    """
    low, high = values
    peaks = _peaks(X[:: max(1, len(X) // N_TYPICAL)])
    typical = float(np.median(peaks)) if len(peaks) else 0.0
    if earlier is None:
        return low, high, typical
    return min(low, earlier[0]), max(high, earlier[1]), max(typical, earlier[2])


def warn_if_scaled_differently(X, values, trained, name="X"):
    """Warn if samples cannot be on the scale of the training samples.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    values : (float, float)
        Range of X.
    trained : (float, float, float)
        As `training_range` returns it.
    name : str, default="X"
        Name of X in the warning.
    """
    low, high = values
    trained_low, trained_high, typical = trained
    largest, trained_largest = max(high, -low), max(trained_high, -trained_low)
    if largest > FACTOR * trained_largest:
        differs = np.median(_peaks(X)) > FACTOR * trained_largest > 0  # not only in outliers
    elif FACTOR * largest < typical:
        # Small integers may be the pixels of a dark image; fractions of 1 cannot.
        is_fraction = 0.5 < largest <= 1 and (np.rint(X) != X).any()
        differs = is_fraction or len(_peaks(X)) >= MIN_DARK_SAMPLES
    elif -FACTOR * low > trained_largest and trained_low >= 0:
        differs = np.median(X.min(axis=1)) < -trained_largest / FACTOR
    else:
        return
    if differs:
        warn(
            f"{name} has values from {low:g} to {high:g}, but the training samples had values from "
            f"{trained_low:g} to {trained_high:g}; scale {name} as in training"
        )


def table_range(X):
    """Return the range of a plain array of finite numbers; None for any other X."""
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype.kind not in "iuf" or not X.size:
        return None
    values = value_range(X)
    return values if np.isfinite(values).all() else None


def _peaks(X):
    """Return the largest absolute value of each sample that is not all zero."""
    peaks = np.maximum(X.max(axis=1), -X.min(axis=1).astype(float))
    return peaks[peaks > 0]
