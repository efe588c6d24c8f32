"""Datasets: samples to train or validate on, their order, their split and their scaling."""

from dataclasses import dataclass

import numpy as np

from skdigits._utils import FLOAT32_TINY

# Samples read at a time, to bound the memory of a pass over the data.
CHUNK_SAMPLES = 1024


@dataclass(frozen=True)
class Dataset:
    """Samples of X to train or validate on, without a copy of X.

    ``y`` (int32, encoded) and ``weight`` (float32 for training) have an entry for every row of X;
    ``indices`` are the rows in use.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    indices: np.ndarray

    def __len__(self):
        return len(self.indices)


def training_dataset(X, y, weight, indices, *, merge_up_to, normalize):
    """Build the dataset to train on.

    Parameters
    ----------
    X, y, weight : ndarray
        Samples, encoded labels and weights.
    indices : ndarray of int
        The samples to train on.
    merge_up_to : int
        A training set of up to this many samples is copied and sorted; see `merge_equal_samples`.
    normalize : bool
        Whether to scale the weights to a mean of 1.

    Returns
    -------
    training : Dataset
    """
    if normalize and len(indices) <= merge_up_to:
        X, y, weight = merge_equal_samples(X[indices], y[indices], weight[indices])
        indices = np.arange(len(y))
    if normalize:
        weight = weight * (len(indices) / weight[indices].sum())
    return Dataset(X, y, weight.astype(np.float32), indices)


def relative_weights(weight, smallest=1e-300):
    """Scale weights, of which only the ratios matter, to a maximum between 1/2 and 1.

    The factor is a power of two, so no precision is lost, and neither a sum nor an inverse
    overflows afterwards. Weights that are then below `smallest` become 0.
    """
    _, exponent = np.frexp(weight.max())
    weight = np.ldexp(weight, -exponent)
    return np.where(weight < smallest, 0.0, weight)


def merge_equal_samples(X, y, weight):
    """Sort samples, and merge equal ones by adding their weights.

    Results are then bit-identical for any order of the samples, and repeating a sample is the same
    as increasing its weight.
    """
    table = np.column_stack([X, y])
    _, first, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
    return X[first], y[first], np.bincount(inverse, weights=weight)


def stratified_split(y, indices, validation_fraction, seed):
    """Split indices into training and validation, with the same proportions of classes."""
    from sklearn.model_selection import train_test_split  # slow to import

    try:
        return train_test_split(
            indices, test_size=validation_fraction, stratify=y[indices], random_state=seed
        )
    except ValueError as error:
        raise ValueError(
            f"cannot split off validation_fraction={validation_fraction} of {len(indices)} samples "
            f"so that both parts contain every class: {str(error).rstrip('.')}; pass a larger "
            "validation_fraction, or X_val and y_val"
        ) from error


def shuffled(indices, seed, epoch):
    """Shuffle indices into the order in which an epoch (counted from 0) visits them."""
    return np.random.default_rng([seed, 1, epoch]).permutation(indices)


def scaling(dataset, standardize):
    """Compute shift and scale (float32) such that the network sees ``(X - shift) * scale``."""
    if not standardize:
        return np.float32(0), np.float32(1)
    mean, std = _mean_and_std(dataset)
    # To XLA, differences below the smallest normal number of float32 are 0.
    differ = std > FLOAT32_TINY
    return np.float32(mean), np.float32(1 / std if differ else 1)


def _mean_and_std(dataset):
    """Compute the weighted mean and standard deviation over all values of the samples.

    Chunks are centered at a pivot in single precision, and summed in double precision.
    """
    X, indices = dataset.X, dataset.indices
    pivot = X[indices[:CHUNK_SAMPLES]].mean(dtype=np.float64).astype(np.float32)
    total = total_of_squares = total_weight = 0.0
    for start in range(0, len(indices), CHUNK_SAMPLES):
        chunk = indices[start : start + CHUNK_SAMPLES]
        weight = dataset.weight[chunk].astype(np.float64)
        values = X[chunk].astype(np.float32) - pivot
        total += weight @ values.sum(axis=1, dtype=np.float64)
        total_of_squares += weight @ np.einsum("ij,ij->i", values, values, dtype=np.float64)
        total_weight += weight.sum()
    mean = total / (total_weight * X.shape[1])
    variance = total_of_squares / (total_weight * X.shape[1]) - mean**2
    return pivot + mean, np.sqrt(max(variance, 0.0))
