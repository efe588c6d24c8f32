"""Prediction in as many threads as the caller allows for BLAS."""

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from threadpoolctl import ThreadpoolController

_limiting = threading.Lock()


@functools.cache
def _blas():
    return ThreadpoolController().select(user_api="blas")


def map_in_threads(function, items):
    """Call a function on each item, in one thread of BLAS each.

    BLAS threads single matrix products only, and copies between them not at all. The number of
    threads is that of BLAS, which ``OMP_NUM_THREADS`` and threadpoolctl limit. Its limit is one for
    the whole process, so a second thread that predicts at the same time uses no further threads.
    """
    n_threads = min((library["num_threads"] for library in _blas().info()), default=1)
    if n_threads == 1 or not _limiting.acquire(blocking=False):
        for item in items:
            function(item)
        return
    try:
        with _blas().limit(limits=1), ThreadPoolExecutor(n_threads) as executor:
            # Each thread gets the caller's np.errstate.
            tasks = [executor.submit(copy_context().run, function, item) for item in items]
            for task in tasks:
                task.result()
    finally:
        _limiting.release()
