"""Displays draw the values of scikit-learn and of the networks, on the given axes."""

from functools import cache

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, RFECV, SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skdigits import ReducedDigitClassifier
from skdigits.displays import (
    ActivationDisplay,
    ConfusedDigitsDisplay,
    ConfusionErrorDisplay,
    MistakesDisplay,
    PixelImportanceDisplay,
    RejectionCurveDisplay,
    SelectedPixelsDisplay,
    SweepDisplay,
    TrainingHistoryDisplay,
)

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def network(small, digits):
    X, X_test, y, y_test = digits
    return small(16, epochs=6).fit(X, y, X_val=X_test, y_val=y_test)


def lines(axes):
    """Data of the lines of a panel by label; the marks of best epochs are "_child..."."""
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def test_history_of_one_network(network):
    display = TrainingHistoryDisplay.from_estimator(network)
    for axes, metric in zip(display.ax_, ("loss", "accuracy"), strict=True):
        drawn = lines(axes)
        epochs = np.arange(1, 7)
        training, validation = network.history_[metric], network.history_[f"val_{metric}"]
        np.testing.assert_array_equal(drawn["training"], np.c_[epochs, training])
        np.testing.assert_array_equal(drawn["validation"], np.c_[epochs, validation])
        best = network.best_epoch_
        marked = drawn[f"best epoch, {best}"]
        np.testing.assert_array_equal(marked, [[best, validation[best - 1]]])
    history = network.history_ | {"learning_rate": [0.01] * 6}
    same = TrainingHistoryDisplay({"": history}).plot()
    assert [axes.get_ylabel() for axes in same.ax_] == ["loss", "accuracy"]
    assert f"best epoch, {network.best_epoch_}" in lines(same.ax_[0])


def test_histories_of_several_networks(network, small, digits):
    X, _, y, _ = digits
    without_validation = make_pipeline(PCA(8), small(epochs=2)).fit(X, y)
    display = TrainingHistoryDisplay.from_estimator(
        {"wide": network, "PCA": without_validation}, metrics=["accuracy"], linewidth=3
    )
    (axes,) = display.ax_
    np.testing.assert_array_equal(
        lines(axes)["PCA"][:, 1], without_validation[-1].history_["accuracy"]
    )
    assert {line.get_linewidth() for line in axes.lines[:2]} == {3}
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["wide", "PCA", "training", "validation", "best epoch"]
    colors = [line.get_color() for line in axes.lines]
    assert colors[0] == colors[1] != colors[-1]


def test_history_of_one_epoch_and_of_epochs_without_validation(small, digits):
    X, X_test, y, y_test = digits
    network = small(8, epochs=1).fit(X, y, X_val=X_test, y_val=y_test).partial_fit(X, y)
    assert network.best_epoch_ == 2
    (axes,) = TrainingHistoryDisplay.from_estimator(network, metrics="loss").ax_
    assert list(lines(axes)) == ["training", "validation"]  # the second epoch has no validation
    assert axes.lines[1].get_marker() != "None"  # a line of one point would not be seen


def test_box_for_every_class(small, digits):
    X, _, y, _ = digits
    narrow = small(1, activation="relu", epochs=1).fit(X, y)
    display = ActivationDisplay.from_estimator(narrow, X, showfliers=False)
    predicted = narrow.predict(X)
    assert set(predicted) < set(range(10))  # some are never predicted, and still have a box
    assert [tick.get_text() for tick in display.ax_.get_xticklabels()] == list("0123456789")
    medians = [line.get_ydata()[0] for line in display.ax_.lines if line.get_linewidth() == 2]
    for label in set(predicted):
        expected = np.median(narrow.activations(X)[predicted == label])
        assert medians[label] == pytest.approx(expected)


def test_scatter_of_chosen_units_and_of_projections(network, digits):
    X, *_ = digits
    activations, predicted = network.activations(X), network.predict(X)
    chosen = ActivationDisplay.from_estimator(network, X, units=(3, 0), s=7)
    drawn = np.concatenate([points.get_offsets() for points in chosen.ax_.collections])
    order = np.argsort(predicted, kind="stable")
    np.testing.assert_array_equal(drawn, activations[order][:, [3, 0]])
    assert {points.get_sizes()[0] for points in chosen.ax_.collections} == {7}
    projected = ActivationDisplay.from_estimator(network, X)
    expected = PCA(2, random_state=0).fit_transform(activations)
    np.testing.assert_array_equal(projected.activations, expected)
    own = ActivationDisplay.from_estimator(network, X, projector=PCA(2, whiten=True))
    np.testing.assert_allclose(own.activations.std(axis=0), 1, rtol=0.01)


