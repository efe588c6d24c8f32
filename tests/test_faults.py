"""Studies whose files are damaged, foreign or cannot be written."""

import io
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from skdigits import DenseDigitClassifier, ReducedDigitClassifier
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


def fit_on_digits(estimator, n_features=64):
    X, y = data.images(Split(divisor=16))["train"]
    return estimator.fit(X[:, :n_features], y)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda fit: {"a": 1}, "TypeError: it holds dict, not DenseDigitClassifier"),
        (lambda fit: fit.coefs_, "TypeError: it holds list, not DenseDigitClassifier"),
        (lambda fit: clone(fit), "NotFittedError: "),
        (lambda fit: DenseDigitClassifier, "TypeError: it holds type"),
        (
            lambda fit: fit_on_digits(LogisticRegression(max_iter=5)),
            "TypeError: it holds LogisticRegression",
        ),
        (
            lambda fit: fit_on_digits(clone(fit).set_params(learning_rate=0.02)),
            "ValueError: it holds another fit",
        ),
        (lambda fit: fit_on_digits(clone(fit), 60), "ValueError: it holds another fit"),
        (
            lambda fit: fit_on_digits(clone(fit).set_params(random_state=5)),
            "ValueError: it holds another fit",
        ),
        (lambda fit: vars(fit).pop("_weights") and fit, "AttributeError: .*_weights"),
    ],
)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:X has 60 features")
def test_foreign_object_in_a_model_file(make, reason, tmp_path, fits):
    first = run(tmp_path, PLOTTED)
    model = tmp_path / first.model[0]
    joblib.dump(make(joblib.load(model)), model)
    fits.clear()
    with pytest.warns(UserWarning, match=f"cannot load .*{model.name} .{reason}") as caught:
        again = run(tmp_path, PLOTTED)
    assert {warning.filename for warning in caught} == {__file__}
    assert fits == [0]
    pd.testing.assert_series_equal(again.test_loss, first.test_loss)
    assert joblib.load(model).history_ == load_fits(tmp_path).history[0]


def test_foreign_model_after_a_reducer(tmp_path):
    """The reduced classifier keeps its history in the classifier that it wraps."""
    reduced = ReducedDigitClassifier(classifier=TINY)
    study = Study(**vars(STUDY) | {"experiments": (Network("PCA", reduced),)})
    first = run(tmp_path, study)
    pd.testing.assert_frame_equal(run(tmp_path, study), first)
    model = tmp_path / first.model[0]
    joblib.dump(fit_on_digits(clone(TINY)), model)
    with pytest.warns(UserWarning, match="it holds DenseDigitClassifier, not Reduced"):
        run(tmp_path, study)
    assert joblib.load(model).history_ == load_fits(tmp_path).history[0]


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x1f\x8b\x08", b"hello", "half", "twice"])
def test_damaged_model_file(content, tmp_path, fits):
    first = run(tmp_path)
    model = tmp_path / first.model[0]
    saved = model.read_bytes()
    damaged = {"half": saved[: len(saved) // 2], "twice": saved[100:] * 2}.get(content, content)
    model.write_bytes(damaged)
    fits.clear()
    with pytest.warns(UserWarning, match=rf"cannot load .*{model.name} .*; repeating this fit"):
        run(tmp_path)
    assert fits == [0]
    assert run(tmp_path).equals(run(tmp_path))


def test_model_that_may_not_be_read_is_kept(tmp_path, fits, monkeypatch, command):
    first = run(tmp_path)
    model = tmp_path / first.model[1]
    content = model.read_bytes()
    load = joblib.load

    def denied(path):  # file modes do not stop root
        if Path(path) == model:
            raise PermissionError(13, "Permission denied", str(path))
        return load(path)

    monkeypatch.setattr(joblib, "load", denied)
    fits.clear()
    status, message = command(tmp_path)
    assert (status, fits) == (1, [])
    assert message == f"skdigits: [Errno 13] Permission denied: '{model}'\n"
    assert model.read_bytes() == content


def test_folder_in_the_place_of_a_model(tmp_path, fits, command):
    first = run(tmp_path)
    model = tmp_path / first.model[1]
    model.unlink()
    model.mkdir()
    fits.clear()
    status, message = command(tmp_path)
    assert (status, fits) == (1, [])
    assert message.endswith(
        f"a folder is in the place of a saved model; move or delete it: '{model}'\n"
    )
    model.rmdir()
    assert command(tmp_path) == (0, "")
    assert fits == [1]


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
