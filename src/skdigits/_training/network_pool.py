"""The pool of compiled networks, from which every fit borrows one.

Compiling takes about a second, so networks are kept for later fits with the same configuration,
such as the candidates and folds of a search.
"""

import os
import threading
from contextlib import contextmanager

# Maximum number of idle networks; the least recently used one is dropped first. An idle network
# takes 15 to 30 MB and ten threads of TensorFlow's compiler.
MAX_IDLE_NETWORKS = 8

_idle_networks = []  # least recently used first
_lock = threading.Lock()
_trained_in = set()  # processes that have built a network: this one, and those it was forked from


@contextmanager
def borrow_network(config):
    """Lend a compiled network to one fit at a time; build one if no equal one is idle.

    A network whose fit failed is discarded, as its state is undefined.

    Parameters
    ----------
    config : LoopConfig
        Properties that the network is compiled for.

    Yields
    ------
    network : CompiledNetwork

    Raises
    ------
    RuntimeError
        In a process that was forked after its parent trained a network, where training would hang.
    """
    if _trained_in - {os.getpid()}:
        raise RuntimeError(
            "a process that was forked after its parent trained a network cannot train, since "
            "TensorFlow's threads do not survive a fork; use joblib's loky backend or 'spawn'"
        )
    from skdigits._training.compiled_loop import CompiledNetwork  # imports TensorFlow

    _trained_in.add(os.getpid())
    with _lock:
        idle = [network for network in _idle_networks if network.config == config]
        if idle:
            _idle_networks.remove(idle[-1])
    network = idle[-1] if idle else CompiledNetwork(config)
    try:
        yield network
    except BaseException:
        network.close()
        raise
    network.release_memory()
    with _lock:
        _idle_networks.append(network)
        dropped = _idle_networks[:-MAX_IDLE_NETWORKS]
        del _idle_networks[:-MAX_IDLE_NETWORKS]
    for network in dropped:
        network.close()


def clear_network_pool():
    """Release all idle compiled networks.

    Up to eight compiled networks are kept for later fits with the same layers, optimizer and batch
    size. Call this to free their memory; the next fit compiles its network again. Fitted
    classifiers are not affected.

    Examples
    --------
    >>> from skdigits import clear_network_pool
    >>> clear_network_pool()
    """
    with _lock:
        dropped = _idle_networks.copy()
        _idle_networks.clear()
    for network in dropped:
        network.close()
