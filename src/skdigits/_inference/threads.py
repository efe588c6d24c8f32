"""Run chunks of samples in as many threads as BLAS may use.

BLAS only runs single matrix products in threads, not the copies between them. Each chunk therefore
runs in one thread, with single-threaded BLAS.
"""

import functools
import threading
from collections import deque
from contextvars import copy_context

from threadpoolctl import ThreadpoolController

# Held by the thread that limits BLAS, as its limit applies to the whole process.
_limits_blas = threading.Lock()


@functools.cache
def _blas():
    return ThreadpoolController().select(user_api="blas")


def _blas_threads():
    return min((library["num_threads"] for library in _blas().info()), default=1)


def run_in_threads(function, items):
    """Call a function on each item.

    Uses as many threads as BLAS may use, which ``OMP_NUM_THREADS`` and threadpoolctl limit. While
    another thread runs this function, no further threads start.
    """
    waiting = deque(items)
    if len(waiting) > 1 and _limits_blas.acquire(blocking=False):
        try:
            n_threads = min(_blas_threads(), len(waiting))
            with _blas().limit(limits=1):
                # The limit has no effect while another thread limits BLAS with threadpoolctl.
                _run(function, waiting, n_threads if _blas_threads() == 1 else 1)
        finally:
            _limits_blas.release()
    else:
        _run(function, waiting, 1)


def _run(function, waiting, n_threads):
    errors = []

    def work():
        try:
            while waiting:
                try:
                    item = waiting.popleft()
                except IndexError:  # another thread was faster
                    return
                function(item)
        except BaseException as error:
            errors.append(error)
            waiting.clear()

    threads = []
    for _ in range(n_threads - 1):
        # Each thread gets the caller's np.errstate.
        thread = threading.Thread(target=copy_context().run, args=(work,))
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the interpreter is shutting down
            break
        threads.append(thread)
    work()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
