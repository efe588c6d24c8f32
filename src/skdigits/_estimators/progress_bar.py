"""A progress bar of fits and searches: a callback that redraws one line of text."""

import math
import sys
import threading
import time
import warnings
from collections import defaultdict
from datetime import timedelta

from skdigits._compat import close_listener, open_listener, send

WIDTH = 40
SECONDS_BETWEEN_DRAWINGS = 0.1

_bars = {}  # by the id of the fit; not in the callback, which is pickled to workers


class ProgressBar:
    """Callback that shows the progress of a fit or a search as one line of text.

    Set it on the outermost estimator. In a search, the epochs of all fits move the bar, including
    those in worker processes. The time after the percentage is the elapsed time. The bar is redrawn
    in terminals and notebooks. Unlike scikit-learn's ``ProgressBar``, it works in notebooks without
    ipywidgets. Other output, such as a file, receives only the final state of the bar.

    Notes
    -----
    All tasks of an estimator count equally, as in scikit-learn: a search with a refit is at 50%
    before the refit, and the steps of a pipeline count equally. A step that does not support
    callbacks, such as PCA, moves the bar at its end. Once a bar has been drawn, scikit-learn's
    warning about such steps is ignored in the whole process.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import DenseDigitClassifier, ProgressBar
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = DenseDigitClassifier(16, epochs=2, random_state=0)
    >>> classifier = classifier.set_callbacks(ProgressBar()).fit(X, y)  # doctest: +ELLIPSIS
    DenseDigitClassifier [########################################] 100% 0:00:...
    """

    max_propagation_depth = None  # no limit: the epochs of fits inside a search count, too

    def __init__(self):
        self._listeners = {}

    def setup(self, estimator, context):
        """Draw the bar at the beginning of the outermost fit."""
        # The warning about a step that does not support callbacks, such as PCA, would break the
        # line, and the bar loses nothing: the pipeline reports the end of the step.
        message = "The estimator .* does not support callbacks"
        warnings.filterwarnings("ignore", message, UserWarning)
        bar = _bars[context.root_uuid] = _Bar(context.estimator_name)
        self._listeners[context.root_uuid] = open_listener(bar.end_task)

    def on_fit_task_begin(self, estimator, context):
        """Do nothing; only finished tasks count."""

    def on_fit_task_end(self, estimator, context):
        """Move the bar at the end of an epoch, a fit or another task."""
        ids, sizes = [context.task_id], []
        parent = context
        while parent := parent.parent:
            ids.append(parent.task_id)
            sizes.append(parent.max_subtasks)
        send(self._listeners[context.root_uuid], (tuple(reversed(ids)), sizes))

    def teardown(self, estimator, context):
        """End the line after the outermost fit, even if it failed."""
        close_listener(self._listeners.pop(context.root_uuid))
        _bars.pop(context.root_uuid).close()


class _Bar:
    """The line of one fit. Any thread may report finished tasks."""

    def __init__(self, name):
        self._name = name
        self._file = sys.stdout
        self._redraws = self._file.isatty() or "ipykernel" in sys.modules
        self._lock = threading.Lock()
        self._done = defaultdict(float)  # unfinished task -> its finished share of the whole
        self._start = self._drawn = time.monotonic()
        if self._redraws:
            self._draw()

    def end_task(self, message):
        """Count a task as finished, given the ids from the root to it and its parents' sizes."""
        path, sizes = message
        share = math.prod(1 / size if size else 0 for size in sizes)  # None: unknown size
        with self._lock:
            added = share - self._done.pop(path, 0)
            for depth in range(len(path)):
                self._done[path[:depth]] += added
            if self._redraws and time.monotonic() - self._drawn > SECONDS_BETWEEN_DRAWINGS:
                self._draw()

    def close(self):
        """Draw the bar one last time, and end the line."""
        with self._lock:
            self._draw(end="\n")

    def _draw(self, end=""):
        self._drawn = time.monotonic()
        done = self._done[()]
        bar = ("#" * round(WIDTH * done)).ljust(WIDTH, ".")
        elapsed = timedelta(seconds=int(self._drawn - self._start))
        start = "\r" if self._redraws else ""
        line = f"{start}{self._name} [{bar}] {round(100 * done):3d}% {elapsed}"
        print(line, end=end, file=self._file, flush=True)
