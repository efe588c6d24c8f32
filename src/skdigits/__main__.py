"""The skdigits command."""

import argparse
import errno
import os
import sys
import warnings
from contextlib import contextmanager

from skdigits import __version__
from skdigits._commands import evaluate, predict, reproduce, studies, train
from skdigits._commands.errors import CommandError
from skdigits._compat import TerminatedWorkerError


def main(arguments=None):
    """Run the command line and return the exit status.

    Parameters
    ----------
    arguments : list of str, default=None
        Command line arguments; None uses those of the process.

    Returns
    -------
    status : int
        0 on success, 1 after an error, 130 after an interruption.
    """
    options = _parser().parse_args(arguments)
    with _plain_warnings():
        return _run(options)


@contextmanager
def _plain_warnings():
    """Print each warning on one line, without the source line that issued it."""
    formatwarning = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: (
        f"skdigits: warning: {' '.join(str(message).split())}\n"
    )
    try:
        yield
    finally:
        warnings.formatwarning = formatwarning


def _run(options):
    """Run a command; report any error on one line."""
    hint = options.hint.format(**vars(options))  # where the results are, and how to resume
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print(f"\nskdigits: interrupted{hint}", file=sys.stderr)
        return 130
    except (CommandError, ModuleNotFoundError) as error:
        # Packages are missing if only requirements-serving.txt was installed.
        print(f"skdigits: {error}", file=sys.stderr)
        return 1
    except TerminatedWorkerError:
        message = "a worker process was killed, possibly for lack of memory"
        print(f"\nskdigits: {message}{hint}", file=sys.stderr)
        return 1
    except MemoryError as error:
        message = f"out of memory ({error})" if str(error) else "out of memory"
        hint = f"{hint}, if possible with fewer --jobs" if hint else ""
        print(f"\nskdigits: {message}{hint}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # for example, if the output was piped into `head`
        # Otherwise Python would fail to flush the output when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"skdigits: the output pipe was closed{hint}", file=sys.stderr)
        return 1
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = f"{hint} once there is space" if hint and is_full else ""
        print(f"skdigits: {error}{hint}", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="skdigits", description="Fast scikit-learn-compatible neural networks for digits."
    )
    parser.add_argument("--version", action="version", version=f"skdigits {__version__}")
    parser.set_defaults(hint="")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (reproduce, studies, train, predict, evaluate):
        command.add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
