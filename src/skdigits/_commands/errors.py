"""The error of a command."""


class CommandError(Exception):
    """A message for the user of a command, printed in one line without a traceback."""


def first_line(error):
    """Return what an error of a library says in its first line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
