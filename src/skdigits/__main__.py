"""The skdigits command."""

import argparse
import errno
import os
import sys
import warnings

from skdigits import __version__
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
    parser = _parser()
    options = parser.parse_args(arguments)
    # One thread per fit, so that results do not depend on the number of jobs. TensorFlow reads the
    # variable when it is imported, below.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # no log messages in the table
    # joblib mistakes TensorFlow, imported by the second task of a worker, for a memory leak.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    if options.command == "studies":
        return _list_studies()
    resume = f"finished fits are recorded in {options.output}; rerun the same command to resume"
    try:
        return _reproduce(options, parser)
    except KeyboardInterrupt:
        print(f"\nskdigits: interrupted; {resume}", file=sys.stderr)
        return 130
    except TerminatedWorkerError:
        message = "a worker process was killed, possibly for lack of memory"
        print(f"\nskdigits: {message}; {resume}", file=sys.stderr)
        return 1
    except MemoryError as error:
        message = f"out of memory ({error})" if str(error) else "out of memory"
        hint = "if possible with fewer --jobs"
        print(f"\nskdigits: {message}; {resume}, {hint}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the standard output was piped into `head`, say
        # Otherwise Python would fail to flush it when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"skdigits: the output pipe was closed; {resume}", file=sys.stderr)
        return 1
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = f"; {resume} once there is space" if is_full else ""
        print(f"skdigits: {error}{hint}", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="skdigits", description="Fast scikit-learn-compatible neural networks for digits."
    )
    parser.add_argument("--version", action="version", version=f"skdigits {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    reproduce = commands.add_parser(
        "reproduce",
        help="run published studies of MNIST and compare the results",
    )
    reproduce.add_argument(
        "studies",
        nargs="*",
        default=["experiments"],
        metavar="STUDY",
        help="studies to run, or all (default: experiments); `skdigits studies` lists them",
    )
    reproduce.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="number of parallel fits, with one thread each (default: number of cores)",
    )
    reproduce.add_argument(
        "--quick",
        action="store_true",
        help="try it out with one seed, fewer images and fewer epochs",
    )
    reproduce.add_argument(
        "--seeds",
        type=_positive,
        metavar="K",
        help="number of seeds per network (default: declared by the study; searches have one)",
    )
    reproduce.add_argument(
        "--output",
        default="reproduced",
        metavar="DIR",
        help="folder for tables, models and the report (default: reproduced); rerun with the same "
        "folder to resume",
    )
    commands.add_parser("studies", help="list the studies with their size and duration")
    return parser


def _positive(text):
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {text}")
    return number


def _list_studies():
    from rich.console import Console
    from rich.table import Table

    from skdigits.studies import STUDIES

    table = Table("study", box=None, header_style="", pad_edge=False)
    table.add_column("fits", justify="right")
    table.add_column("minutes", justify="right")
    table.add_column("question")
    for study in STUDIES.values():
        table.add_row(study.name, str(study.n_fits()), f"{study.minutes:g}", study.question)
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    console.print(table)
    console.print("\nMinutes are for two cores with AVX2; --quick takes a few minutes.")
    return 0


def _reproduce(options, parser):
    import joblib
    from threadpoolctl import threadpool_limits

    from skdigits.studies import STUDIES, environment, reproduce

    unknown = set(options.studies) - {"all", *STUDIES}
    if unknown:
        choices = ", ".join(["all", *STUDIES])
        parser.error(f"STUDY must be one of {choices}; got {', '.join(sorted(unknown))}")
    if options.quick and options.seeds:
        parser.error("--quick must be used without --seeds, as it has one seed")
    names = list(STUDIES) if "all" in options.studies else dict.fromkeys(options.studies)
    with threadpool_limits(environment()["threads"]):  # NumPy is imported already
        for name in names:
            reproduce(
                STUDIES[name],
                options.output,
                quick=options.quick,
                seeds=options.seeds,
                n_jobs=options.jobs or joblib.cpu_count(),
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
