"""The file of finished fits: JSON lines, append-only."""

import errno
import json
import os

from skdigits._utils import file_in_errors

RECORDS_FILE = "records.jsonl"
# A line without these fields is not the record of a fit.
REQUIRED_FIELDS = {
    **dict.fromkeys(("key", "study", "network", "finished"), str),
    **dict.fromkeys(("seed", "images"), int),
    "quick": bool,
    "fit_seconds": float,
    **dict.fromkeys(("history", "environment"), dict),
}


class Records:
    """The file of finished fits.

    Several processes may append to it at once. Lines cut off by a kill or a full disk stay in the
    file and are skipped.

    Parameters
    ----------
    path : pathlib.Path
    """

    def __init__(self, path):
        self.path = path

    def append(self, record):
        """Append a record and flush it to disk.

        Raises
        ------
        OSError
            If the record could not be written completely.
        """
        line = json.dumps(record).encode() + b"\n"
        with file_in_errors(self.path), open(self.path, "ab+", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())

    def read(self):
        """Return all records by "key", in the order in which the fits finished."""
        return self._parse()[0]

    def find(self, key):
        """Return the record with this key, or None."""
        return self.read().get(key)

    def count(self, study):
        """Return the number of finished fits of a study."""
        return sum(record["study"] == study for record in self.read().values())

    def n_damaged(self):
        """Return the number of lines that are not records."""
        return self._parse()[1]

    def _parse(self):
        """Return the records by key, and the number of damaged lines."""
        records, n_damaged = {}, 0
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        for line in filter(None, lines):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if isinstance(record, dict) and all(
                isinstance(record.get(name), kind) for name, kind in REQUIRED_FIELDS.items()
            ):
                records[record["key"]] = record
            else:
                n_damaged += 1
        return records, n_damaged
