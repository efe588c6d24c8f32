"""The error of a command."""


class CommandError(Exception):
    """An error whose message is printed on one line, without a traceback."""


def first_line(error):
    """Return the first line of an error's message."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
