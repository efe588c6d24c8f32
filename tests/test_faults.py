"""Studies whose files are damaged, foreign or cannot be written."""

import io
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdigits import DenseDigitClassifier
from skdigits.__main__ import main
from skdigits.displays import ConfusionErrorDisplay
from skdigits.studies import (
    STUDIES,
    Network,
    Split,
    Study,
    data,
    load_fits,
    load_results,
    records,
    reproduce,
)

TINY = DenseDigitClassifier(8, learning_rate_schedule="constant", epochs=2)


@pytest.fixture(autouse=True)
def eight_by_eight(monkeypatch):
    """scikit-learn's digits in place of MNIST."""

    def fetch(subset="train", *, return_X_y):
        X, y = load_digits(return_X_y=True)
        X = X.astype(np.uint8)
        return (X[:1297], y[:1297]) if subset == "train" else (X[1297:], y[1297:])

    data.images.cache_clear()
    monkeypatch.setattr(data, "fetch_mnist", fetch)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    data.images.cache_clear()


@pytest.fixture
def fits(monkeypatch):
    """The seeds of the fits that take place."""
    seeds = []
    fit = DenseDigitClassifier.fit

    def count(self, *arguments, **options):
        seeds.append(self.random_state)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(DenseDigitClassifier, "fit", count)
    return seeds


def errors_of(models, parts):
    for name, model in models.items():
        yield f"Errors of {name}", ConfusionErrorDisplay.from_estimator(model, *parts["test"])


STUDY = Study(
    "faulty", "Faults", "What survives?", (Network("two", TINY, seeds=2),), Split(divisor=16), 1
)
PLOTTED = Study(**vars(STUDY) | {"plots": errors_of})


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command on the study; return the exit status and what it printed as errors."""
    monkeypatch.setitem(STUDIES, "faulty", PLOTTED)

    def run(output):
        status = main(["reproduce", "faulty", "--jobs", "1", "--output", str(output)])
        return status, capsys.readouterr().err

    return run


def run(output, study=STUDY):
    return reproduce(study, output, file=io.StringIO())


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize(
    ("pattern", "n_recorded"),
    [
        ("models/faulty/*-seed1-*.joblib", 1),
        ("faulty.csv", 2),
        ("plots/faulty/00-errors-of-two.png", 2),
        ("report.html", 2),
    ],
)
def test_full_disk(pattern, n_recorded, tmp_path, fits, command, monkeypatch):
    with_name = Path.with_name

    def on_full_disk(path, name):
        temporary = with_name(path, name)
        if path.match(pattern):
            temporary.symlink_to("/dev/full")
        return temporary

    with monkeypatch.context() as patch:
        patch.setattr(Path, "with_name", on_full_disk)
        status, message = command(tmp_path)
    assert status == 1
    start, named, end = message.split("'")
    assert start == "skdigits: [Errno 28] No space left on device: "
    assert Path(named).match(pattern)
    assert end == (
        f"; finished fits are recorded in {tmp_path}; rerun the same command to resume once there "
        "is space\n"
    )
    written = files(tmp_path)
    assert not [name for name in written if ".tmp" in name]
    assert str(Path(named).relative_to(tmp_path)) not in written
    assert load_fits(tmp_path).seed.tolist() == [0, 1][:n_recorded]
    fits.clear()
    assert command(tmp_path) == (0, "")
    assert fits == [0, 1][n_recorded:]
    assert load_results(tmp_path).seed.tolist() == [0, 1]
    assert "Errors of two" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("n_bytes", [0, 20])
def test_disk_that_is_full_when_a_fit_is_recorded(n_bytes, tmp_path, fits, command, monkeypatch):
    class FullDisk(io.FileIO):
        """A file of which only the first bytes, or none, can be written."""

        def write(self, content):
            if not n_bytes:
                raise OSError(28, "No space left on device")
            return super().write(content[:n_bytes])

    run(tmp_path, Study(**vars(STUDY) | {"experiments": (Network("two", TINY),)}))
    with monkeypatch.context() as patch:
        patch.setattr(records, "open", lambda path, *_, **__: FullDisk(path, "a+"), raising=False)
        status, message = command(tmp_path)
    assert status == 1
    path = tmp_path / "records.jsonl"
    assert message.startswith(f"skdigits: [Errno 28] No space left on device: '{path}'; finished")
    fits.clear()
    assert command(tmp_path) == (0, "")
    assert fits == [1]
    assert load_fits(tmp_path).seed.tolist() == [0, 1]
