"""Files that are written as a whole or not at all."""

import uuid
from contextlib import contextmanager


@contextmanager
def written_whole(path):
    """Give a path to write to, which becomes `path` if all went well.

    Parameters
    ----------
    path : pathlib.Path

    Yields
    ------
    unfinished : pathlib.Path
        Beside it.
    """
    unfinished = path.with_name(f"{path.name}-{uuid.uuid4().hex}.tmp")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
