"""Studies with damaged, foreign or unwritable files, and without enough memory."""

import io
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skdigits import DenseDigitClassifier, ReducedDigitClassifier, datasets
from skdigits.__main__ import main
from skdigits._estimators.progress import Progress
from skdigits._training.compiled_loop import CompiledNetwork
from skdigits.displays import ConfusionErrorDisplay
from skdigits.studies import (
    STUDIES,
    Network,
    Split,
    Study,
    data,
    load_fits,
    load_results,
    recorder,
    records,
    reproduce,
)

TINY = DenseDigitClassifier(8, learning_rate_schedule="constant", epochs=2)


@pytest.fixture(autouse=True)
def one_thread(eight_by_eight, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def errors_of(models, parts):
    for name, model in models.items():
        display = ConfusionErrorDisplay.from_estimator(model, *parts["test"])
        yield name, f"Errors of {name}", display


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
            "ValueError: it holds a different fit",
        ),
        (lambda fit: fit_on_digits(clone(fit), 60), "ValueError: it holds a different fit"),
        (
            lambda fit: fit_on_digits(clone(fit).set_params(random_state=5)),
            "ValueError: it holds a different fit",
        ),
        (lambda fit: vars(fit).pop("_weights") and fit, "AttributeError: .*_weights"),
    ],
)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:X has 60 features")
def test_foreign_object_in_a_model_file(make, reason, tmp_path, fits):
    first = run(tmp_path)
    model = tmp_path / first.model[0]
    joblib.dump(make(joblib.load(model)), model)
    fits.clear()
    with pytest.warns(UserWarning, match=f"cannot load .*{model.name} .{reason}") as caught:
        again = run(tmp_path)
    ours = {warning.filename for warning in caught if warning.category is UserWarning}
    assert ours == {__file__}  # another test's garbage may warn meanwhile
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


def test_model_without_read_permission_is_kept(tmp_path, fits, monkeypatch, command):
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
        f"expected a saved model, but found a folder; move or delete it: '{model}'\n"
    )
    model.rmdir()
    assert command(tmp_path) == (0, "")
    assert fits == [1]


@pytest.mark.parametrize(
    ("pattern", "n_recorded"),
    [
        ("models/faulty/*-seed1-*.joblib", 1),
        ("faulty.csv", 2),
        ("plots/faulty/00-two-errors-of-two.svg", 2),
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


@pytest.mark.parametrize("action", ["save a model", "record a fit"])
def test_folder_that_is_read_only(action, tmp_path, fits, command, monkeypatch):
    def denied(*arguments, **_):  # file modes do not stop root
        raise PermissionError(13, "Permission denied", str(arguments[-1]))

    with monkeypatch.context() as patch:
        if action == "save a model":
            patch.setattr(joblib, "dump", denied)
        else:
            patch.setattr(records, "open", denied, raising=False)
        status, message = command(tmp_path)
    assert status == 1
    name = "models/faulty/two-seed0-.*joblib" if action == "save a model" else "records.jsonl"
    assert re.fullmatch(rf"skdigits: .* Permission denied: '{tmp_path}/{name}'\n", message)
    assert not [name for name in files(tmp_path) if ".tmp" in name]
    fits.clear()
    assert command(tmp_path) == (0, "")
    assert fits == [0, 1]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "expected a folder, but found a file; move or delete it"),
        ("models/faulty", "expected a folder, but found a file; move or delete it"),
        ("plots/faulty", "expected a folder, but found a file; move or delete it"),
        ("models", "Not a directory"),
        ("plots", "Not a directory"),
    ],
)
def test_file_in_the_place_of_a_folder(name, error, tmp_path, fits, command):
    output = tmp_path / "output"
    file = output / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("mine")
    status, message = command(output)
    assert status == 1
    assert re.fullmatch(rf"skdigits: \[Errno \d+\] {error}: '{file}.*'\n", message)
    assert file.read_text() == "mine"
    # The folder of the models is created before the first fit, that of the plots after the last.
    assert fits == ([0, 1] if name.startswith("plots") else [])
    file.unlink()
    fits.clear()
    assert command(output) == (0, "")
    assert fits == ([] if name.startswith("plots") else [0, 1])


