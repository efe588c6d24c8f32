"""`skdigits reproduce`: run published studies."""

import argparse
import os
import warnings


def add_parser(commands):
    """Add the command to a parser."""
    parser = commands.add_parser(
        "reproduce",
        help="run published studies of MNIST and compare the results",
    )
    parser.add_argument(
        "studies",
        nargs="*",
        default=["experiments"],
        metavar="STUDY",
        help="studies to run, or all (default: experiments); `skdigits studies` lists them",
    )
    parser.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="number of parallel fits, with one thread each (default: number of cores)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="try the studies out with one seed, fewer images and fewer epochs",
    )
    parser.add_argument(
        "--seeds",
        type=_positive,
        metavar="K",
        help="number of seeds per network (default: declared by the study; searches have one)",
    )
    parser.add_argument(
        "--output",
        default="reproduced",
        metavar="DIR",
        help="folder for tables, models and the report (default: reproduced); rerun with the same "
        "folder to resume",
    )
    parser.set_defaults(
        run=lambda options: run(options, parser),
        hint="; finished fits are recorded in {output}; rerun the same command to resume",
    )


def _positive(text):
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {text}")
    return number


def run(options, parser):
    """Run the command."""
    # One thread per fit, so that results do not depend on the number of jobs. The variable is read
    # when skdigits imports TensorFlow, below.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("MPLBACKEND", "Agg")
    # joblib mistakes TensorFlow, imported by the second task of a worker, for a memory leak.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")

    import joblib
    from threadpoolctl import threadpool_limits

    from skdigits.studies import STUDIES, environment, reproduce

    unknown = set(options.studies) - {"all", *STUDIES}
    if unknown:
        choices = ", ".join(["all", *STUDIES])
        parser.error(f"STUDY must be one of {choices}; got {', '.join(sorted(unknown))}")
    if options.quick and options.seeds:
        parser.error("--seeds must not be passed with --quick, which uses one seed")
    names = list(STUDIES) if "all" in options.studies else dict.fromkeys(options.studies)
    # NumPy was imported before OMP_NUM_THREADS was set.
    with threadpool_limits(environment()["threads"]):
        for name in names:
            reproduce(
                STUDIES[name],
                options.output,
                quick=options.quick,
                seeds=options.seeds,
                n_jobs=options.jobs or joblib.cpu_count(),
            )
    return 0
