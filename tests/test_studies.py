"""Studies: declarations, the runner, its records and report, and the command."""

import io
import json
import re
import signal
import subprocess
import sys
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, ParameterGrid, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skdigits import DenseDigitClassifier
from skdigits.__main__ import main
from skdigits.displays import ConfusionErrorDisplay
from skdigits.networks import build_network
from skdigits.studies import (
    STUDIES,
    Curve,
    Network,
    Published,
    Search,
    Split,
    Study,
    data,
    load_fits,
    load_results,
    records,
    reproduce,
)
from skdigits.studies.report.charts import charts
from skdigits.studies.report.plots import saved_plots
from skdigits.studies.report.svg import INK

EXPERIMENTS = [(study, one) for study in STUDIES.values() for one in study.experiments]
NETWORKS = [(study, one) for study, one in EXPERIMENTS if isinstance(one, Network)]
TINY = DenseDigitClassifier(8, learning_rate_schedule="constant", epochs=2)


@pytest.fixture
def tiny(monkeypatch):
    """Quick runs that are quicker still."""
    data.images.cache_clear()
    monkeypatch.setattr(data, "QUICK_DIVISOR", 100)
    monkeypatch.setattr("skdigits.studies.experiments.QUICK_EPOCHS", 1)
    yield
    data.images.cache_clear()


def _study(*experiments, **parameters):
    options = {"split": Split(divisor=16), "minutes": 1, "question": "Why?"} | parameters
    return Study("custom", "A custom study", experiments=experiments, **options)


def _units(parameters):
    return f"{parameters['hidden_layer_sizes']} units"


def _images_of(parameters):
    return f"{parameters['images']} images"


def _texts(svg):
    return re.findall("<text[^>]*>([^<]+)</text>", svg)


def _n_parameters(estimator, n_features=784):
    classifier = clone(getattr(estimator, "classifier", estimator))
    classifier.image_shape_ = (28, 28)
    return build_network(classifier._network_config(n_features, 10)).count_params()


@pytest.mark.parametrize(("study", "network"), NETWORKS)
def test_declared_networks_have_the_published_parameter_counts(study, network):
    n_features = {"PCA": 154, "forest": 70}.get(network.name, 784)
    published = {run.parameters for run in network.published} - {None}
    assert published <= {_n_parameters(network.estimator, n_features)}
    if network.continues:
        before = next(one for one in study.experiments if one.name == network.continues)
        assert network.estimator.warm_start
        one, other = (each.estimator.get_params() for each in (before, network))
        assert {name for name in one if one[name] != other[name]} <= {"epochs", "warm_start"}


def test_declared_points_of_searches_and_curves_have_the_published_parameter_counts():
    n_counts = 0
    for _, experiment in EXPERIMENTS:
        if isinstance(experiment, Search):
            points = list(ParameterGrid(experiment.grid))
        elif isinstance(experiment, Curve) and experiment.parameter:
            points = [{experiment.parameter: value} for value in experiment.values]
        else:
            continue
        names = set()
        for point in points:
            estimator = clone(experiment.estimator).set_params(**point)
            name = experiment.label(estimator.get_params() | {"images": 60_000})
            names.add(name)
            for run in experiment.published.get(name, ()):
                if run.parameters:
                    assert run.parameters == _n_parameters(estimator), name
                    n_counts += 1
        assert len(names) == len(points)
        if isinstance(experiment, Search):
            assert set(experiment.published) <= names | {"best"}
    assert n_counts == 9
    assert _n_parameters(DenseDigitClassifier((64,))) == 50_890
    assert _n_parameters(DenseDigitClassifier((192,) * 4)) == 263_818


def test_split_is_that_of_the_studies(mnist, mnist_test):
    y = mnist[1]
    parts = data.images(Split(5_000))
    assert np.array_equal(parts["validation"][1], y[:5_000])
    assert np.array_equal(parts["train"][1], y[5_000:])
    np.testing.assert_array_equal(parts["test"][0][:9] * 255, mnist_test[0][:9])
    raw = data.images(Split(6_000, "last", divisor=1))
    assert raw["train"][0].dtype == np.uint8
    assert np.array_equal(raw["validation"][1], y[-6_000:])
    _, held_out = train_test_split(
        np.arange(70_000), test_size=17_500, stratify=np.r_[y, mnist_test[1]], random_state=0
    )
    everything = data.images(Split(17_500, "stratified", everything=True))
    assert "test" not in everything
    assert np.array_equal(everything["validation"][1], np.r_[y, mnist_test[1]][held_out])
    data.images.cache_clear()


