"""The progress bar of a study, on the terminal."""

import sys
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class FitProgress(Progress):
    """Progress bar of the fits of a study, on standard error if that is a terminal.

    Parameters
    ----------
    study : str
    records : Records
        Read once per second, so that fits in other processes count.
    n_fits : int
        Number of fits of the study.
    """

    def __init__(self, study, records, n_fits):
        console = Console(stderr=True, force_terminal=sys.stderr.isatty())
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("fits,"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_interactive,
            refresh_per_second=1,
            transient=True,
            redirect_stdout=False,  # rich would send it to standard error
        )
        self.study = study
        self.records = records
        self.add_task(study, total=n_fits)

    def get_renderables(self):
        """Count the finished fits before each refresh."""
        for task in self.task_ids:
            self.update(task, completed=self.records.count(self.study))
        yield from super().get_renderables()

    @contextmanager
    def paused(self):
        """Hide the bar while something else is printed."""
        self.stop()
        yield
        self.start()
