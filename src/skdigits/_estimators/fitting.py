"""Configure a fit, build its datasets, run its epochs and set the fitted attributes."""

import sys

import numpy as np
from sklearn.utils import check_random_state

from skdigits._architecture import n_trainable, weights_by_layer
from skdigits._estimators.validation import check_float, class_weights, encode_labels
from skdigits._training.dataset import (
    Dataset,
    relative_weights,
    scaling,
    stratified_split,
    training_dataset,
)
from skdigits._training.state import (
    DivergenceError,
    Schedule,
    TrainingConfig,
    TrainingInterrupted,
    TrainingState,
)
from skdigits._utils import FLOAT32_MAX, FLOAT32_TINY, warn

# With `batch_size=None`, the order of up to this many training samples does not matter; otherwise
# that of up to `batch_size` samples.
MERGED_SAMPLES = 1_000

OPTIMIZERS = (
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lion",
    "muon",
    "nadam",
    "rmsprop",
    "schedulefreeadamw",
    "sgd",
)


def initialize(estimator, n_features, classes):
    """Set the attributes of an untrained network."""
    estimator.classes_ = classes
    estimator.network_config_ = estimator._network_config(n_features, len(classes))
    # Imported after skdigits.networks, which lists what to install if TensorFlow is missing.
    from skdigits._training.trainer import initial_weights

    layers = weights_by_layer(estimator.network_config_)
    estimator.n_parameters_ = sum(n_trainable(shapes) for _, shapes in layers)
    estimator._seed = int(check_random_state(estimator.random_state).randint(2**31 - 1))
    try:
        estimator._weights = initial_weights(estimator.network_config_, estimator._seed)
    except (MemoryError, OverflowError, ValueError) as error:  # beyond NumPy's largest array
        sizes = ("filters", "kernel_size", "hidden_layer_sizes")
        names = " or ".join(name for name in sizes if hasattr(estimator, name))
        raise ValueError(f"the network does not fit into memory; reduce {names}") from error
    estimator._optimizer = estimator._optimizer_state = None
    estimator._scaling = None
    estimator._n_steps = 0
    estimator.history_ = {}
    estimator.epoch_times_ = []


def check_resumable(estimator, n_features):
    """Check that the parameters still describe the network that was trained before."""
    config = estimator._network_config(n_features, len(estimator.classes_))
    if config != estimator.network_config_:
        raise ValueError(
            "training can only resume with the layers of the fitted network, which has "
            f"{_difference(estimator.network_config_, config)}; call fit with warm_start=False to "
            "start over"
        )


def _difference(fitted, asked):
    """Describe the first difference between the configurations of two networks."""
    for kind, name in (("convolution", "convolutions"), ("dense", "dense layers")):
        of_fitted, of_asked = (
            [layer for layer in config["layers"] if layer["kind"] == kind]
            for config in (fitted, asked)
        )
        if len(of_fitted) != len(of_asked):
            return f"{len(of_fitted)} {name} instead of {len(of_asked)}"
        for number, (layer, other) in enumerate(zip(of_fitted, of_asked, strict=True), 1):
            for key, value in layer.items():
                if value != other[key]:
                    return f"{key}={value!r} in {kind} layer {number} instead of {other[key]!r}"
    rates = [[layer.get("rate", 0) for layer in config["layers"]] for config in (fitted, asked)]
    return "dropout={} instead of {}".format(*map(max, rates))


def training_config(estimator, *, schedule):
    """Build the configuration of training from the parameters of an estimator.

    NumPy scalars are converted to Python numbers: NumPy's can overflow, TensorFlow rejects some of
    them, and the pool, which compares configurations by value, could lend a network that was
    compiled for an equal number of another type.
    """
    from skdigits._training.optimizers import split_learning_rate, to_config

    optimizer, optimizer_rate = split_learning_rate(to_config(estimator.optimizer))
    rate = estimator.learning_rate
    if rate is None and isinstance(optimizer, str):
        rate = estimator._default_learning_rates.get(optimizer)
    elif rate is None:
        rate = optimizer_rate
        if not 0 < rate <= FLOAT32_MAX:
            raise ValueError(f"optimizer must have a positive learning rate; got {rate}")
    return TrainingConfig(
        network=estimator.network_config_,
        optimizer=optimizer,
        learning_rate=None if rate is None else check_float("learning_rate", rate),
        schedule=Schedule(
            schedule,
            check_float("decay_steps", estimator.decay_steps, sys.float_info.max),
            check_float("decay_rate", estimator.decay_rate, sys.float_info.max),
            float(estimator.warmup_fraction),
        ),
        batch_size=estimator.batch_size_,
        epochs=estimator.epochs_,
        seed=estimator._seed,
        l2=check_float("l2", estimator.l2),
        label_smoothing=estimator.label_smoothing_,
        patience=int(estimator.patience) if estimator.early_stopping else None,
        tol=check_float("tol", estimator.tol, sys.float_info.max),
        restore_best_weights=bool(estimator.restore_best_weights),
        **estimator._training_options(),
    )


