"""Finished fits, each a line of JSON in a file that only grows."""

import errno
import json
import os

FILE_OF_RECORDS = "records.jsonl"
# Without these a line is no record of a fit.
FIELDS = {
    *("key", "study", "network", "seed", "quick", "images", "parameters", "epochs"),
    *("fit_seconds", "environment", "finished"),
}


class Records:
    """The file of finished fits.

    Several processes may append to it at once. A line that was cut off, by a kill or a full disk,
    stays as it is and counts as none.

    Parameters
    ----------
    path : pathlib.Path
    """

    def __init__(self, path):
        self.path = path

    def append(self, record):
        """Add a record, on disk when this returns.

        Raises
        ------
        OSError
            If it could not be written as a whole.
        """
        line = json.dumps(record).encode() + b"\n"
        with open(self.path, "ab+", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(file.fileno())

    def find(self, key):
        """The record of that key, or None."""
        return self._read()[0].get(key)

    def read(self):
        """All records by their "key", in the order in which they were finished."""
        return self._read()[0]

    def count(self, study):
        """Number of finished fits of a study."""
        return sum(record["study"] == study for record in self.read().values())

    def n_damaged(self):
        """Number of lines that are no records."""
        return self._read()[1]

    def _read(self):
        """Records by key, and the number of damaged lines."""
        records, n_damaged = {}, 0
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        for line in filter(None, lines):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if isinstance(record, dict) and record.keys() >= FIELDS:
                records[record["key"]] = record
            else:
                n_damaged += 1
        return records, n_damaged
