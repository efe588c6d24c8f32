"""Training: configuration + samples -> trained weights and history, epoch by epoch."""

import math
import time
from dataclasses import dataclass

import numpy as np

from skdigits._architecture import weights_by_layer
from skdigits._inference.forward import layer_outputs, log_softmax
from skdigits._training.compiled_loop import borrowed_network


@dataclass
class Trained:
    """What training leaves behind, as plain arrays and numbers."""

    weights: list
    optimizer_state: list
    history: dict
    epoch_times: list
    best_epoch: int  # counted from 1 within this call


def initial_weights(config, seed):
    """Glorot-uniform kernels (Glorot and Bengio, 2010), else zeros and ones, as in Keras."""
    rng = np.random.default_rng([seed, 0])
    weights = []
    for _, shapes in weights_by_layer(config):
        for name, shape in shapes.items():
            if name == "kernel":
                *window, n_inputs, n_outputs = shape
                limit = np.sqrt(6 / (math.prod(window) * (n_inputs + n_outputs)))
                weights.append(rng.uniform(-limit, limit, shape).astype(np.float32))
            else:
                fill = np.ones if name in ("gamma", "variance") else np.zeros
                weights.append(fill(shape, np.float32))
    return weights


def epoch_order(rows, seed, epoch):
    """The rows in the order in which the given epoch (counted from 0) visits them."""
    return np.random.default_rng([seed, 1, epoch]).permutation(rows)


def evaluate(config, weights, samples, shift, scale):
    """Mean loss and accuracy on the samples, in inference mode."""
    logits = layer_outputs(config, weights, samples.X, shift, scale, rows=samples.rows)
    y, weight = samples.y[samples.rows], samples.weight[samples.rows]
    losses = -np.take_along_axis(log_softmax(logits), y[:, None], axis=1)[:, 0]
    return np.average([losses, logits.argmax(axis=1) == y], axis=1, weights=weight.astype(float))


def train(
    config,
    optimizer,
    training,
    validation,
    *,
    weights,
    optimizer_state,
    learning_rate,
    rate_factors,
    batch_size,
    epochs,
    first_epoch,
    first_step,
    seed,
    shift,
    scale,
    augmentation,
    precision,
    patience,
    restore_best_weights,
    progress,
):
    """Train a network.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    optimizer : str
        Name of a Keras optimizer.
    training, validation : skdigits._estimators.validation.Samples
        `validation` may be None.
    weights : list of ndarray
        To begin with.
    optimizer_state : list of ndarray or None
        To go on from; None for a new optimizer.
    learning_rate : float or None
        None for the optimizer's own default.
    rate_factors : ndarray of shape (epochs * steps_per_epoch,)
        What the learning rate is multiplied with in each step.
    batch_size, epochs : int
    first_epoch, first_step : int
        Epochs and steps that these weights have seen before; with `seed` they fix the orders and
        the dropout to come.
    seed : int
    shift, scale : float32
        The network sees ``(X - shift) * scale``.
    augmentation : (float, float, float) or None
        Limits of what happens to images, as `skdigits._training.augmentation` takes them.
    precision : {"float32", "mixed_bfloat16"}
        Of convolutions while training.
    patience : int or None
        Epochs without a lower validation loss after which training stops; None never stops.
    restore_best_weights : bool
        With `patience`: end with the weights of the epoch of lowest validation loss.
    progress : skdigits._estimators.progress.Progress
        What is told of every epoch, and may ask to stop.

    Returns
    -------
    trained : Trained

    Raises
    ------
    ValueError
        If the loss is no longer finite.
    """
    names = ["loss", "accuracy"] + (["val_loss", "val_accuracy"] if validation else [])
    history = {name: [] for name in names}
    epoch_times = []
    restores = bool(validation) and patience is not None and restore_best_weights
    best_loss, best_epoch, best = np.inf, 0, None
    n_steps = -(-len(training.rows) // batch_size)
    # A batch that is much larger than the training set would be filled up for nothing.
    batch_size = min(batch_size, max(1024, 1 << (len(training.rows) - 1).bit_length()))
    options = {"augments": augmentation is not None, "precision": precision}
    with borrowed_network(config, optimizer, batch_size, **options) as network:
        network.reset(weights, optimizer_state)
        base_rate = network.default_learning_rate if learning_rate is None else learning_rate
        rates = np.float32(base_rate) * rate_factors
        for epoch in range(epochs):
            progress.epoch_begins()
            start = time.perf_counter()
            order = epoch_order(training.rows, seed, first_epoch + epoch)
            steps_before = epoch * n_steps
            measures = network.run_epoch(
                training,
                order,
                rates[steps_before : steps_before + n_steps],
                shift,
                scale,
                augmentation or (0.0, 0.0, 0.0),
                first_step + steps_before,
                seed,
            )
            if not np.isfinite(measures[0]):
                raise _diverged(f"loss was {measures[0]} in epoch {epoch + 1}", base_rate)
            if validation:
                weights = network.weights()
                measures = np.r_[measures, evaluate(config, weights, validation, shift, scale)]
                if measures[2] < best_loss:
                    best_loss, best_epoch = measures[2], epoch + 1
                    best = (weights, network.optimizer_state()) if restores else None
            for name, value in zip(names, measures, strict=True):
                history[name].append(float(value))
            epoch_times.append(time.perf_counter() - start)
            last = {name: values[-1] for name, values in history.items()}
            stop = progress.epoch_ends(epoch + 1, epochs, epoch_times[-1], last, network.weights)
            impatient = validation and patience is not None and epoch + 1 - best_epoch >= patience
            if stop or impatient:
                break
        weights, state = best or (network.weights(), network.optimizer_state())
    if not all(np.isfinite(array).all() for array in weights):
        raise _diverged("weights are not finite", base_rate)
    return Trained(weights, state, history, epoch_times, best_epoch or len(epoch_times))


def _diverged(how, learning_rate):
    return ValueError(
        f"training diverged: the {how}; a lower learning_rate than {learning_rate:g} may help"
    )