def make_datasets(estimator, data, held_out, *, normalize):
    """Build the datasets to train and to validate on.

    Parameters
    ----------
    estimator : estimator
        Estimator with the classes, class weights and validation parameters.
    data : LabeledData
        Training samples.
    held_out : LabeledData or None
        Samples to validate on. If None, `early_stopping` holds out some training samples.
    normalize : bool
        Whether to scale the weights of the training samples to a mean of 1.

    Returns
    -------
    training : Dataset
    validation : Dataset or None
    """
    classes = estimator.classes_
    X = data.X
    weight = relative_weights(data.weight) if normalize else data.weight
    indices = np.flatnonzero(weight)
    y = np.zeros(len(X), np.int32)
    y[indices] = encode_labels(data.y[indices], classes, "y")
    validation = None
    if held_out is not None:
        y_val = encode_labels(held_out.y, classes, "y_val")
        weight_val = relative_weights(held_out.weight)
        validation = Dataset(held_out.X, y_val, weight_val, np.flatnonzero(weight_val))
    elif estimator.early_stopping:
        indices, split_off = stratified_split(
            y, indices, float(estimator.validation_fraction), estimator._seed
        )
        validation = Dataset(X, y, weight, split_off)
    factors = class_weights(estimator.class_weight, classes, y[indices], weight[indices])
    used, factors = weight[indices], factors[y[indices]]
    if normalize:
        used = relative_weights(used * relative_weights(factors), FLOAT32_TINY)
    else:
        used = _multiply_weights(used, factors)
    weight = np.zeros(len(X))
    weight[indices] = used
    training = training_dataset(
        X,
        y,
        weight,
        np.flatnonzero(weight),
        merge_up_to=MERGED_SAMPLES if estimator.batch_size is None else int(estimator.batch_size),
        normalize=normalize,
    )
    return training, validation


def _multiply_weights(weight, factors):
    """Multiply sample weights by factors; check that float32 can hold them."""
    with np.errstate(over="ignore"):
        product = weight * factors
    bad = (product > FLOAT32_MAX) | ((product < FLOAT32_TINY) & (weight > 0) & (factors > 0))
    if bad.any():
        raise ValueError(
            "sample_weight times class_weight must be 0 or from "
            f"{FLOAT32_TINY:.2g} to {FLOAT32_MAX:.2g} in partial_fit, which does not normalize "
            f"weights; got {product[bad][0]:g}"
        )
    return product


def run_epochs(estimator, config, training, validation, progress):
    """Train the network of an estimator, and set its fitted attributes.

    Parameters
    ----------
    estimator : estimator
        Estimator with an untrained network, or with one to resume training from.
    config : TrainingConfig
    training : Dataset
    validation : Dataset or None
    progress : Progress

    Returns
    -------
    interruption : TrainingInterrupted or None
        Ctrl-C after a completed epoch, to be raised after the fitted state is swapped in.

    Raises
    ------
    DivergenceError
        If training diverges and there is no best epoch to return to.
    """
    from skdigits._training.trainer import train

    same_optimizer = estimator._optimizer == config.optimizer
    state = TrainingState(
        weights=estimator._weights,
        optimizer=config.optimizer,
        optimizer_state=estimator._optimizer_state if same_optimizer else None,
        scaling=estimator._scaling or scaling(training, estimator.standardize),
        n_steps=estimator._n_steps,
        history=estimator.history_,
        epoch_times=estimator.epoch_times_,
    )
    interruption = None
    try:
        state = train(config, state, training, validation, progress)
    except TrainingInterrupted as error:
        state, error.state, interruption = error.state, None, error
    except DivergenceError as error:
        if error.state is None:
            raise
        state = error.state
        warn(f"{error}; keeping the weights of the best epoch, {state.best_epoch}")
    vars(estimator).update(fitted_attributes(state))
    return interruption


def fitted_attributes(state):
    """Return the fitted attributes of an estimator for a training state."""
    return {
        "_weights": state.weights,
        "_optimizer": state.optimizer,
        "_optimizer_state": state.optimizer_state,
        "_scaling": state.scaling,
        "_n_steps": state.n_steps,
        "history_": state.history,
        "epoch_times_": state.epoch_times,
        "n_iter_": state.n_epochs,
        "best_epoch_": state.best_epoch,
    }