def test_networks_seeds_and_continued_training(eight_by_eight, tmp_path):
    more = clone(TINY).set_params(epochs=3, warm_start=True)
    runs = (Published("a", 1, 2, 0.5), Published("b", 1, 2, 1.1))
    study = _study(Network("two", TINY, runs, seeds=2), Network("more", more, continues="two"))
    text = io.StringIO()
    results = reproduce(study, tmp_path, file=text)
    assert results[["network", "seed", "epochs"]].values.tolist() == [
        ["two", 0, 2],
        ["two", 0, 2],
        ["two", 1, 2],
        ["two", 1, 2],
        ["more", 0, 5],
    ]
    parts = data.images(study.split)
    at_once = clone(TINY).set_params(epochs=5, random_state=0).fit(*parts["train"])
    X_test, y_test = parts["test"]
    last = results.iloc[-1]
    assert last.test_accuracy == at_once.score(X_test, y_test)
    assert last.test_loss == pytest.approx(log_loss(y_test, at_once.predict_proba(X_test)))
    assert results.published_name.tolist()[:4] == ["a", "b", "a", "b"]
    difference = results.test_accuracy - results.published_test_accuracy
    assert results.difference.tolist()[:4] == difference.tolist()[:4]
    pd.testing.assert_frame_equal(load_results(tmp_path), results, check_dtype=False)

    low, high = sorted(results.test_accuracy[[0, 2]])
    below = (results.test_accuracy[[0, 2]] < 0.5).sum()
    first, second = (line for line in text.getvalue().splitlines() if " of 2 " in line)
    assert f"{low:.4f} to {high:.4f}" in first
    assert f" {below} of 2 " in first
    assert " 2 of 2 " in second

    model = joblib.load(tmp_path / last.model)
    assert model.score(X_test, y_test) == last.test_accuracy
    fits = load_fits(tmp_path)
    assert len(fits) == 3
    assert len(fits.history[1]["loss"]) == len(fits.epoch_seconds[1])
    assert fits.environment[0]["threads"] >= 1


