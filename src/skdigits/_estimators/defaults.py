"""Defaults that depend on the number of training samples; see docs/defaults.md."""


def default_batch_size(n_samples):
    """Return the batch size: small for few samples, so that training takes enough steps."""
    if n_samples <= 2_000:
        return 32
    return 64 if n_samples <= 20_000 else 128


def default_epochs(n_samples, factor):
    """Return the number of epochs; fewer for more samples, as each epoch has more steps."""
    return max(1, round(factor / n_samples ** (1 / 3)))


def default_label_smoothing(n_samples):
    """Return the label smoothing; large training sets need less."""
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
    batch_size, label_smoothing = estimator.batch_size, estimator.label_smoothing
    if batch_size is None:
        batch_size = default_batch_size(n_samples)
    if epochs is None:
        epochs = default_epochs(n_samples, estimator._epochs_factor)
    if label_smoothing is None:
        label_smoothing = default_label_smoothing(n_samples)
    estimator.batch_size_ = int(batch_size)
    estimator.epochs_ = int(epochs)
    estimator.label_smoothing_ = float(label_smoothing)
