"""Compute the learning-rate multipliers of steps, in NumPy.

The compiled loop reads one rate per step, so a schedule costs nothing to change.
"""

import numpy as np

SCHEDULES = ("constant", "exponential", "cosine", "one_cycle")
# Schedules that reach their lowest rate, and best accuracy, only after all epochs.
END_SCHEDULES = ("cosine", "one_cycle")


def lr_multipliers(schedule, steps, n_steps, *, n_earlier_steps=0):
    """Compute the multipliers of the learning rate in the given steps.

    Parameters
    ----------
    schedule : Schedule
        "exponential" continues from earlier fits, as Keras' ``ExponentialDecay`` does:
        ``decay_rate ** (step / decay_steps)``. "cosine" (Loshchilov and Hutter, 2017) falls from
        1 to 0 over the `n_steps`. "one_cycle" (Smith, 2018) rises linearly from 1/25 to 1 during
        the fraction `warmup_fraction` of the steps and then falls like a cosine.
    steps : ndarray of int
        Steps of this fit, counted from 0.
    n_steps : int
        Number of steps of the whole fit.
    n_earlier_steps : int, default=0
        Steps of earlier fits that this one continues.

    Returns
    -------
    multipliers : ndarray of float32, of the shape of `steps`
    """
    if schedule.name == "constant":
        multipliers = np.ones(len(steps))
    elif schedule.name == "exponential":
        exponents = (n_earlier_steps + steps) / schedule.decay_steps
        multipliers = schedule.decay_rate**exponents
    else:
        warmup = schedule.warmup_fraction if schedule.name == "one_cycle" else 0
        n_steps = float(min(n_steps, 10**300))
        n_warmup = float(int(warmup * n_steps))
        rising = 0.04 + 0.96 * steps / max(n_warmup, 1)
        falling = (1 + np.cos(np.pi * (steps - n_warmup) / (n_steps - n_warmup))) / 2
        multipliers = np.where(steps < n_warmup, rising, falling)
    return multipliers.astype(np.float32)
