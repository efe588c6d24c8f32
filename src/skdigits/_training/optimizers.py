"""Keras optimizers as plain data."""

from numbers import Integral, Real

import keras
import numpy as np

from skdigits._compat import excludes_from_weight_decay
from skdigits._utils import FLOAT32_MAX

# Settings that Keras applies outside of `optimizer.apply`, or to Keras layers, which the compiled
# loop does not use.
UNSUPPORTED = ("use_ema", "loss_scale_factor", "exclude_layers")

# Ranges that Keras does not check; beyond them it divides by 0, overflows or compiles forever.
FRACTIONS = ("beta_1", "beta_2", "adam_beta_1", "adam_beta_2", "rho")
SIGNED = ("learning_rate_power", "beta_2_decay", "muon_a", "muon_b", "muon_c")
LARGEST_COUNTS = {
    "ns_steps": 100,
    "warmup_steps": 2**31 - 1,
    "gradient_accumulation_steps": 2**31 - 1,
}


def serialize(optimizer):
    """Describe a Keras optimizer as plain data.

    The configuration leaves out the optimizer's name, which Keras makes unique for each instance.
    """
    config = keras.optimizers.serialize(optimizer)
    settings = {name: value for name, value in config["config"].items() if name != "name"}
    return config | {"config": settings}


def to_config(optimizer):
    """Return the name or the configuration of a Keras optimizer that the loop can apply.

    Parameters
    ----------
    optimizer : str, dict or keras.optimizers.Optimizer
        A name, a configuration as `keras.optimizers.serialize` returns it, or an instance.

    Returns
    -------
    config : str or dict
        The name, or the complete configuration.

    Raises
    ------
    ValueError
        If Keras knows no such optimizer, or if it has settings that the loop cannot apply.
    """
    if isinstance(optimizer, str):
        return optimizer
    if isinstance(optimizer, type):
        raise ValueError(f"optimizer must be an instance; got the class {optimizer.__name__}")
    if isinstance(optimizer, dict):
        optimizer = from_config(optimizer)
    if excludes_from_weight_decay(optimizer):
        raise ValueError(
            "optimizer must not exclude variables from weight decay, which its configuration does "
            f"not record; got {type(optimizer).__name__} after a call of exclude_from_weight_decay"
        )
    try:
        config = serialize(optimizer)
    except TypeError as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"optimizer must have settings that are plain data: {reason}") from error
    rate = config["config"].get("learning_rate")
    if not isinstance(rate, Real):
        kind = rate["class_name"] if isinstance(rate, dict) else rate
        raise ValueError(
            f"optimizer must have a learning rate that is a number; got {kind}; for a schedule, "
            "set learning_rate_schedule"
        )
    for name in UNSUPPORTED:
        if config["config"].get(name):
            raise ValueError(
                f"optimizer must not set {name}, which skdigits does not apply; got "
                f"{name}={config['config'][name]!r}"
            )
    _check_settings(optimizer, config["config"])
    return config


def _check_settings(optimizer, settings):
    """Check the settings of a built-in Keras optimizer; Keras itself checks only a few."""
    if not type(optimizer).__module__.startswith("keras."):
        return
    defaults = type(optimizer)().get_config()
    for name, value in settings.items():
        default = defaults.get(name)
        optional = default is None
        if name == "learning_rate" or (optional and value is None):
            continue
        if isinstance(default, bool):
            valid, expected = isinstance(value, bool), "True or False"
        elif optional or isinstance(default, Real):
            valid, expected = _check_number(name, value)
        else:
            continue
        if not valid:
            raise ValueError(
                f"optimizer must have a {name} that is {expected}"
                f"{' or None' if optional else ''}; got {value!r}"
            )


def _check_number(name, value):
    """Return whether a numeric setting is valid, and a description of the valid values."""
    largest = LARGEST_COUNTS.get(name, FLOAT32_MAX)
    kind = Integral if name in LARGEST_COUNTS else Real
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    if name in FRACTIONS:
        return is_number and 0 <= value < 1, "a number in [0, 1)"
    if name in SIGNED:
        return is_number and abs(value) <= largest, f"a number from -{largest:.2g} to {largest:.2g}"
    noun = "an int" if kind is Integral else "a number"
    return is_number and 0 <= value <= largest, f"{noun} from 0 to {largest:.2g}"


def from_config(config):
    """Build a Keras optimizer from its name or configuration."""
    if isinstance(config, dict) and "class_name" not in config:
        raise ValueError(
            "optimizer must have the key 'class_name', such as {'class_name': 'SGD', 'config': "
            f"{{'momentum': 0.9}}}}; got {config!r}"
        )
    try:
        complete = {"config": {}} | config if isinstance(config, dict) else config
        if isinstance(complete, dict) and isinstance(complete["config"], dict):
            complete["config"] = {  # Keras does not accept NumPy's scalars
                name: value.item() if isinstance(value, np.generic) else value
                for name, value in complete["config"].items()
            }
        return keras.optimizers.get(complete)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            "optimizer must be a name, a Keras optimizer, or a dict with class_name and config; "
            f"got {config!r}: {reason}"
        ) from error


def split_learning_rate(config):
    """Split a configuration into one without a learning rate, and the rate or None."""
    if isinstance(config, str):
        return config, None
    settings = dict(config["config"])
    rate = settings.pop("learning_rate")
    return config | {"config": settings}, rate