def test_activations_of_filters_are_means_over_the_image(digits, tiny_conv):
    X, _, y, _ = digits
    network = tiny_conv((3, 4), epochs=1).fit(X[:200], y[:200])
    display = ActivationDisplay.from_estimator(network, X[:50], layer=0, units=2)
    expected = network.activations(X[:50], 0)[..., 2].mean(axis=(1, 2))
    np.testing.assert_allclose(display.activations[:, 0], expected, rtol=1e-5)


def test_activations_after_a_reducer(small, digits):
    X, _, y, _ = digits
    pipeline = make_pipeline(PCA(8, random_state=0), small(2, epochs=1)).fit(X, y)
    reduced = ReducedDigitClassifier(PCA(8, random_state=0), small(2, epochs=1)).fit(X, y)
    expected = pipeline[-1].activations(pipeline[0].transform(X))
    alone = make_pipeline(pipeline[-1])
    np.testing.assert_array_equal(
        ActivationDisplay.from_estimator(alone, pipeline[0].transform(X)).activations, expected
    )
    for estimator in (pipeline, reduced):
        display = ActivationDisplay.from_estimator(estimator, X)
        np.testing.assert_allclose(display.activations, expected, rtol=1e-4, atol=1e-4)


def test_confusion_errors_are_those_of_scikit_learn(network, digits):
    _, X_test, _, y_test = digits
    display = ConfusionErrorDisplay.from_estimator(network, X_test, y_test, cmap="Grays")
    expected = confusion_matrix(y_test, network.predict(X_test), normalize="true")
    off = ~np.eye(10, dtype=bool)
    np.testing.assert_array_equal(display.errors[off], expected[off])
    assert not display.errors[~off].any()
    image = display.ax_.images[0]
    np.testing.assert_array_equal(image.get_array().mask, ~off)
    np.testing.assert_array_equal(image.get_array()[off], 100 * expected[off])
    assert image.get_cmap().name == "Grays"
    numbers = [text.get_text() for text in display.ax_.texts]
    np.testing.assert_array_equal(np.reshape(numbers, (10, 10)) == "", display.errors == 0)


def test_confusion_errors_of_a_class_without_samples():
    display = ConfusionErrorDisplay.from_predictions(
        [0, 0, 1], [2, 0, 1], display_labels=["nil", "one", "two"], colorbar=False
    )
    np.testing.assert_array_equal(display.errors, [[0, 0, 0.5], [0, 0, 0], [np.nan] * 3])
    image = display.ax_.images[0]
    np.testing.assert_array_equal(
        image.get_array().mask, np.isnan(display.errors) | np.eye(3, dtype=bool)
    )
    assert image.colorbar is None
    assert [tick.get_text() for tick in display.ax_.get_xticklabels()] == ["nil", "one", "two"]


def test_confused_digits(digits):
    _, X_test, _, y_test = digits
    labels = np.array(list("abcdefghij"))[y_test]
    predicted = labels.copy()
    three, five = np.flatnonzero(labels == "d"), np.flatnonzero(labels == "f")
    predicted[three[:3]] = "f"
    display = ConfusedDigitsDisplay.from_predictions(X_test, labels, predicted, n_images=4)
    assert display.classes == ("d", "f")  # the pair that is confused most
    assert display.counts.tolist() == [[len(three) - 3, 3], [0, len(five)]]
    titles = [axes.get_title() for axes in display.ax_.flat]
    assert titles[1:3] == ["d predicted as f (3)", "f predicted as d (0)"]
    np.testing.assert_array_equal(display.images[0][1], X_test[three[:3]].reshape(-1, 8, 8))
    mosaic = display.ax_[0, 1].images[0].get_array()
    np.testing.assert_array_equal(mosaic[:8, 9:], X_test[three[1]].reshape(8, 8))
    np.testing.assert_array_equal(mosaic[9:, :8], X_test[three[2]].reshape(8, 8))
    assert not mosaic[8:, 8:].any()