def test_output_below_a_file(tmp_path, command):
    (tmp_path / "file").write_text("mine")
    output = tmp_path / "file" / "output"
    assert command(output) == (1, f"skdigits: [Errno 20] Not a directory: '{output}'\n")


@pytest.mark.parametrize(
    "name", ["records.jsonl", "faulty.csv", "plots/faulty/00-two-errors-of-two.svg", "report.html"]
)
def test_folder_in_the_place_of_a_file(name, tmp_path, fits, command):
    folder = tmp_path / name
    folder.mkdir(parents=True)
    status, message = command(tmp_path)
    assert (status, message) == (1, f"skdigits: [Errno 21] Is a directory: '{folder}'\n")
    folder.rmdir()
    n_fits = len(fits)
    assert command(tmp_path) == (0, "")
    assert sorted(fits) == [0, 1]
    assert n_fits == (0 if name == "records.jsonl" else 2)


FOREIGN_LINES = [
    b"",
    b"\x00" * 10_000_000,
    b"9" * 1_000_000,
    b'[1, 2]\n"text"\nnull\n{"key": "a"}\n',
    bytes(range(256)) * 40,
    '{"key": "a"}'.encode("utf-16"),
    b'{"key": "a", "study": "faul',
]


@pytest.mark.parametrize("content", FOREIGN_LINES, ids=range(len(FOREIGN_LINES)))
def test_foreign_lines_among_the_records(content, tmp_path, fits):
    path = tmp_path / "records.jsonl"
    path.write_bytes(content)
    for load in (load_fits, load_results):
        with pytest.raises(FileNotFoundError, match="output must contain recorded fits; got"):
            load(tmp_path)
    first = run(tmp_path)
    assert fits == [0, 1]
    assert path.read_bytes().startswith(content)
    path.write_bytes(path.read_bytes() + content)
    pd.testing.assert_frame_equal(run(tmp_path), first)
    assert fits == [0, 1]
    assert load_fits(tmp_path).seed.tolist() == [0, 1]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[: content.index(b"\n") + 1],
        lambda content: b"\xff\xfe" + content,
        lambda content: b"a,b\n1,2\n",
        lambda content: content.replace(b"faulty", b""),
        lambda content: content + b'"',
        lambda content: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    ],
)
def test_damaged_table_of_another_study(damage, tmp_path, fits):
    first = run(tmp_path)
    path = tmp_path / "faulty.csv"
    path.write_bytes(damage(path.read_bytes()))
    other = Study(**vars(STUDY) | {"name": "other", "title": "Other title"})
    with pytest.warns(UserWarning, match="leaving out .*faulty.csv, which is damaged") as caught:
        run(tmp_path, other)
    assert {warning.filename for warning in caught} == {__file__}
    assert "Other title" in (tmp_path / "report.html").read_text()
    with pytest.warns(UserWarning, match="reproduce study faulty again"):
        assert set(load_results(tmp_path).study) == {"other"}
    fits.clear()
    pd.testing.assert_frame_equal(run(tmp_path), first)
    assert fits == []
    assert load_results(tmp_path).study.tolist() == ["faulty", "faulty", "other", "other"]


def without_caption(path):
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')


