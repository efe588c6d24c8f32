"""How far a study has come, on one line of the terminal."""

import sys
import threading
import time


class StatusLine:
    """Shows the number of finished fits while it is entered.

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
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        self._show("")

    def _watch(self):
        start = time.monotonic()
        before = None
        while True:
            done = sum(record["study"] == self.study for record in self.records.read().values())
            if before is None:
                before = done
            seconds = round(time.monotonic() - start)
            last = f", {done - before} of them now" if before else ""
            self._show(
                f"{self.study}: {done} of {self.n_fits} fits finished{last}; "
                f"{seconds // 60}:{seconds % 60:02d}"
            )
            if self._stopped.wait(1):
                return

    @staticmethod
    def _show(text):
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
