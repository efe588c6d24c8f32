"""Learning-rate schedules: step numbers -> factors of the learning rate, in NumPy.

The compiled training loop reads one rate a step, so that a schedule costs nothing to change.
"""

import numpy as np

SCHEDULES = ("constant", "exponential", "cosine", "one_cycle")


def rate_factors(schedule, first_step, n_steps, *, decay_steps, decay_rate, warmup):
    """Factor of the learning rate in each of `n_steps` steps.

    Parameters
    ----------
    schedule : {"constant", "exponential", "cosine", "one_cycle"}
        "exponential" goes on from `first_step`, as Keras' ``ExponentialDecay`` does:
        ``decay_rate ** (step / decay_steps)``. "cosine" (Loshchilov and Hutter, 2017) falls from
        1 to 0 over the `n_steps`. "one_cycle" (Smith, 2018) rises linearly from 1/25 to 1 during
        the fraction `warmup` of the steps and then falls like a cosine.
    first_step, n_steps : int
        Steps that the weights have seen before, and steps to come.
    decay_steps, decay_rate : float
        Of "exponential".
    warmup : float
        Of "one_cycle".

    Returns
    -------
    factors : ndarray of shape (n_steps,), float32
    """
    steps = np.arange(n_steps)
    if schedule == "constant":
        factors = np.ones(n_steps)
    elif schedule == "exponential":
        factors = decay_rate ** ((first_step + steps) / decay_steps)
    else:
        n_warmup = int(warmup * n_steps) if schedule == "one_cycle" else 0
        rising = 0.04 + 0.96 * steps / max(n_warmup, 1)
        falling = (1 + np.cos(np.pi * (steps - n_warmup) / (n_steps - n_warmup))) / 2
        factors = np.where(steps < n_warmup, rising, falling)
    return factors.astype(np.float32)
