"""Settings and state of training, and the exceptions that end it early."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes from step to step; see `skdigits._training.schedules`."""

    name: str
    decay_steps: float
    decay_rate: float
    warmup_fraction: float


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a fit.

    Attributes
    ----------
    network : dict
        The network, as `skdigits.networks` describes it.
    optimizer : str or dict
        Keras optimizer: its name, or its serialized configuration.
    learning_rate : float or None
        None for the optimizer's own rate.
    schedule : Schedule
        Multipliers of the learning rate.
    batch_size, epochs : int
        Samples per step; maximum number of epochs.
    seed : int
        Seed of the order of the samples, of dropout and of augmentation.
    l2 : float
        Strength of the L2 penalty on the kernels.
    label_smoothing : float
        Fraction of each label that is spread evenly over the classes.
    patience : int or None
        Training stops after this many epochs without a lower validation loss; None disables early
        stopping.
    tol : float
        A validation loss counts as lower only if it decreases by more than this.
    restore_best_weights : bool
        Whether to restore the weights of the best epoch, if `patience` is set.
    augmentation : tuple of float or None
        Limits of the random distortions; see `skdigits._training.augmentation.augment`.
    precision : {"float32", "mixed_bfloat16"}
        Arithmetic of convolutions.
    """

    network: dict
    optimizer: str | dict
    learning_rate: float | None
    schedule: Schedule
    batch_size: int
    epochs: int
    seed: int
    l2: float
    label_smoothing: float
    patience: int | None
    tol: float
    restore_best_weights: bool
    augmentation: tuple[float, ...] | None = None
    precision: str = "float32"


@dataclass(frozen=True)
class TrainingState:
    """Progress of training, as arrays and plain data.

    Attributes
    ----------
    weights : list of ndarray
        Weights of all layers, in Keras' order.
    optimizer : str or dict
        Optimizer of the last epoch.
    optimizer_state : list of ndarray or None
        Variables of that optimizer; None for a new one.
    scaling : (float32, float32)
        The network sees ``(X - scaling[0]) * scaling[1]``.
    n_steps : int
        Steps taken so far.
    history : dict of list of float
        Metrics of each epoch; NaN in epochs without validation.
    epoch_times : list of float
        Seconds of each epoch.
    best_epoch : int
        Epoch of the best validation loss, counted from 1; without validation, the last epoch.
    """

    weights: list
    optimizer: str | dict
    optimizer_state: list | None
    scaling: tuple[np.float32, np.float32]
    n_steps: int
    history: dict[str, list[float]]
    epoch_times: list[float]
    best_epoch: int = 0

    @property
    def n_epochs(self):
        """Number of epochs so far."""
        return len(self.epoch_times)

    @property
    def metrics(self):
        """Metrics of the last epoch; without validation, those of training only."""
        last = {name: values[-1] for name, values in self.history.items()}
        return {name: value for name, value in last.items() if not np.isnan(value)}


class TrainingInterrupted(KeyboardInterrupt):
    """Raised on Ctrl-C after at least one completed epoch."""

    state = None  # after the last completed epoch


class DivergenceError(ValueError):
    """Raised if the loss, the weights or the learning rate are no longer finite."""

    state = None  # of the best epoch, if it is to be restored