def test_rejection_curve_counts_what_thresholds_reject(network, digits):
    _, X_test, _, y_test = digits
    probabilities = network.predict_proba(X_test).round(2)  # with ties
    confidence, labels = probabilities.max(axis=1), probabilities.argmax(axis=1)
    display = RejectionCurveDisplay.from_predictions(
        y_test, probabilities, classes=range(10), name="ours", c="k"
    )
    assert len(display.thresholds) == len(set(confidence))
    for number in range(0, len(display.thresholds), 7):
        accepted = confidence >= display.thresholds[number]
        assert display.rejected[number] == pytest.approx(1 - accepted.mean())
        assert display.errors[number] == pytest.approx((labels != y_test)[accepted].mean())
    assert display.rejected[0] == 0
    np.testing.assert_array_equal(
        display.line_.get_xydata(), np.c_[display.rejected, display.errors]
    )
    assert (display.line_.get_color(), display.line_.get_label()) == ("k", "ours")
    marks = display.line_.get_markevery()
    marked = [float(text.get_text().removeprefix("≥ ")) for text in display.ax_.texts]
    assert marked
    for index, threshold in zip(marks, marked, strict=True):
        assert display.rejected[index] == pytest.approx((confidence < threshold).mean())
    second = RejectionCurveDisplay.from_estimator(network, X_test, y_test, ax=display.ax_)
    assert second.line_.get_label() == type(network).__name__
    assert len(display.ax_.lines) == 2
    wrong = np.roll(probabilities, 1, axis=1)
    worse = RejectionCurveDisplay.from_predictions(y_test, wrong, classes=range(10), ax=display.ax_)
    assert display.ax_.get_ylim()[1] >= worse.errors.max()
    certain = RejectionCurveDisplay.from_predictions([0, 1], [[1, 0], [1, 0]], classes=[0, 1])
    assert [text.get_text() for text in certain.ax_.texts] == ["≥ 0.95"]


def test_mistakes_are_the_most_confident_ones(network, digits):
    _, X_test, _, y_test = digits
    display = MistakesDisplay.from_estimator(network, X_test, y_test, n_images=5)
    sure = network.predict_proba(X_test).max(axis=1)
    wrong = network.predict(X_test) != y_test
    assert display.probabilities.tolist() == sorted(sure[wrong], reverse=True)[:5]
    assert len(display.images) == 5
    np.testing.assert_array_equal(network.predict(X_test)[display.indices], display.y_pred)
    np.testing.assert_array_equal(y_test[display.indices], display.y_true)
    assert len(display.ax_.images) == len(display.images)
    none = MistakesDisplay.from_predictions(X_test, y_test, np.eye(10)[y_test], classes=range(10))
    assert [text.get_text() for text in none.ax_.texts] == ["no mistakes"]


def test_images_have_the_shape_that_the_network_saw(digits, tiny_conv):
    X, X_test, y, y_test = digits
    network = tiny_conv(image_shape=(4, 16), learning_rate=0.1).fit(X, y)
    for estimator in (network, make_pipeline(MinMaxScaler(), network).fit(X, y)):
        mistakes = MistakesDisplay.from_estimator(estimator, X_test, y_test)
        assert mistakes.images.shape[1:] == (4, 16)
    reduced = make_pipeline(PCA(49), tiny_conv(epochs=1)).fit(X, y)
    assert MistakesDisplay.from_estimator(reduced, X_test, y_test).images.shape[1:] == (8, 8)
    of_rows = ConfusedDigitsDisplay.from_estimator(network, X_test, y_test)
    assert of_rows.images[0][0].shape[1:] == (4, 16)
    images = X_test.reshape(-1, 4, 16, 1) - 8  # with negative values, which are ink as well
    confused = ConfusedDigitsDisplay.from_estimator(network, images, y_test)
    assert confused.images[0][0].shape[1:] == (4, 16)
    assert confused.ax_[0, 0].images[0].get_clim()[0] == -8


