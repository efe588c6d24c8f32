"""`skdigits studies`: list the studies."""

import sys


def add_parser(commands):
    """Add the command to a parser."""
    parser = commands.add_parser("studies", help="list the studies with their size and duration")
    parser.set_defaults(run=run)


def run(options):
    """Run the command."""
    from skdigits.studies import STUDIES  # first, as it reports missing packages

    from rich.console import Console  # isort: skip
    from rich.table import Table  # isort: skip

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
