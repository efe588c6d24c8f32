"""Keras optimizers as plain data."""

import keras

# Settings that Keras applies outside of `optimizer.apply`, which is all that the loop calls.
UNSUPPORTED = ("use_ema", "loss_scale_factor")


def to_config(optimizer):
    """Describe a Keras optimizer as plain data.

    Parameters
    ----------
    optimizer : str, dict or keras.optimizers.Optimizer
        A name, a configuration as `keras.optimizers.serialize` returns it, or an instance.

    Returns
    -------
    config : str or dict
        The name, or the configuration. Configurations do not hold the optimizer's name, which
        Keras numbers anew for each instance.

    Raises
    ------
    ValueError
        If Keras knows no such optimizer, or if it has settings that cannot be used here.
    """
    if isinstance(optimizer, str):
        return optimizer
    if isinstance(optimizer, dict):
        optimizer = from_config(optimizer)
    config = keras.optimizers.serialize(optimizer)
    settings = {name: value for name, value in config["config"].items() if name != "name"}
    if isinstance(settings["learning_rate"], dict):
        raise ValueError(
            "optimizer must have a learning rate that is a number, but it has the schedule "
            f"{settings['learning_rate']['class_name']}; set learning_rate_schedule instead"
        )
    for name in UNSUPPORTED:
        if settings.get(name):
            raise ValueError(
                f"optimizer must not set {name}, which skdigits does not apply; got "
                f"{name}={settings[name]!r}"
            )
    return config | {"config": settings}


def from_config(config):
    """Build a Keras optimizer from its name or configuration."""
    try:
        if isinstance(config, dict):
            config = {"config": {}} | config
        return keras.optimizers.get(config)
    except (KeyError, TypeError, ValueError) as error:
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
