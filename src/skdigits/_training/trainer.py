"""Train a network epoch by epoch."""

import math
import time
from dataclasses import replace

import numpy as np
from scipy.special import log_softmax

from skdigits._architecture import weights_by_layer
from skdigits._inference.forward import layer_outputs
from skdigits._training.compiled_loop import LoopConfig, memory_errors
from skdigits._training.cpu import has_gpu
from skdigits._training.dataset import shuffled
from skdigits._training.network_pool import borrow_network
from skdigits._training.schedules import lr_multipliers
from skdigits._training.state import DivergenceError, TrainingInterrupted


def initial_weights(network, seed):
    """Draw Glorot-uniform kernels (Glorot and Bengio, 2010); all else is 0 or 1, as in Keras."""
    rng = np.random.default_rng([seed, 0])
    weights = []
    for _, shapes in weights_by_layer(network):
        for name, shape in shapes.items():
            if name == "kernel":
                *window, n_inputs, n_outputs = shape
                limit = np.sqrt(6 / (math.prod(window) * (n_inputs + n_outputs)))
                weights.append(rng.uniform(-limit, limit, shape).astype(np.float32))
            else:
                fill = np.ones if name in ("gamma", "variance") else np.zeros
                weights.append(fill(shape, np.float32))
    return weights


def train(config, state, training, validation, progress):
    """Train a network for the configured number of epochs.

    Parameters
    ----------
    config : TrainingConfig
        Configuration of the fit.
    state : TrainingState
        State to start from.
    training : Dataset
        Samples to train on.
    validation : Dataset or None
        Samples to validate on after every epoch.
    progress : skdigits._estimators.progress.Progress
        Reports every epoch; its callbacks may stop training.

    Returns
    -------
    state : TrainingState
        State after training.

    Raises
    ------
    TrainingInterrupted
        On Ctrl-C after a completed epoch; its `state` is that of the completed epochs.
    DivergenceError
        If the loss, the weights or the learning rate are no longer finite; its `state` is that of
        the best epoch, if there is one to restore.
    """
    start, best = state, BestEpoch(config, state)
    try:
        with memory_errors(), borrow_network(_loop_config(config, len(training))) as network:
            network.set_state(state.weights, state.optimizer_state)
            for epoch in range(config.epochs):
                progress.begin_epoch()
                rates = _learning_rates(config, start, epoch, len(training), network)
                state = run_epoch(network, config, state, training, validation, rates)
                best.update(state)
                stop = progress.end_epoch(state, epoch + 1, config.epochs)
                if stop or best.is_out_of_patience(state):
                    break
        return best.restore(state)
    except KeyboardInterrupt as error:
        if state is start:
            raise
        interruption = TrainingInterrupted()
        interruption.state = best.restore(state)
        raise interruption from error
    except DivergenceError as error:
        if best.restores:
            error.state = best.restore(state)
            progress.abort_epoch()
        raise


def run_epoch(network, config, state, training, validation, rates):
    """Train on every sample once, then validate.

    Returns
    -------
    state : TrainingState
        State after the epoch.
    """
    start = time.perf_counter()
    indices = shuffled(training.indices, config.seed, state.n_epochs)
    loss, accuracy = network.run_epoch(config, state, training, indices, rates)
    weights, optimizer_state = network.state()
    _check_finite(loss, weights, state, rates, config)
    metrics = {"loss": loss, "accuracy": accuracy}
    if validation is not None:
        val_loss, val_accuracy = evaluate(config.network, weights, validation, state.scaling)
        metrics |= {"val_loss": val_loss, "val_accuracy": val_accuracy}
    metrics["learning_rate"] = float(rates[-1])
    return replace(
        state,
        weights=weights,
        optimizer_state=optimizer_state,
        n_steps=state.n_steps + len(rates),
        history=_appended(state.history, metrics, state.n_epochs),
        epoch_times=[*state.epoch_times, time.perf_counter() - start],
        best_epoch=state.n_epochs + 1,
    )