@pytest.mark.parametrize(
    "damage",
    [
        without_caption,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("a plot"),
        lambda path: path.write_bytes(path.read_bytes()[:2000]),
        lambda path: path.write_bytes(path.read_bytes()[:20]),
    ],
)
def test_damaged_plot_of_another_study(damage, tmp_path, monkeypatch, fits):
    monkeypatch.setitem(STUDIES, "faulty", PLOTTED)
    run(tmp_path, PLOTTED)
    damage(tmp_path / "plots" / "faulty" / "00-two-errors-of-two.svg")
    other = Study(**vars(STUDY) | {"name": "other"})
    with pytest.warns(UserWarning, match=r"leaving out the plot .*svg .*study faulty again"):
        run(tmp_path, other)
    assert "Errors of two" not in (tmp_path / "report.html").read_text()
    fits.clear()
    run(tmp_path, PLOTTED)
    assert fits == []
    assert "Errors of two" in (tmp_path / "report.html").read_text()


def test_outdated_plot_that_another_run_deletes(tmp_path):
    outdated = tmp_path / "plots" / "faulty" / "99-old.svg"

    def plots(models, parts):
        outdated.unlink()
        yield from errors_of(models, parts)

    outdated.parent.mkdir(parents=True)
    without_caption(outdated)
    run(tmp_path, Study(**vars(STUDY) | {"plots": plots}))
    assert [path.name for path in outdated.parent.iterdir()] == ["00-two-errors-of-two.svg"]


def test_two_runs_at_once(tmp_path, fits, monkeypatch):
    """Both fit everything, and write the same results."""
    both = threading.Barrier(2)
    fit = DenseDigitClassifier.fit

    def fit_together(self, *arguments, **options):
        both.wait(timeout=60)
        return fit(self, *arguments, **options)

    data.images(STUDY.split)
    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(DenseDigitClassifier, "fit", fit_together)
        runs = [pool.submit(run, tmp_path) for _ in range(2)]
    one, other = (each.result().drop(columns="fit_seconds") for each in runs)
    pd.testing.assert_frame_equal(one, other)
    assert sorted(fits) == [0, 0, 1, 1]
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 4
    assert load_fits(tmp_path).seed.tolist() == [0, 1]
    assert len(files(tmp_path / "models")) == 2
    assert not [name for name in files(tmp_path) if ".tmp" in name]
    fits.clear()
    pd.testing.assert_frame_equal(run(tmp_path).drop(columns="fit_seconds"), one)
    assert fits == []


def test_ctrl_c_during_training(tmp_path, fits, command, monkeypatch):
    """A fit that was interrupted after some epochs is not recorded."""
    begin = Progress.begin_epoch
    epochs = []

    def interrupt(progress):
        epochs.append(fits[-1])
        if epochs == [0, 0, 1, 1]:
            raise KeyboardInterrupt  # a signal might be delivered inside of a destructor, and lost
        begin(progress)

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "begin_epoch", interrupt)
        status, message = command(tmp_path / "output")
    resume = f"finished fits are recorded in {tmp_path / 'output'}; rerun the same command"
    assert (status, message) == (130, f"\nskdigits: interrupted; {resume} to resume\n")
    assert fits == [0, 1]
    assert load_fits(tmp_path / "output").seed.tolist() == [0]
    assert len(files(tmp_path / "output" / "models")) == 1
    assert command(tmp_path / "output") == (0, "")
    assert fits == [0, 1, 1]
    expected = run(tmp_path / "alone").drop(columns="fit_seconds")
    resumed = run(tmp_path / "output").drop(columns="fit_seconds")
    pd.testing.assert_frame_equal(resumed, expected)


def test_closed_output_pipe_is_reported(tmp_path, fits, command, monkeypatch):
    """`skdigits reproduce | head` closes the pipe like this."""
    reader, writer = os.pipe()
    os.close(reader)
    with monkeypatch.context() as patch, open(writer, "w") as pipe:
        patch.setattr("sys.stdout", pipe)
        status, message = command(tmp_path)
    # Closing the pipe flushed the rest of the output without another error.
    assert status == 1
    assert message.startswith("skdigits: the output pipe was closed; finished fits are")
    assert message.count("\n") == 1
    assert command(tmp_path) == (0, "")
    assert fits == [0, 1]


def out_of_memory(*_, **__):
    raise MemoryError