def test_importances_of_everything_that_is_fitted_on_pixels(network, small, digits):
    X, _, y, _ = digits
    forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    selector = SelectFromModel(forest, prefit=True, threshold=-np.inf, max_features=9).fit(X, y)
    pca = PCA(5).fit(X)
    linear = LogisticRegression(max_iter=50, tol=0.1).fit(X, y)
    pipeline = make_pipeline(PCA(5, random_state=0), small(epochs=1)).fit(X, y)
    for estimator, component, expected in (
        (forest, None, forest.feature_importances_),
        (selector, None, forest.feature_importances_),
        (pca, None, pca.components_[0]),
        (pca, 3, pca.components_[3]),
        (pipeline, 1, pipeline[0].components_[1]),
        (network, None, np.abs(network.coefs_[0]).mean(axis=1)),
        (network, 7, network.coefs_[0][:, 7]),
        (linear, 2, linear.coef_[2]),
    ):
        display = PixelImportanceDisplay.from_estimator(estimator, component=component)
        np.testing.assert_array_equal(display.ax_.images[0].get_array(), expected.reshape(8, 8))
    scored = SelectKBest(k=9).fit(X, y)
    display = PixelImportanceDisplay.from_estimator(make_pipeline("passthrough", scored))
    np.testing.assert_array_equal(display.importances.ravel(), np.nan_to_num(scored.scores_))
    eliminated = RFE(forest, n_features_to_select=9, step=0.5).fit(X, y)
    display = PixelImportanceDisplay.from_estimator(eliminated)
    np.testing.assert_array_equal(display.importances.ravel() > 0, eliminated.get_support())
    prefit = SelectFromModel(forest, prefit=True)  # works without fit
    display = PixelImportanceDisplay.from_estimator(prefit)
    np.testing.assert_array_equal(display.importances.ravel(), forest.feature_importances_)
    selected = SelectedPixelsDisplay.from_estimator(prefit, X[0]).selected
    np.testing.assert_array_equal(selected.ravel(), prefit.get_support())
    with pytest.raises(NotFittedError, match="RandomForestClassifier instance is not fitted"):
        PixelImportanceDisplay.from_estimator(SelectFromModel(clone(forest), prefit=True))
    varying = RFECV(DecisionTreeClassifier(), step=30, cv=2).fit(X, y)  # is not a search
    assert PixelImportanceDisplay.from_estimator(varying).label == "importance"


@pytest.mark.parametrize("image_shape", [None, (4, 16)])
def test_selected_pixels_cover_the_digit(image_shape, digits):
    X, *_ = digits
    selector = VarianceThreshold(30).fit(X)  # has no importances
    display = SelectedPixelsDisplay.from_estimator(
        make_pipeline(selector), X[0], image_shape=image_shape
    )
    shape = image_shape or (8, 8)
    np.testing.assert_array_equal(display.ax_.images[0].get_array(), X[0].reshape(shape))
    centers = {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in display.ax_.patches}
    rows, columns = np.nonzero(selector.get_support().reshape(shape))
    assert centers == set(zip(rows.tolist(), columns.tolist(), strict=True))
    assert 0 < len(centers) < 64
    row = SelectedPixelsDisplay.from_estimator(selector, X[:1], image_shape=image_shape)
    np.testing.assert_array_equal(row.image, display.image)


@cache
def _searched():
    X, y = load_digits(return_X_y=True)
    return GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, cv=2).fit(X, y)


DRAWN = {
    "history": (2, lambda network, X, y, ax: TrainingHistoryDisplay.from_estimator(network, ax=ax)),
    "activations": (
        1,
        lambda network, X, y, ax: ActivationDisplay.from_estimator(network, X, ax=ax),
    ),
    "errors": (
        1,
        lambda network, X, y, ax: ConfusionErrorDisplay.from_estimator(network, X, y, ax=ax),
    ),
    "confused": (
        4,
        lambda network, X, y, ax: ConfusedDigitsDisplay.from_estimator(network, X, y, ax=ax),
    ),
    "mistakes": (1, lambda network, X, y, ax: MistakesDisplay.from_estimator(network, X, y, ax=ax)),
    "rejection": (
        1,
        lambda network, X, y, ax: RejectionCurveDisplay.from_estimator(network, X, y, ax=ax),
    ),
    "sweep": (2, lambda network, X, y, ax: SweepDisplay.from_estimator(_searched(), ax=ax)),
    "pixels": (1, lambda network, X, y, ax: PixelImportanceDisplay.from_estimator(network, ax=ax)),
}


