"""Training prints only what was asked for; TensorFlow's own messages are silenced."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdigits._training.quiet import LEVEL, without_log_messages

DATA = """
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from skdigits import ConvDigitClassifier, DenseDigitClassifier

X, y = load_digits(return_X_y=True)
dense = DenseDigitClassifier(8, epochs=1, random_state=0)
conv = ConvDigitClassifier(2, epochs=1, precision="auto", random_state=0)
"""


def run(*arguments):
    """Run Python in a new process, in which TensorFlow's log level is not set."""
    environment = {name: value for name, value in os.environ.items() if name != LEVEL}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize(
    "code",
    [
        "conv.fit(X, y); dense.fit(X, y).to_keras()",
        "GridSearchCV(dense, {'batch_size': [32]}, cv=2, n_jobs=2, refit=False).fit(X, y)",
    ],
    ids=["here", "workers"],
)
def test_a_first_fit_prints_nothing(code):
    process = run("-c", DATA + code)
    assert (process.stdout, process.stderr) == ("", "")


def test_commands_print_their_results_only(tmp_path):
    X, y = load_digits(return_X_y=True)
    np.savez(tmp_path / "digits.npz", X=X, y=y)
    arguments = ["--set", "epochs=1", "--output", tmp_path / "digits.joblib"]
    process = run("-m", "skdigits", "train", tmp_path / "digits.npz", *arguments)
    assert "test accuracy" in process.stdout
    assert not process.stderr


MESSAGE = "I0000 00:00:1795730422.868286    6247 cudart_stub.cc:31] Could not find it.\n"


@pytest.mark.parametrize(
    ("level", "expected"),
    [(None, "before\nafter\n"), ("3", "before\nafter\n"), ("0", f"before\n{MESSAGE}after\n")],
)
def test_other_output_during_the_import_is_kept(level, expected, capfd, monkeypatch):
    """Keep the output of other libraries and threads, and messages that the user asked for."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.delenv(LEVEL, raising=False)
    if level:
        monkeypatch.setenv(LEVEL, level)

    @without_log_messages()
    def fail():
        os.write(2, f"before\n{MESSAGE}after\n".encode())
        raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert capfd.readouterr().err == expected
    assert os.environ[LEVEL] == (level or "3")


def test_messages_are_shown_if_there_is_no_temporary_folder(capfd, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setenv(LEVEL, "3")
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.tempdir", "/nonexistent")
        with without_log_messages():
            os.write(2, MESSAGE.encode())
    assert capfd.readouterr().err == MESSAGE


def test_log_level_is_not_set_if_tensorflow_is_already_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.delenv(LEVEL, raising=False)
    with without_log_messages():
        pass
    assert LEVEL not in os.environ
