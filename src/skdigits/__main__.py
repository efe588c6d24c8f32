"""The skdigits command."""

import argparse
import os
import sys

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
        "studies", nargs="*", metavar="STUDY", help="which studies (default: experiments)"
    )
    reproduce.add_argument(
        "--quick",
        action="store_true",
        help="one seed, fewer images and epochs, for a look at how it works",
    )
    reproduce.add_argument(
        "--output",
        default="reproduced",
        metavar="DIR",
        help="folder for tables and models (default: reproduced)",
    )
    options = parser.parse_args(arguments)
    try:
        return _reproduce(options, reproduce)
    except KeyboardInterrupt:
        print(f"\ninterrupted; what is finished is in {options.output}", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"skdigits: {error}", file=sys.stderr)
        return 1


def _reproduce(options, parser):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # keep TensorFlow's greetings off the table
    from skdigits.studies import STUDIES, reproduce

    unknown = set(options.studies) - set(STUDIES)
    if unknown:
        parser.error(f"no study {', '.join(sorted(unknown))}; there are {', '.join(STUDIES)}")
    for name in options.studies or ["experiments"]:
        reproduce(STUDIES[name], options.output, quick=options.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