@pytest.mark.parametrize(("n_panels", "draw"), DRAWN.values(), ids=DRAWN)
def test_draws_on_given_axes(n_panels, draw, network, digits):
    _, X_test, _, y_test = digits
    figure, (one, *_) = plt.subplots(1, 2)
    display = draw(network, X_test, y_test, one)
    assert display.figure_ is figure
    if n_panels > 1:
        with pytest.raises(ValueError, match="got one that is not empty"):
            draw(network, X_test, y_test, one)
    free = mpl.figure.Figure()  # neither axes of a grid nor a figure of pyplot
    inset = free.add_axes((0.2, 0.2, 0.5, 0.5))
    assert draw(network, X_test, y_test, inset).figure_ is free
    inset = free.add_axes((0.2, 0.2, 0.5, 0.5))
    for axes in np.ravel(draw(network, X_test, y_test, inset).ax_):
        box = axes.get_position()
        assert 0.19 < box.x0 < box.x1 < 0.71
    several = mpl.figure.Figure().subplots(1, n_panels, squeeze=False)
    display = draw(network, X_test, y_test, several)
    assert np.ravel(display.ax_).tolist() == several.ravel().tolist()
    assert plt.get_fignums() == [figure.number]  # no other figure was opened


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda n, X, y: TrainingHistoryDisplay.from_estimator(n, metrics=["loss"] * 2),
            "metrics must",
        ),
        (lambda n, X, y: TrainingHistoryDisplay.from_estimator([n]), "a dict of them by name"),
        (lambda n, X, y: TrainingHistoryDisplay(n.history_).plot(), "histories must be a dict"),
        (
            lambda n, X, y: TrainingHistoryDisplay.from_estimator(
                GridSearchCV(n, {"epochs": [1]}, refit=False, cv=2).fit(X, y)
            ),
            "no best_estimator_.*refit=False",
        ),
        (
            lambda n, X, y: TrainingHistoryDisplay.from_estimator(n, ax=[plt.gca()] * 2),
            "got the same Axes several times",
        ),
        (lambda n, X, y: TrainingHistoryDisplay.from_estimator(n, metrics=["f1"]), "metrics must"),
        (lambda n, X, y: TrainingHistoryDisplay.from_estimator({}), "estimator must"),
        (
            lambda n, X, y: TrainingHistoryDisplay.from_estimator(
                LogisticRegression(tol=1).fit(X, y)
            ),
            "estimator must be a digit network; LogisticRegression has no history_",
        ),
        (
            lambda n, X, y: TrainingHistoryDisplay.from_estimator(n, ax=plt.subplots(3)[1]),
            "ax must be one Axes or 2.*got 3",
        ),
        (lambda n, X, y: ActivationDisplay.from_estimator(n, X, units=16), "units must be.*16"),
        (lambda n, X, y: ActivationDisplay.from_estimator(n, X, units=(0, 1, 2)), "one or two"),
        (lambda n, X, y: ActivationDisplay.from_estimator(n, X, layer=1), "layer must be"),
        (
            lambda n, X, y: ActivationDisplay.from_estimator(n, X, units=0, projector=PCA(2)),
            "projector must be None if units are passed",
        ),
        (
            lambda n, X, y: ActivationDisplay.from_estimator(n, X, projector=PCA(3)),
            "projector must project",
        ),
        (lambda n, X, y: ActivationDisplay.from_predictions(y, X[:3]), "activations must have"),
        (
            lambda n, X, y: ActivationDisplay.from_predictions(y, X, classes=[0, 1]),
            r"classes must be.*got \[0, 1\]",
        ),
        (
            lambda n, X, y: ActivationDisplay.from_estimator(n, X, projector="pca"),
            "projector must be a transformer.*'pca'",
        ),
        (lambda n, X, y: ActivationDisplay.from_estimator(n, X, units=(0, 0)), "units must be"),
        (lambda n, X, y: ActivationDisplay.from_estimator(n, X, colors=["r"]), "hold 10 colors"),
        (
            lambda n, X, y: ConfusedDigitsDisplay.from_estimator(n, X, y, classes=(3, 11)),
            "classes must be two of the labels.*11",
        ),
        (lambda n, X, y: ConfusedDigitsDisplay.from_estimator(n, X, y, n_images=0), "n_images"),
        (
            lambda n, X, y: MistakesDisplay.from_estimator(n, X, y, image_shape=(8, 9)),
            r"image_shape \(8, 9\) has 72 pixels, but X has 64 features",
        ),
        (
            lambda n, X, y: MistakesDisplay.from_predictions(X, y, np.eye(10)[y], classes=[0, 1]),
            "y_proba must have a column for each of the 2",
        ),
        (
            lambda n, X, y: MistakesDisplay.from_predictions(X, y, y, classes=range(10)),
            r"y_proba must be probabilities of shape \(n_samples, n_classes\); got shape \(450,\)$",
        ),
        (
            lambda n, X, y: MistakesDisplay.from_predictions(
                X, y, n.predict_log_proba(X), classes=range(10)
            ),
            "y_proba must hold probabilities from 0 to 1",
        ),
        (
            lambda n, X, y: RejectionCurveDisplay.from_predictions(
                y, np.eye(9)[y % 9], classes=range(10)
            ),
            "y_proba must have a column for each of the 10",
        ),
        (
            lambda n, X, y: RejectionCurveDisplay.from_predictions(
                y[1:], np.eye(10)[y], classes=range(10)
            ),
            "inconsistent numbers of samples",
        ),
        (lambda n, X, y: RejectionCurveDisplay.from_estimator(n, X, y.astype(str)), "Mix of label"),
        (lambda n, X, y: MistakesDisplay.from_estimator(n, X, y.astype(str)), "Mix of label"),
        (lambda n, X, y: ConfusedDigitsDisplay.from_estimator(n, X, y.astype(str)), "Mix of label"),
        (lambda n, X, y: ConfusionErrorDisplay.from_estimator(n, X, y.astype(str)), "Mix of label"),
        (lambda n, X, y: MistakesDisplay.from_estimator(n, X, np.eye(10)[y]), "1d array"),
        (
            lambda n, X, y: ConfusedDigitsDisplay.from_predictions(X[:2], [1, 1], [1, 1]),
            r"at least two classes; got \[1\]",
        ),
        (
            lambda n, X, y: ConfusedDigitsDisplay.from_predictions(X[:, :63], y, y),
            "X has 63 features, not a square number",
        ),
        (
            lambda n, X, y: MistakesDisplay.from_predictions(
                X.reshape(-1, 4, 4, 4), y, np.eye(10)[y], classes=range(10)
            ),
            "X must hold rows of pixels or images",
        ),
        (
            lambda n, X, y: ConfusionErrorDisplay.from_estimator(n, X, y, display_labels="ab"),
            "display_labels must hold 10",
        ),
        (
            lambda n, X, y: SelectedPixelsDisplay.from_estimator(n, X[0]),
            "must begin with a feature selector",
        ),
        (
            lambda n, X, y: SelectedPixelsDisplay.from_estimator(
                VarianceThreshold(1).fit(X), X[0, :9]
            ),
            "image must have 64 pixels; got 9",
        ),
        (
            lambda n, X, y: PixelImportanceDisplay.from_estimator(
                RandomForestClassifier(3).fit(X, y), component=1
            ),
            "component must be None for RandomForestClassifier",
        ),
        (
            lambda n, X, y: PixelImportanceDisplay.from_estimator(SVC().fit(X, y)),
            "must begin with a step that has importances",
        ),
        (lambda n, X, y: PixelImportanceDisplay.from_estimator(n, component=16), "from 0 to 15"),
        (lambda n, X, y: PixelImportanceDisplay.from_estimator(n, component=1.0), "got 1.0"),
        (lambda n, X, y: PixelImportanceDisplay.from_estimator(n, image_shape=(2, 3)), "image_sh"),
        (
            lambda n, X, y: PixelImportanceDisplay.from_estimator(n, image_shape=(8, 8.0)),
            "image_shape must be two ints of at least 1",
        ),
    ],
)
def test_invalid_arguments_are_errors(call, message, network, digits):
    _, X_test, _, y_test = digits
    with pytest.raises(ValueError, match=message):
        call(network, X_test, y_test)


@pytest.mark.parametrize("ax", ["x", 5, [None, None]])
def test_invalid_axes_are_an_error(ax, network):
    with pytest.raises(TypeError, match="ax must be a matplotlib Axes; got"):
        TrainingHistoryDisplay.from_estimator(network, ax=ax)


def test_matplotlib_options_override_defaults_under_any_alias(network, digits):
    X, *_ = digits
    history = TrainingHistoryDisplay.from_estimator(network, c="k", ls=":", metrics="loss")
    drawn = [(line.get_color(), line.get_linestyle()) for line in history.ax_[0].lines[:2]]
    assert drawn == [("k", ":")] * 2
    scatter = ActivationDisplay.from_estimator(network, X, c="k")
    assert {tuple(points.get_facecolor()[0][:3]) for points in scatter.ax_.collections} == {
        (0, 0, 0)
    }
    norm = mpl.colors.LogNorm(1, 9)
    assert PixelImportanceDisplay.from_estimator(network, norm=norm).ax_.images[0].norm is norm
