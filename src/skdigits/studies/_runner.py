"""The runner: any study -> recorded fits, figures beside the published ones, a table."""

import sys
from contextlib import nullcontext
from pathlib import Path

import joblib
import pandas as pd

from skdigits.studies._catalogue import STUDIES
from skdigits.studies._environment import environment
from skdigits.studies._experiments import QUICK_EPOCHS, rows_of_experiments
from skdigits.studies._html import write_html
from skdigits.studies._pictures import draw_pictures
from skdigits.studies._recorder import Recorder
from skdigits.studies._records import FILE_OF_RECORDS, Records
from skdigits.studies._status import StatusLine
from skdigits.studies._study import Study
from skdigits.studies._table import HEADER, rows_with_published, table_lines, write_csv


def reproduce(study, output, *, quick=False, seeds=None, n_jobs=None, file=None):
    """Run a study: fit its networks, print its table, write figures, models and a report.

    Written into the folder `output`: ``records.jsonl``, a line for every fit as soon as it is
    finished; ``models``, every fitted estimator, saved with joblib; ``<study>.csv``, the table;
    ``pictures``, of its networks, if the study declares some; and ``report.html``, the tables and
    pictures of this study and of all in `STUDIES` that were run there. Run again
    with the same folder, it goes on where it stopped: what is recorded is not fitted again.

    Parameters
    ----------
    study : Study
        One of `skdigits.studies.STUDIES`, or your own.
    output : str or path-like
        Folder to write into; made if need be.
    quick : bool, default=False
        Use a twelfth of the images, one seed and few epochs, and the folder ``quick`` in `output`.
        Good for a look at how it works; the accuracies are not those of the study.
    seeds : int, default=None
        Fit every network with this many seeds; None takes the numbers that the study declares.
    n_jobs : int, default=None
        Fits at the same time. None takes it from `joblib.parallel_config`, as the backend: in a
        process of its own (loky) each of them has its share of the cores.
    file : text stream, default=None
        Where the table goes; None is the standard output.

    Returns
    -------
    results : DataFrame
        The table, as in ``<study>.csv``: a row for each network, seed and published run, and for
        each candidate of a search. ``experiment`` names what of the study it is a part of.

    Raises
    ------
    OSError
        If something cannot be written. What was recorded is not lost.
    TypeError
        If `study` is none.
    ValueError
        If `seeds` is not positive, or two rows of the study have the same name.

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
    output.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(output, study.name, study.split, quick)
    seeds = 1 if quick else seeds

    status = StatusLine(study.name, recorder.records, study.n_fits(seeds))

    def tell(*lines):
        with status.out_of_the_way():
            print(*lines, sep="\n", file=file, flush=True)

    n_damaged = recorder.records.n_damaged()
    if n_damaged:
        tell(
            f"{recorder.records.path} has damaged lines, cut off in writing: {n_damaged}, left out"
        )
    where = environment()
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    machine = f"{where['processor']}, threads a fit: {where['threads']}"
    tell(
        f"{study.name}: {study.title}",
        f"{study.n_fits(seeds)} fits; {machine}; {versions}",
    )
    n_before = recorder.records.count(study.name)
    if n_before:
        tell(f"{n_before} fits were recorded here before; those of the same kind are not repeated")
    if quick:
        tell(
            f"QUICK: a twelfth of the images, one seed, {QUICK_EPOCHS} epochs at most; not the "
            "study's figures, and too little for networks that learn slowly, as sigmoid ones do"
        )
    tell("", HEADER)
    rows = []
    parallel = joblib.parallel_config(n_jobs=n_jobs) if n_jobs else nullcontext()
    with parallel, status:
        for name, published, fits in rows_of_experiments(study, recorder, seeds):
            rows += rows_with_published(study.name, published, fits)
            write_csv(output / f"{study.name}.csv", rows)
            tell(*table_lines(name, published, fits))
    results = pd.DataFrame(rows)
    try:
        draw_pictures(study, output, results, quick)
    finally:
        write_html(output, STUDIES | {study.name: study}, load_results(output), load_fits(output))
    tell(
        "",
        *study.notes,
        *[""] * bool(study.notes),
        f"Report: {output / 'report.html'}",
        f"Models: {output / 'models'}",
    )
    return results


def load_results(output):
    """Load the tables of all studies that were run into a folder.

    Parameters
    ----------
    output : str or path-like
        Folder that `reproduce` wrote into.

    Returns
    -------
    results : DataFrame
        The rows that `reproduce` returned, of all studies.

    Raises
    ------
    FileNotFoundError
        If there are none.

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
    studies = dict.fromkeys(record["study"] for record in _records(output).read().values())
    paths = [path for path in (Path(output, f"{name}.csv") for name in studies) if path.exists()]
    if not paths:
        raise FileNotFoundError(f"output: there are no results of a study in {output}")
    text = dict.fromkeys(("study", "experiment", "network", "published_name", "model"), str)
    tables = [
        pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""]) for path in paths
    ]
    return pd.concat(tables, ignore_index=True)


def load_fits(output):
    """Load the records of all fits that were finished in a folder.

    Parameters
    ----------
    output : str or path-like
        Folder that `reproduce` wrote, or is writing, into.

    Returns
    -------
    fits : DataFrame
        A row for each: what was fitted, its figures, its ``history`` and ``epoch_seconds``, the
        file of its model, and where it was measured.

    Raises
    ------
    FileNotFoundError
        If there are none.

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
    return pd.DataFrame(_records(output).read().values())


def _records(output):
    records = Records(Path(output) / FILE_OF_RECORDS)
    if not records.path.exists():
        quick = Path(output, "quick")
        hint = f"; there are those of a quick run in {quick}" if quick.exists() else ""
        raise FileNotFoundError(f"output: no fit was recorded in {output}{hint}")
    return records
