"""The skdigits command."""

import argparse
import os
import sys
import warnings

from joblib.externals.loky.process_executor import TerminatedWorkerError

from skdigits import __version__


def main(arguments=None):
    """Run the command line; its exit status.

    Parameters
    ----------
    arguments : list of str, default=None
        Instead of those of the process.

    Returns
    -------
    status : int
        0 if all went well, 1 after an error, 130 after an interruption.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    # One thread a fit, so that results do not depend on the number of jobs. TensorFlow reads it
    # when it is imported, below.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # keep its greetings off the table
    # joblib takes TensorFlow, imported by a worker's second task, for a leak.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    if options.command == "studies":
        return _list_studies()
    try:
        return _reproduce(options, parser)
    except KeyboardInterrupt:
        print(
            f"\ninterrupted; every finished fit is recorded in {options.output}, and the same "
            "command goes on",
            file=sys.stderr,
        )
        return 130
    except TerminatedWorkerError:
        print(
            "\nskdigits: a worker process was killed, perhaps for lack of memory; every finished "
            f"fit is recorded in {options.output}, and the same command goes on",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        print(f"skdigits: {error}", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="skdigits", description="Fast scikit-learn-compatible networks for digits."
    )
    parser.add_argument("--version", action="version", version=f"skdigits {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    reproduce = commands.add_parser(
        "reproduce",
        help="run published studies on MNIST, each figure beside the published one",
    )
    reproduce.add_argument(
        "studies",
        nargs="*",
        default=["experiments"],
        metavar="STUDY",
        help="which studies, or all (default: experiments); `skdigits studies` lists them",
    )
    reproduce.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="fits at the same time, of one thread each (default: as many as there are cores)",
    )
    reproduce.add_argument(
        "--quick",
        action="store_true",
        help="one seed, fewer images and epochs, for a look at how it works",
    )
    reproduce.add_argument(
        "--seeds",
        type=_positive,
        metavar="K",
        help="fit each network with K seeds (default: as the study declares; a search has one)",
    )
    reproduce.add_argument(
        "--output",
        default="reproduced",
        metavar="DIR",
        help="folder for tables, models and the report; run again with the same folder, it goes "
        "on where it stopped (default: reproduced)",
    )
    commands.add_parser("studies", help="list the studies, their size and the time they take")
    return parser


def _positive(text):
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {text}")
    return number


def _list_studies():
    from skdigits.studies import STUDIES

    print(f"{'study':<16}{'fits':>6}{'minutes':>9}  question")
    for study in STUDIES.values():
        print(f"{study.name:<16}{study.n_fits():>6}{study.minutes:>9g}  {study.question}")
    print("\nMinutes are about those of two cores with AVX2; --quick takes a few in all.")
    return 0


def _reproduce(options, parser):
    import joblib
    from threadpoolctl import threadpool_limits

    from skdigits.studies import STUDIES, environment, reproduce

    unknown = set(options.studies) - {"all", *STUDIES}
    if unknown:
        parser.error(f"no study {', '.join(sorted(unknown))}; there are all, {', '.join(STUDIES)}")
    if options.quick and options.seeds:
        parser.error("--quick has one seed; leave out --seeds")
    names = list(STUDIES) if "all" in options.studies else dict.fromkeys(options.studies)
    with threadpool_limits(environment()["threads"]):  # NumPy has been imported
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
