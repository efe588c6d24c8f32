"""Reproduce a study: fit its networks, print its table, write its results and report."""

import sys
from contextlib import nullcontext
from pathlib import Path

import joblib
import pandas as pd

from skdigits._utils import make_folder, warn
from skdigits.studies.declared import STUDIES
from skdigits.studies.experiments import QUICK_EPOCHS, run_experiments
from skdigits.studies.progress import FitProgress
from skdigits.studies.recorder import Recorder
from skdigits.studies.records import RECORDS_FILE, Records
from skdigits.studies.report.html import write_html
from skdigits.studies.report.plots import draw_plots
from skdigits.studies.report.table import (
    COLUMNS,
    REQUIRED_COLUMNS,
    result_rows,
    table_cells,
    text_columns,
    text_line,
    write_csv,
)
from skdigits.studies.study import Study
from skdigits.studies.system_info import environment


def reproduce(study, output, *, quick=False, seeds=None, n_jobs=None, file=None):
    """Run a study: fit its networks, print its table and write a report.

    The folder `output` receives:

    - ``records.jsonl``: one line per fit, as soon as it is finished
    - ``models``: every fitted estimator, saved with joblib
    - ``<study>.csv``: the results
    - ``plots``: plots of the networks, if the study declares any
    - ``report.html``: the results of this study, and of all others in `STUDIES` that were run with
      the same folder.

    Call it again with the same folder to resume: recorded fits are not repeated.

    Parameters
    ----------
    study : Study
        One of `skdigits.studies.STUDIES`, or a custom study.
    output : str or path-like
        Folder to write to; created if necessary.
    quick : bool, default=False
        Whether to try the study out: with one image in twelve, one seed and few epochs, in the
        subfolder ``quick`` of `output`. The results are not comparable with
        those of a full run.
    seeds : int, default=None
        Number of seeds for every network; None uses the numbers that the study declares.
    n_jobs : int, default=None
        Number of parallel fits. None uses the number in `joblib.parallel_config`, which also sets
        the backend.
    file : text stream, default=None
        Stream to print the table to; None means standard output.

    Returns
    -------
    results : DataFrame
        The contents of ``<study>.csv``: one row per network, seed and published run, and one per
        candidate of a search. The column ``experiment`` holds the name of the experiment.

    Raises
    ------
    OSError
        If a file cannot be written. Recorded fits are kept.
    TypeError
        If `study` is not a Study, or if its `plots` yield anything but names, captions and displays
        or figures.
    ValueError
        If `seeds` is not positive.

    Examples
    --------
    >>> import io, tempfile
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.studies import Network, Split, Study, reproduce
    >>> networks = (Network("8 units", DenseDigitClassifier(8, epochs=1)),)
    >>> study = Study("small", "A small network", "Is it enough?", networks, Split(), minutes=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     results = reproduce(study, folder, quick=True, file=io.StringIO())
    >>> results.network.tolist(), results.parameters.tolist()
    (['8 units'], [6370])
    """
    if not isinstance(study, Study):
        raise TypeError(f"study must be a Study, such as STUDIES['experiments']; got {study!r}")
    if seeds is not None and seeds < 1:
        raise ValueError(f"seeds must be at least 1; got {seeds}")
    file = sys.stdout if file is None else file
    output = Path(output, "quick") if quick else Path(output)
    make_folder(output)
    recorder = Recorder(output, study.name, study.split, quick)
    seeds = 1 if quick else seeds
    n_fits = study.n_fits(seeds)

    def show(*lines):
        print(*lines, sep="\n", file=file, flush=True)

    columns = text_columns(study, seeds, quick)
    show(*_introduction(study, recorder.records, n_fits, quick), "", text_line(COLUMNS, columns))
    rows = []
    parallel = joblib.parallel_config(n_jobs=n_jobs) if n_jobs else nullcontext()
    with parallel, FitProgress(study.name, recorder.records, n_fits) as progress:
        for published, fits in run_experiments(study, recorder, seeds):
            new_rows = result_rows(study.name, published, fits)
            rows += new_rows
            write_csv(output / f"{study.name}.csv", rows)
            with progress.paused():
                cells_of_rows = table_cells(pd.DataFrame(new_rows))
                show(*(text_line(cells, columns) for cells, _ in cells_of_rows))
    results = pd.DataFrame(rows)
    try:
        draw_plots(study, output, results, quick)
    finally:
        write_html(output, STUDIES | {study.name: study}, load_results(output), load_fits(output))
    if study.notes:
        show("", *(["Notes on the full study:"] if quick else []), *study.notes)
    show("", f"Report: {output / 'report.html'}", f"Models: {output / 'models'}")
    return results


