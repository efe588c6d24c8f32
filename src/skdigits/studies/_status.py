"""How far a study has come, on one line of the terminal."""

import sys
import threading
import time
from contextlib import contextmanager


class StatusLine:
    """Shows the number of finished fits while it is entered, if there is a terminal.

    Parameters
    ----------
    study : str
    records : Records
        Read every second, so that fits in other processes count as well.
    n_fits : int
        How many there will be.
    """

    def __init__(self, study, records, n_fits):
        self.study = study
        self.records = records
        self.n_fits = n_fits
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        if sys.stderr.isatty():
            self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
            self._show("")

    @contextmanager
    def out_of_the_way(self):
        """Keep the line clear, for what is to be printed meanwhile."""
        with self._lock:
            if self._thread.is_alive():
                self._show("")
            yield

    def _watch(self):
        start = time.monotonic()
        before = self.records.count(self.study)
        while not self._stopped.wait(1):
            seconds = round(time.monotonic() - start)
            done = self.records.count(self.study)
            earlier = f" ({before} of them earlier)" if before else ""
            with self._lock:
                self._show(
                    f"{self.study}: {done} of {self.n_fits} fits finished{earlier}; "
                    f"{seconds // 60}:{seconds % 60:02d}"
                )

    @staticmethod
    def _show(text):
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