def evaluate(network, weights, dataset, scaling):
    """Compute mean loss and accuracy on a dataset, in inference mode."""
    logits = layer_outputs(network, weights, dataset.X, *scaling, indices=dataset.indices)
    y = dataset.y[dataset.indices]
    weight = dataset.weight[dataset.indices].astype(float)
    losses = -np.take_along_axis(log_softmax(logits, axis=1), y[:, None], axis=1)[:, 0]
    metrics = np.average([losses, logits.argmax(axis=1) == y], axis=1, weights=weight)
    return tuple(map(float, metrics))


class BestEpoch:
    """Tracks the epoch of the best validation loss, and when to stop."""

    def __init__(self, config, start):
        self._config = config
        self._n_epochs = start.n_epochs
        self._loss = math.inf
        self._state = None

    @property
    def restores(self):
        """Whether there is a best epoch whose weights can be restored."""
        config = self._config
        return (
            self._state is not None and config.patience is not None and config.restore_best_weights
        )

    def update(self, state):
        """Compare the last epoch with the best one so far."""
        loss = state.metrics.get("val_loss", math.inf)
        if loss < self._loss - self._config.tol:
            self._loss, self._state, self._n_epochs = loss, state, state.n_epochs

    def is_out_of_patience(self, state):
        """Return whether `patience` epochs have passed without improvement."""
        patience = self._config.patience
        return patience is not None and state.n_epochs - self._n_epochs >= patience

    def restore(self, state):
        """Set `best_epoch` of a state, and restore the weights of that epoch if configured."""
        if self._state is None:
            return state
        state = replace(state, best_epoch=self._n_epochs)
        if not self.restores:
            return state
        return replace(
            state, weights=self._state.weights, optimizer_state=self._state.optimizer_state
        )


def _loop_config(config, n_samples):
    # Avoid padding a batch that is much larger than the training set.
    largest_batch = max(1024, 1 << (n_samples - 1).bit_length())
    return LoopConfig(
        config.network,
        config.optimizer,
        min(config.batch_size, largest_batch),
        augments=config.augmentation is not None,
        penalizes=config.l2 > 0,
        smooths=config.label_smoothing > 0,
        precision=config.precision,
        fuse_loop="image_shape" not in config.network or has_gpu(),
    )


def _learning_rates(config, start, epoch, n_samples, network):
    """Compute the learning rate of each step of an epoch."""
    steps_per_epoch = -(-n_samples // config.batch_size)
    steps = np.arange(epoch * steps_per_epoch, (epoch + 1) * steps_per_epoch)
    rate = network.default_learning_rate if config.learning_rate is None else config.learning_rate
    with np.errstate(over="ignore"):
        multipliers = lr_multipliers(
            config.schedule, steps, config.epochs * steps_per_epoch, n_earlier_steps=start.n_steps
        )
        rates = np.float32(rate) * multipliers
    if not np.isfinite(rates).all():
        raise DivergenceError(
            f"the learning rate exceeded the range of float32 (3.4e38) in epoch {epoch + 1}; try a "
            f"decay_rate lower than {config.schedule.decay_rate:g}"
        )
    return rates


def _appended(history, metrics, n_epochs):
    """Append the metrics of an epoch to a history; missing metrics are NaN."""
    missing = [math.nan] * n_epochs
    return {
        name: [*history.get(name, missing), metrics.get(name, math.nan)]
        for name in history | metrics
    }


def _check_finite(loss, weights, state, rates, config):
    if not math.isfinite(loss):
        reason = f"the loss was {loss} in epoch {state.n_epochs + 1}"
    elif not all(np.isfinite(array).all() for array in weights):
        reason = f"the weights were not finite after epoch {state.n_epochs + 1}"
    else:
        return
    remedies = [f"a learning_rate lower than {rates.max():g}"]
    if config.l2:
        remedies.append(f"an l2 lower than {config.l2:g}")
    if state.scaling == (0, 1):  # not standardized
        remedies += ["values of X on a smaller scale", "standardize=True"]
    *others, last = remedies
    advice = f"{', '.join(others)} or {last}" if others else last
    raise DivergenceError(f"training diverged: {reason}; try {advice}")