def _introduction(study, records, n_fits, quick):
    """Yield the lines above the table."""
    machine = environment()
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield f"{study.name}: {study.title}"
    yield f"fits: {n_fits}; threads per fit: {machine['threads']}"
    yield f"{machine['processor']}; {versions}"
    if n_recorded := records.count(study.name):
        yield f"recorded earlier: {n_recorded}; identical fits are not repeated"
    if n_damaged := records.n_damaged():
        yield f"damaged lines in {records.path}: {n_damaged}; their fits are repeated"
    if quick:
        yield (
            f"QUICK: a twelfth of the images, one seed, at most {QUICK_EPOCHS} epochs; not "
            "comparable with the published results"
        )


def load_results(output):
    """Load the results of all studies that were run with a folder.

    Parameters
    ----------
    output : str or path-like
        Output folder of `reproduce`.

    Returns
    -------
    results : DataFrame
        The rows that `reproduce` returned for each of these studies. A damaged table is left out,
        with a warning.

    Raises
    ------
    FileNotFoundError
        If the folder has no results.

    Examples
    --------
    >>> import io, tempfile
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.studies import Network, Split, Study, load_results, reproduce
    >>> networks = (Network("8 units", DenseDigitClassifier(8, epochs=1)),)
    >>> study = Study("small", "A small network", "Is it enough?", networks, Split(), minutes=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = reproduce(study, folder, quick=True, file=io.StringIO())
    ...     results = load_results(f"{folder}/quick")
    >>> results.study.tolist()
    ['small']
    """
    studies = dict.fromkeys(record["study"] for record in _recorded_fits(output))
    tables = [_read_table(Path(output, f"{name}.csv"), name) for name in studies]
    tables = [table for table in tables if table is not None]
    if not tables:
        raise FileNotFoundError(f"output must contain results of a study; got {output}")
    return pd.concat(tables, ignore_index=True)


def load_fits(output):
    """Load the records of all finished fits in a folder.

    Parameters
    ----------
    output : str or path-like
        Output folder of `reproduce`, which may still be running.

    Returns
    -------
    fits : DataFrame
        One row per fit: its parameters and metrics, its ``history`` and ``epoch_seconds``, the
        file of its model, and the environment that it ran in.

    Raises
    ------
    FileNotFoundError
        If the folder has no records.

    Examples
    --------
    >>> import io, tempfile
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.studies import Network, Split, Study, load_fits, reproduce
    >>> networks = (Network("8 units", DenseDigitClassifier(8, epochs=1)),)
    >>> study = Study("small", "A small network", "Is it enough?", networks, Split(), minutes=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = reproduce(study, folder, quick=True, file=io.StringIO())
    ...     fits = load_fits(f"{folder}/quick")
    >>> len(fits.history[0]["loss"])
    1
    """
    return pd.DataFrame(_recorded_fits(output))


def _read_table(path, study):
    """Read the results of a study; return None if there are none or, with a warning, if damaged."""
    if not path.exists():
        return None
    text = dict.fromkeys(("study", "experiment", "network", "published_name", "model"), str)
    try:
        # Without keep_default_na=False, a network named "nan" would be read as a missing value.
        table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
        if table.reindex(columns=REQUIRED_COLUMNS).isna().any(axis=None) or table.empty:
            raise ValueError(f"must have values in the columns {', '.join(REQUIRED_COLUMNS)}")
    except ValueError as error:  # pandas' errors are ValueErrors, too
        reason = str(error).strip()
        warn(f"leaving out {path}, which is damaged ({reason}): reproduce study {study} again")
        return None
    return table


def _recorded_fits(output):
    records = Records(Path(output) / RECORDS_FILE)
    fits = list(records.read().values())
    if not fits:
        quick = Path(output, "quick")
        hint = f"; the results of a quick run are in {quick}" if quick.exists() else ""
        raise FileNotFoundError(f"output must contain recorded fits; got {output}{hint}")
    return fits
