"""The progress bar: one line of text for a fit or a search, wherever it runs."""

import pickle
import re
import sys
import warnings

import pytest
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdigits import ProgressBar
from skdigits._estimators import progress_bar

GRID = {"learning_rate": [0.001, 0.01]}


def percentages(text):
    return [int(number) for number in re.findall(r"(\d+)%", text)]


@pytest.fixture
def notebook(monkeypatch):
    """Let the bar be redrawn after every task, as in a notebook with slow tasks."""
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    monkeypatch.setattr(progress_bar, "SECONDS_BETWEEN_DRAWINGS", -1)


@pytest.mark.usefixtures("notebook")
def test_bar_of_a_fit_in_a_notebook(small, digits, capsys):
    X, _, y, _ = digits
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(epochs=4).set_callbacks(ProgressBar()).fit(X, y)
    shown = capsys.readouterr().out
    assert percentages(shown) == [0, 25, 50, 75, 100, 100, 100]
    assert shown.count("\n") == 1
    assert re.fullmatch(
        r"DenseDigitClassifier \[#{40}\] 100% 0:00:\d\d", shown.split("\r")[-1][:-1]
    )


@pytest.mark.usefixtures("notebook")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bar_of_a_search(n_jobs, small, digits, capfd):
    """The epochs of its fits move the bar, also those in worker processes."""
    X, _, y, _ = digits
    search = GridSearchCV(small(), GRID, cv=2, n_jobs=n_jobs)
    search.set_callbacks(ProgressBar()).fit(X, y)
    out, err = capfd.readouterr()
    shown = percentages(out)
    # 4 fits of 2 epochs are half of all, the 2 epochs of the refit the other half.
    assert sorted(set(shown)) == [0, 6, 12, 19, 25, 31, 38, 44, 50, 75, 100]
    assert shown == sorted(shown)
    assert out.count("GridSearchCV") == len(shown)
    assert not err


@pytest.mark.usefixtures("notebook")
def test_bar_of_a_pipeline(small, digits, capsys):
    """scikit-learn's warning about a step without callbacks does not break the line."""
    X, _, y, _ = digits
    pipeline = make_pipeline(PCA(8), small(epochs=2))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipeline.set_callbacks(ProgressBar()).fit(X, y)
    assert not caught
    assert sorted(set(percentages(capsys.readouterr().out))) == [0, 50, 75, 100]


@pytest.mark.usefixtures("notebook")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_search_over_a_pipeline(n_jobs, small, digits, capfd):
    """The epochs of the networks move the bar, also in worker processes and without a warning."""
    X, _, y, _ = digits
    search = GridSearchCV(
        make_pipeline(PCA(), small(epochs=2)), {"pca__n_components": [8]}, cv=2, n_jobs=n_jobs
    )
    search.set_callbacks(ProgressBar()).fit(X, y)
    out, err = capfd.readouterr()
    # Each of the two fits is a quarter of all; half of it is PCA, the other half its two epochs.
    # Two jobs may finish them in any order. The refit is the second half of all.
    shown = sorted(set(percentages(out)))
    assert len(shown) == 10
    assert shown[-4:] == [50, 75, 88, 100]
    assert not err


def test_bar_in_a_file_is_one_line(small, digits, capsys):
    X, _, y, _ = digits
    small().set_callbacks(ProgressBar()).fit(X, y)
    assert re.fullmatch(r"DenseDigitClassifier \[#{40}\] 100% \S+\n", capsys.readouterr().out)


def test_failed_fit_ends_the_line(small, digits, capsys):
    """The line ends, and the next fit has its own."""
    X, _, y, _ = digits
    classifier = small(optimizer="sgd", learning_rate=1e30, learning_rate_schedule="constant")
    classifier.set_callbacks(ProgressBar())
    with pytest.raises(ValueError, match="training diverged"):
        classifier.fit(X, y)
    assert re.fullmatch(r"DenseDigitClassifier \[\.{40}\]   0% \S+\n", capsys.readouterr().out)
    classifier.set_params(learning_rate=0.01).fit(X, y)
    assert "100%" in capsys.readouterr().out


def test_early_stopping_completes_the_bar(small, digits, capsys):
    X, X_val, y, y_val = digits
    classifier = small(
        epochs=50, early_stopping=True, patience=1, learning_rate_schedule="constant", tol=1.0
    )
    classifier.set_callbacks(ProgressBar()).fit(X, y, X_val=X_val, y_val=y_val)
    assert classifier.n_iter_ < 50
    assert "100%" in capsys.readouterr().out


def test_saved_classifier_keeps_its_bar(small, digits, capsys):
    X, _, y, _ = digits
    classifier = small().set_callbacks(ProgressBar()).fit(X, y)
    pickle.loads(pickle.dumps(classifier)).fit(X, y)
    assert capsys.readouterr().out.count("100%") == 2