@pytest.mark.parametrize(
    "place",
    [
        "_training.compiled_loop.CompiledNetwork.run_epoch",
        "_training.compiled_loop.BatchBuffer.fill",  # runs in another thread
        "studies.recorder.joblib.dump",
        "studies.recorder.Recorder._metrics",
    ],
)
def test_memory_runs_out_during_a_study(place, tmp_path, fits, command, monkeypatch):
    run(tmp_path, Study(**vars(STUDY) | {"experiments": (Network("two", TINY),)}))
    first = files(tmp_path / "models")
    with monkeypatch.context() as patch:
        patch.setattr(f"skdigits.{place}", out_of_memory)
        status, message = command(tmp_path)
    resume = f"finished fits are recorded in {tmp_path}; rerun the same command to resume"
    expected = f"\nskdigits: out of memory; {resume}, if possible with fewer --jobs\n"
    assert (status, message) == (1, expected)
    assert files(tmp_path / "models") == first
    assert load_fits(tmp_path).seed.tolist() == [0]
    fits.clear()
    assert command(tmp_path) == (0, "")
    assert fits == [1]


def test_no_memory_to_load_a_recorded_model(tmp_path, fits, command, monkeypatch):
    """A damaged file may claim to hold a huge array: its fit is repeated, if memory is left."""
    run(tmp_path, PLOTTED)
    fits.clear()
    with monkeypatch.context() as patch:
        patch.setattr(joblib, "load", out_of_memory)
        with pytest.warns(UserWarning, match="cannot load .*MemoryError"):
            run(tmp_path)
        assert fits == [0, 1]
        written = {path: path.read_bytes() for path in (tmp_path / "models").rglob("*.joblib")}
        patch.setattr(recorder, "check_memory_for", out_of_memory)
        status, message = command(tmp_path)
    assert status == 1
    assert message.startswith("\nskdigits: out of memory; finished fits")
    assert fits == [0, 1]
    assert {path: path.read_bytes() for path in written} == written


def test_tensorflow_runs_out_of_memory(make, digits, monkeypatch):
    from tensorflow import errors

    def exhausted(*_):
        message = "Out of memory while trying to allocate 24.50MiB.\nHint: many\nlines"
        raise errors.ResourceExhaustedError(None, None, message)

    X, X_test, y, _ = digits
    classifier = make().fit(X, y)
    before, expected = dict(vars(classifier)), classifier.predict_proba(X_test)
    with monkeypatch.context() as patch:
        # After the first epoch has changed the weights of the compiled network.
        state = CompiledNetwork.state
        patch.setattr(CompiledNetwork, "state", lambda network: state(network) and exhausted())
        with pytest.raises(MemoryError, match=r"^training needs .* reduce batch_size .*network$"):
            classifier.fit(X[::2], y[::2])
    assert vars(classifier) == before
    np.testing.assert_array_equal(classifier.predict_proba(X_test), expected)
    np.testing.assert_array_equal(classifier.fit(X, y).predict_proba(X_test), expected)


def test_no_memory_for_mnist(tmp_path, monkeypatch):
    """No other source is tried, as none needs less memory."""
    cache = tmp_path / "skdigits" / "mnist.npz"
    monkeypatch.setattr(datasets, "_from_openml", pytest.fail)
    monkeypatch.setattr(datasets, "_from_installed_package", out_of_memory)
    with pytest.raises(MemoryError):
        datasets.fetch_mnist(data_home=tmp_path)
    assert not cache.exists()
    cache.parent.mkdir()
    cache.write_bytes(b"intact")
    monkeypatch.setattr(datasets, "_read_cache", out_of_memory)
    monkeypatch.setattr(datasets, "check_memory_for", out_of_memory)
    monkeypatch.setattr(datasets, "_from_installed_package", pytest.fail)
    with pytest.raises(MemoryError):
        datasets.fetch_mnist(data_home=tmp_path)
    assert cache.read_bytes() == b"intact"
