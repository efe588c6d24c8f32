"""Keras optimizers as plain data."""

from numbers import Real

import keras

from skdigits._compat import excludes_from_weight_decay

# Settings that Keras applies outside of `optimizer.apply`, or to Keras layers, which the compiled
# loop does not use.
UNSUPPORTED = ("use_ema", "loss_scale_factor", "exclude_layers")


def serialize(optimizer):
    """Describe a Keras optimizer as plain data.

    The configuration leaves out the optimizer's name, which Keras numbers anew for each instance.
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
            f"not record; got {type(optimizer).__name__} after exclude_from_weight_decay"
        )
    config = serialize(optimizer)
    rate = config["config"].get("learning_rate")
    if not isinstance(rate, Real):
        kind = rate["class_name"] if isinstance(rate, dict) else rate
        raise ValueError(
            f"optimizer must have a learning rate that is a number; got {kind}; for a schedule set "
            "learning_rate_schedule"
        )
    for name in UNSUPPORTED:
        if config["config"].get(name):
            raise ValueError(
                f"optimizer must not set {name}, which skdigits does not apply; got "
                f"{name}={config['config'][name]!r}"
            )
    return config


def from_config(config):
    """Build a Keras optimizer from its name or configuration."""
    if isinstance(config, dict) and "class_name" not in config:
        raise ValueError(
            "optimizer must have the key 'class_name', such as {'class_name': 'SGD', 'config': "
            f"{{'momentum': 0.9}}}}; got {config!r}"
        )
    try:
        complete = {"config": {}} | config if isinstance(config, dict) else config
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