def test_nothing_is_fitted_twice(eight_by_eight, tmp_path, fits):
    study = _study(Network("two", TINY, seeds=2))
    first = reproduce(study, tmp_path, file=io.StringIO())
    fits.clear()
    again = reproduce(study, tmp_path, seeds=3, file=io.StringIO())
    assert fits == [2]
    pd.testing.assert_frame_equal(again[:2], first)
    (tmp_path / first.model[0]).write_bytes(b"damaged")
    (tmp_path / first.model[1]).unlink()
    with pytest.warns(UserWarning, match=r"cannot load .*seed0.*repeating this fit"):
        repaired = reproduce(study, tmp_path, file=io.StringIO())
    assert fits == [2, 0, 1]
    pd.testing.assert_series_equal(repaired.test_loss, first.test_loss)
    changed = replace(study, experiments=(Network("two", clone(TINY).set_params(dropout=0.5)),))
    reproduce(changed, tmp_path, file=io.StringIO())
    assert len(fits) == 4


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_search_is_that_of_grid_search(eight_by_eight, tmp_path, n_jobs):
    """Run in this process or on the threads of two jobs, with folds or on the validation images."""
    grid = {"hidden_layer_sizes": [4, 12]}
    split = Split(200, divisor=16)
    published = {
        "12 units": (Published("best", validation_accuracy=0.5),),
        "best": (Published("best", test_accuracy=0.5),),
    }
    folds = Search("folds", TINY, grid, _units, folds=3, refit=True, published=published)
    once = clone(TINY).set_params(epochs=1)
    on_validation = Search("validation", once, grid, lambda fit: f"{_units(fit)} once")
    study = _study(folds, on_validation, split=split)
    with joblib.parallel_config(backend="threading"):
        results = reproduce(study, tmp_path, n_jobs=n_jobs, file=io.StringIO())
    assert study.n_fits() == 2 * 3 + 1 + 2 == len(load_fits(tmp_path))

    parts = data.images(split)
    (X, y), (X_val, y_val), (X_test, y_test) = parts.values()
    expected = GridSearchCV(clone(TINY).set_params(random_state=0), grid, cv=3)
    expected.fit(X, y, X_val=X_val, y_val=y_val)
    ours = results.iloc[:2]
    np.testing.assert_array_equal(ours.validation_accuracy, expected.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(ours.validation_std, expected.cv_results_["std_test_score"])
    assert ours.network.tolist() == ["4 units", "12 units"]
    best = results.iloc[2]
    assert best.network == f"best: {expected.best_params_['hidden_layer_sizes']} units"
    assert best.test_accuracy == expected.score(X_test, y_test)
    assert best.difference == best.test_accuracy - 0.5
    for row, units in zip(results.iloc[3:].itertuples(), (4, 12), strict=True):
        alone = clone(once).set_params(hidden_layer_sizes=units, random_state=0).fit(X, y)
        assert row.validation_accuracy == alone.score(X_val, y_val)


def test_search_validates_on_all_images_even_if_there_are_as_many_as_in_training(
    eight_by_eight, tmp_path, monkeypatch
):
    """GridSearchCV would cut them down to the rows of each fold."""
    monkeypatch.setattr(data, "QUICK_DIVISOR", 2)
    split = Split(648, divisor=16)
    search = Search("folds", TINY, {"hidden_layer_sizes": [8]}, _units, folds=2)
    reproduce(_study(search, split=split), tmp_path, quick=True, file=io.StringIO())
    parts = data.images(split, quick=True)
    assert len(parts["train"][0]) == len(parts["validation"][0])
    for fit in load_fits(tmp_path / "quick").itertuples():
        model = joblib.load(tmp_path / "quick" / fit.model)
        expected = model.score(*parts["validation"])
        assert fit.history["val_accuracy"][-1] == pytest.approx(expected)


def test_curves(eight_by_eight, tmp_path):
    sizes = Curve("sizes", TINY, (100, 500), _images_of, seeds=2)
    widths = Curve("widths", TINY, (4, 12), _units, parameter="hidden_layer_sizes")
    results = reproduce(_study(sizes, widths), tmp_path, file=io.StringIO())
    assert results[["network", "seed"]].values.tolist() == [
        ["100 images", 0],
        ["100 images", 1],
        ["500 images", 0],
        ["500 images", 1],
        ["4 units", 0],
        ["12 units", 0],
    ]
    parts = data.images(Split(divisor=16))
    X, y = parts["train"]
    rows = np.random.default_rng(1).permutation(len(X))[:100]
    alone = clone(TINY).set_params(random_state=1).fit(X[rows], y[rows])
    assert results.test_accuracy[1] == alone.score(*parts["test"])


def test_curves_of_other_classifiers(eight_by_eight, tmp_path):
    """Classifiers without epochs, probabilities or a random state, repeated for small sizes."""
    neighbors = KNeighborsClassifier(3)
    curve = Curve("neighbors", neighbors, (100, 500), _images_of, seeds=(2, 1))
    line = Curve("line", RidgeClassifier(), (100,), lambda fit: f"line of {fit['images']}")
    assert curve.n_fits() == 3
    assert curve.n_fits(seeds=2) == 4
    study = _study(curve, line)
    results = reproduce(study, tmp_path, file=io.StringIO())
    assert results[["network", "seed"]].values.tolist() == [
        ["100 images", 0],
        ["100 images", 1],
        ["500 images", 0],
        ["line of 100", 0],
    ]
    assert results.epochs.isna().all()
    assert results.test_loss.notna().tolist() == [True, True, True, False]
    parts = data.images(Split(divisor=16))
    X, y = parts["train"]
    rows = np.random.default_rng(1).permutation(len(X))[:100]
    alone = clone(neighbors).fit(X[rows], y[rows])
    assert results.test_accuracy[1] == alone.score(*parts["test"])
    pd.testing.assert_frame_equal(reproduce(study, tmp_path, file=io.StringIO()), results)


def test_damaged_records_are_skipped_and_counted(tmp_path):
    file = records.Records(tmp_path / "records.jsonl")
    assert file.read() == {}
    fit = {name: kind() for name, kind in records.REQUIRED_FIELDS.items()}
    file.append(fit | {"key": "a"})
    with file.path.open("a") as stream:
        stream.write('{"key": "d"}\n' + 10_000 * "[" + '\n{"key": "b", "val')
    assert list(file.read()) == ["a"]
    file.append(fit | {"key": "c"})  # after a line that was cut off
    assert list(file.read()) == ["a", "c"]
    assert file.find("c") == fit | {"key": "c"}
    assert file.find("b") is None
    assert file.n_damaged() == 3
    with file.path.open("a") as stream:  # fields of other types
        for field in fit:
            stream.write(f"{json.dumps(fit | {field: [1]})}\n")
    assert list(file.read()) == ["a", "c"]
    assert file.n_damaged() == 3 + len(fit)
    with file.path.open("a") as stream:
        stream.write("\n\n")
    assert file.n_damaged() == 3 + len(fit)


def test_damaged_lines_are_reported_and_their_fits_repeated(eight_by_eight, tmp_path):
    study = _study(Network("two", TINY, seeds=2))
    first = reproduce(study, tmp_path, file=io.StringIO())
    path = tmp_path / "records.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    text = io.StringIO()
    again = reproduce(study, tmp_path, file=text)
    assert "records.jsonl: 1; their fits are repeated" in text.getvalue()
    pd.testing.assert_series_equal(again.test_loss, first.test_loss)
    assert load_fits(tmp_path).seed.tolist() == [0, 1]


KILLED = """
import os
import signal
import sys
import numpy as np
from sklearn.datasets import load_digits
from skdigits import DenseDigitClassifier
from skdigits.studies import Network, Split, Study, data, reproduce

def fetch(subset="train", *, return_X_y):
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.uint8)
    return (X[:1297], y[:1297]) if subset == "train" else (X[1297:], y[1297:])

def fit_or_die(self, *arguments, **options):
    if self.random_state == 2:
        os.kill(os.getpid(), int(sys.argv[2]))
    return fit(self, *arguments, **options)

data.fetch_mnist = fetch
fit, DenseDigitClassifier.fit = DenseDigitClassifier.fit, fit_or_die
network = DenseDigitClassifier(8, learning_rate_schedule="constant", epochs=2)
network = Network("chains", network, seeds=4)
reproduce(Study("own", "", "", (network,), Split(divisor=16), minutes=1), sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_and_resumed(number, eight_by_eight, tmp_path):
    """The results are those of an uninterrupted run, and no finished fit is repeated."""
    command = [sys.executable, "-c", KILLED, tmp_path / "killed", str(int(number))]
    assert subprocess.run(command, check=False).returncode == -number
    path = tmp_path / "killed" / "records.jsonl"
    finished = path.read_text()
    assert len(finished.splitlines()) == 2
    study = Study("own", "", "", (Network("chains", TINY, seeds=4),), Split(divisor=16), minutes=1)
    resumed, alone = (
        reproduce(study, tmp_path / folder, file=io.StringIO()).drop(columns="fit_seconds")
        for folder in ("killed", "alone")
    )
    assert path.read_text().startswith(finished)
    assert load_fits(tmp_path / "killed").seed.tolist() == [0, 1, 2, 3]
    pd.testing.assert_frame_equal(resumed, alone)


def test_report(eight_by_eight, tmp_path):
    published = (Published("<first>", 1, 2, 0.999, seconds=3.5),)
    networks = (Network("one & only", TINY, published, seeds=2), Network("ours", TINY))
    sizes = Curve("sizes", TINY, (100, 500), _images_of)
    folds = Search("folds", TINY, {"hidden_layer_sizes": [4, 12]}, _units, folds=2)
    for name, experiments in (("a", networks), ("b", (sizes,)), ("c", (folds,))):
        study = replace(_study(*experiments, notes=(f"note of {name}",)), name=name)
        reproduce(study, tmp_path, file=io.StringIO())
    page = (tmp_path / "report.html").read_text()
    # A custom study is only in the report of its own run.
    assert "note of c" in page
    assert page.count("<svg") == 1
    reproduce(replace(_study(*networks), name="a"), tmp_path, file=io.StringIO())
    page = (tmp_path / "report.html").read_text()
    assert "one &amp; only" in page
    assert "&lt;first&gt;" in page
    rows = load_results(tmp_path).query("study == 'a' and network == 'one & only'")
    assert f"<td>{rows.test_accuracy.mean():.4f}</td>" in page
    assert f'<td class="notable">{rows.difference.mean():+.4f}</td>' in page
    points = f"{100 * -rows.difference.mean():.1f} percentage points"
    assert f"one &amp; only is {points} less accurate than published." in page
    assert not re.search(r'(src|href)="(?!#|data:)', page)
    # Text and axes of charts follow the colors of the page.
    assert "prefers-color-scheme: dark" in page
    assert "stroke: currentColor" in page
    assert INK not in page.partition("<svg")[2]


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_report_has_no_empty_columns(eight_by_eight, tmp_path, n_seeds):
    study = _study(Network("one", TINY, (Published("one", test_accuracy=0.5),), seeds=n_seeds))
    reproduce(study, tmp_path, file=io.StringIO())
    page = (tmp_path / "report.html").read_text()
    (row,) = re.findall('<tr><th scope="row">one.*', page)
    cells = re.findall("<t[hd][^>]*>([^<]*)<", row)
    assert all(cells)
    headings = re.findall('<th scope="col"[^>]*>([^<]*)<', page)
    assert len(headings) == len(cells)
    assert ("range" in headings) == ("seeds below" in headings) == (n_seeds > 1)
    assert "1 thread per fit" in page or re.search("[2-9] threads per fit", page)


def test_quick_run_is_not_compared(eight_by_eight, tmp_path):
    """Neither table nor report has columns, sentences or charts of differences or of seeds."""
    published = (Published("run", test_accuracy=0.999),)
    network = Network("one", TINY, published, seeds=2)
    study = _study(network, notes=("10 units",))
    for quick in (True, False):
        file = io.StringIO()
        reproduce(study, tmp_path, quick=quick, file=file)
        (line,) = re.findall("^network .*", file.getvalue(), re.MULTILINE)
        compared = [] if quick else ["below", "difference"]
        assert line.split()[-2 - len(compared) :] == ["published", "accuracy", *compared]
        assert ("range" in line) == (not quick)
        assert ("Notes on the full study:\n10 units" in file.getvalue()) == quick
        page = (tmp_path / ("quick" if quick else "") / "report.html").read_text()
        assert ("in bold" in page) == ("<svg" in page) == (not quick)
        assert ("<p>Notes on the full study:</p>" in page) == quick


def test_charts_of_sizes_and_of_a_sweep(eight_by_eight, tmp_path):
    sizes = Curve("sizes, by one", TINY, (100, 1_000), lambda fit: f"{fit['images']:,} images")
    grid = {"hidden_layer_sizes": [4, 12, 20]}
    widths = Search("widths", TINY, grid, lambda fit: f"${_units(fit)}", folds=2, refit=True)
    study = _study(sizes, widths)
    results = reproduce(study, tmp_path, file=io.StringIO())
    assert list(results.experiment) == ["sizes, by one"] * 2 + ["widths"] * 4
    of_sizes, of_widths = (chart.svg for chart in charts(study, results))
    assert _texts(of_sizes.partition('id="legend_1"')[2]) == ["sizes, by one"]
    assert _texts(of_sizes)[:2] == ["100", "1,000"]
    assert _texts(of_widths)[:4] == ["$4", "$12", "$20", "units"]


def test_plots(eight_by_eight, tmp_path):
    def plots(models, parts):
        for name, model in models.items():
            display = ConfusionErrorDisplay.from_estimator(model, *parts["test"])
            yield name, f"Errors of {name}", display

    networks = Network("one", TINY, seeds=2), Network("two", TINY)
    folder = tmp_path / "plots" / "custom"
    study = _study(*networks, plots=plots)
    reproduce(study, tmp_path, file=io.StringIO())
    assert [(plot.network, plot.caption) for plot in saved_plots(study, tmp_path)] == [
        ("one", "Errors of one"),
        ("two", "Errors of two"),
    ]
    page = (tmp_path / "report.html").read_text()
    for name in ("one", "two"):
        assert f"<h3>{name}</h3>" in page
        assert f"<figcaption>Errors of {name}</figcaption>" in page
    # Plots of an earlier declaration are deleted.
    study = replace(study, experiments=networks[1:])
    reproduce(study, tmp_path, file=io.StringIO())
    assert [path.name for path in folder.iterdir()] == ["00-two-errors-of-two.svg"]
    reproduce(replace(study, plots=None), tmp_path, file=io.StringIO())
    assert not list(folder.iterdir())


def test_invalid_plots_raise_after_the_report_is_written(eight_by_eight, tmp_path):
    study = _study(Network("one", TINY), plots=lambda models, parts: [("one", models)])
    with pytest.raises(TypeError, match="plots of study custom must yield names of networks, capt"):
        reproduce(study, tmp_path, file=io.StringIO())
    assert "A custom study" in (tmp_path / "report.html").read_text()


def test_quick_keeps_the_proportions_of_a_split():
    parts = data.images(Split(45_000), quick=True)
    assert {part: len(y) for part, (_, y) in parts.items()} == {
        "train": 1_250,
        "validation": 3_750,
        "test": 833,
    }


def test_quick_reproduction(tiny, tmp_path):
    text = io.StringIO()
    before = repr(STUDIES)
    results = reproduce(STUDIES["experiments"], tmp_path, quick=True, file=text)
    tmp_path = tmp_path / "quick"
    assert repr(STUDIES) == before
    assert results.quick.all()
    networks = STUDIES["experiments"].experiments
    assert len(load_fits(tmp_path)) == len(networks) == 6
    assert len(results) == sum(len(network.published) for network in networks)
    by_run = results.groupby("published_name").published_test_accuracy.first()
    assert by_run["model 3"] == 0.9820
    assert by_run["forest"] == 0.9482
    assert "QUICK: a twelfth of the images" in text.getvalue()
    plots = saved_plots(STUDIES["experiments"], tmp_path)
    captions = [plot.caption for plot in plots if plot.network == "forest"]
    assert len(captions) == 12
    # Plots of test images alternate with plots of the training images, which were published.
    for test, training in zip(captions[4:8:2], captions[5:8:2], strict=True):
        assert "est images" in test
        assert "raining images" in training
        assert "as in the published figures" in training
    assert {plot.network for plot in plots} == set(results.network)
    for row in results.itertuples():
        assert 0 < row.test_accuracy <= 1
        assert row.epochs == 1
        assert f"{row.parameters:,.0f}" in text.getvalue()


def test_progress_on_a_terminal(eight_by_eight, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    reproduce(_study(Network("two", TINY, seeds=2)), tmp_path)
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    assert "0/2" in err
    assert "2/2" in err
    assert err.endswith("\x1b[2K")  # the bar is erased


def test_output_to_a_file_is_plain_text(eight_by_eight, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    reproduce(_study(Network("two", TINY)), tmp_path)
    main(["studies"])
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    assert not err
    assert " parameters epochs " in out
    assert all(study.question in out for study in STUDIES.values())


def test_command(eight_by_eight, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    study = replace(_study(Network("two", TINY, seeds=2)), name="experiments")
    monkeypatch.setitem(STUDIES, "experiments", study)
    output = str(tmp_path / "out")
    assert main(["reproduce", "--seeds", "1", "--jobs", "1", "--output", output]) == 0
    assert "fits: 1; " in capsys.readouterr().out
    assert load_fits(output).network.tolist() == ["two"]
    with pytest.raises(SystemExit, match="2"):
        main(["reproduce", "experimints"])
    assert "STUDY must be one of all, experiments" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["reproduce", "--jobs", "0"])
    assert "--jobs: must be at least 1; got 0" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    capsys.readouterr()
    assert main(["studies"]) == 0
    listed = capsys.readouterr().out
    for name, study in STUDIES.items():
        assert re.search(rf"^{name} +{study.n_fits()} ", listed, re.MULTILINE)


CONTINUED = clone(TINY).set_params(warm_start=True)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: _study(), r"experiments of study custom must be a non-empty tuple.*; got \(\)"),
        (lambda: _study(TINY), "must be a non-empty tuple of Network, Search and Curve"),
        (
            lambda: _study(Network("two", TINY), Network("two", TINY)),
            "experiments of study custom must have unique names; got 'two' twice",
        ),
        (
            lambda: _study(Curve("one", TINY, (1,), _images_of), Network("1 images", TINY)),
            "rows of study custom must have unique names; got '1 images' twice",
        ),
        (
            lambda: replace(_study(Network("one", TINY)), name="../up"),
            r"name of a study must consist of letters, digits, - and _; got '\.\./up'",
        ),
        (lambda: _study(Network("one", TINY), plots="foo"), "plots .* must be callable; got 'foo'"),
        (
            lambda: _study(Network("more", CONTINUED, continues="one")),
            "continues of Network 'more' must name an earlier network.*; got 'one'",
        ),
        (
            lambda: _study(
                Network("one", TINY),
                Network("two", CONTINUED, continues="one"),
                Network("three", CONTINUED, continues="one"),
            ),
            "continues of Network 'three'",
        ),
        (
            lambda: _study(
                Curve("one", TINY, (100,), _images_of), Network("two", CONTINUED, continues="one")
            ),
            "continues of Network 'two'",
        ),
        (
            lambda: Network("two", TINY, continues="one"),
            "estimator of Network 'two' must have warm_start=True",
        ),
        (
            lambda: Network("line", RidgeClassifier()),
            "estimator of Network 'line' must be a digit classifier.*; got RidgeClassifier",
        ),
        (
            lambda: Curve("line", LinearRegression(), (100,), _images_of),
            "estimator of Curve 'line' must be a classifier; got LinearRegression",
        ),
        (
            lambda: Curve("one", TINY, (100, 500), _images_of, seeds=(3,)),
            r"seeds of Curve 'one' must be a positive int, .* each of the 2 values; got \(3,\)",
        ),
        (lambda: Curve("one", TINY, (100,), _images_of, seeds=0), "positive int, .*; got 0"),
        (lambda: Network(" ", TINY), "row names of Network ' ' must be text; got ' '"),
        (
            lambda: Search("epochs", TINY, {"epochs": [1, 2]}, lambda fit: fit["epochs"], folds=2),
            "row names of Search 'epochs' must be text; got 1",
        ),
        (
            lambda: Curve("one", TINY, (1,), lambda parameters: parameters["units"]),
            "label of Curve 'one' may only use the parameters .*hidden_layer_sizes.*; got 'units'",
        ),
        (
            lambda: Search("once", TINY, {}, _units, refit=True),
            "refit of Search 'once' must be False without folds; got True",
        ),
        (
            lambda: _study(Search("once", TINY, {}, _units)),
            "split must have validation images, as Search 'once' has no folds",
        ),
        (
            lambda: _study(Curve("one", TINY, (1,), _images_of), split=Split(everything=True)),
            "split must have test images, as Curve 'one' scores on them",
        ),
        (lambda: Split(validation="frist"), "validation must be .*; got 'frist'"),
        (lambda: Split(n_validation=-5), "n_validation must be .*; got -5"),
        (lambda: Split(divisor=0), "divisor must be positive; got 0"),
    ],
)
def test_invalid_declarations(declare, message):
    with pytest.raises(ValueError, match=message):
        declare()


def test_invalid_arguments_of_reproduce(tmp_path):
    with pytest.raises(TypeError, match=r"study must be a Study.*'experiments'"):
        reproduce("experiments", tmp_path)
    with pytest.raises(ValueError, match="seeds must be at least 1; got 0"):
        reproduce(_study(Network("two", TINY)), tmp_path, seeds=0)


def test_loading_without_results_is_an_error(tmp_path):
    for load in (load_results, load_fits):
        with pytest.raises(FileNotFoundError, match="output must contain recorded fits; got"):
            load(tmp_path)


def test_other_files_in_the_folder_are_ignored(eight_by_eight, tmp_path):
    (tmp_path / "mine.csv").write_bytes(b"\xe9,")
    results = reproduce(_study(Network("nan", TINY)), tmp_path, file=io.StringIO())
    assert load_results(tmp_path).network.tolist() == results.network.tolist() == ["nan"]
