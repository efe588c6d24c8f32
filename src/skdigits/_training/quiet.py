"""Import TensorFlow without its log messages (about 1,600 characters)."""

import os
import re
import sys
import tempfile
from contextlib import ExitStack, contextmanager

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
FATAL_ONLY = "3"  # level 2 shows errors, such as a missing GPU

# Messages that TensorFlow logs before it has read the level, and the line that precedes them.
EARLY_MESSAGE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called .*\n"
    rb"|[IWE]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ \S+\.cc:\d+\] .*\n"
)


@contextmanager
def without_log_messages():
    """Silence TensorFlow, during and after the import, if it is imported inside the context.

    It logs as usual if the user has set a different log level or has already imported it.
    """
    if "tensorflow" not in sys.modules and os.environ.setdefault(LEVEL, FATAL_ONLY) == FATAL_ONLY:
        with _early_messages_dropped():
            yield
    else:
        yield


@contextmanager
def _early_messages_dropped():
    """Drop the early messages from standard error, and keep everything else written to it."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.TemporaryFile())
            stderr = os.dup(2)
        except OSError:  # there is no temporary folder, or no standard error
            yield
            return
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            file.seek(0)
            os.write(2, EARLY_MESSAGE.sub(b"", file.read()))
