"""Defaults that depend on the number of training samples, see docs/defaults.md."""

import math

# Training sets of up to this many samples are trained on in small batches.
FEW_SAMPLES = 5_000


def default_batch_size(n_samples):
    """Return the samples per step: with few samples, small batches, for enough steps."""
    return 32 if n_samples <= FEW_SAMPLES else 128


def default_epochs(n_samples, fewest):
    """Return the number of epochs, so that the number of steps grows as the square root."""
    return max(fewest, round(1000 / math.sqrt(n_samples)))


def default_label_smoothing(n_samples):
    """Return the label smoothing: the more samples, the less the labels need it."""
    return min(0.05, 1000 / n_samples)


def resolve_defaults(estimator, n_samples, epochs):
    """Set `batch_size_`, `epochs_` and `label_smoothing_`: the parameters, or their defaults.

    Parameters
    ----------
    estimator : estimator
    n_samples : int
        Number of training samples.
    epochs : int or None
        Number of epochs of this fit.
    """
    given = estimator.batch_size, epochs, estimator.label_smoothing
    defaults = (
        default_batch_size(n_samples),
        default_epochs(n_samples, estimator._fewest_epochs),
        default_label_smoothing(n_samples),
    )
    batch_size, epochs, label_smoothing = (
        default if one is None else one for one, default in zip(given, defaults, strict=True)
    )
    estimator.batch_size_ = int(batch_size)
    estimator.epochs_ = int(epochs)
    estimator.label_smoothing_ = float(label_smoothing)
