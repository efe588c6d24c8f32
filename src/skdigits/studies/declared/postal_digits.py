"""Study ``experiments``: networks for postal digits, with full and with reduced input.

Validation on the first 5,000 training images, training on the other 55,000; pixels / 255. Batches
of 32, at most 30 epochs; early stopping with patience 10 for all but MLP-1 and MLP-2. The last
weights are kept, as Keras does by default.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.metrics import ConfusionMatrixDisplay

from skdigits import DenseDigitClassifier, ReducedDigitClassifier
from skdigits.displays import (
    ActivationDisplay,
    ConfusedDigitsDisplay,
    ConfusionErrorDisplay,
    MistakesDisplay,
    PixelImportanceDisplay,
    RejectionCurveDisplay,
    SelectedPixelsDisplay,
    TrainingHistoryDisplay,
)
from skdigits.studies.data import Split
from skdigits.studies.declared.keras_defaults import KERAS_DEFAULTS
from skdigits.studies.spec import Network, Published
from skdigits.studies.study import Study


def _mlp(units, activation, optimizer, *, early_stopping=True):
    return DenseDigitClassifier(
        units,
        activation=activation,
        optimizer=optimizer,
        epochs=30,
        early_stopping=early_stopping,
        patience=10,
        **KERAS_DEFAULTS,
    )


def _most_important_pixels(n_pixels):
    forest = RandomForestClassifier(n_estimators=100, random_state=42)
    return SelectFromModel(forest, threshold=-np.inf, max_features=n_pixels)


def _axes():
    import matplotlib.pyplot as plt

    # All plots are the same size, and every network has twelve, so that they fill rows.
    return plt.figure(figsize=(3, 3), layout="compressed").add_subplot()


def _plots(models, parts):
    for name, model in models.items():
        for caption, display in _plots_of_network(name, model, *parts["test"]):
            yield name, caption, display
        for caption, display in _plots_of_predictions(model, parts):
            yield name, caption, display


def _plots_of_network(name, model, X, y):
    for metric in ("loss", "accuracy"):
        display = TrainingHistoryDisplay.from_estimator(model, metrics=metric, ax=_axes())
        yield f"{metric.capitalize()} by epoch.", display
    if name == "forest":
        importances = PixelImportanceDisplay.from_estimator(model, ax=_axes())
        yield "Importance of each pixel to the forest.", importances
        selected = SelectedPixelsDisplay.from_estimator(model, X[0], ax=_axes())
        yield "The pixels that the network uses, over a test image.", selected
        return
    if name in ("MLP-1", "MLP-2"):
        activations = ActivationDisplay.from_estimator(model, X, ax=_axes())
        yield "Hidden activations on the test images, by predicted class.", activations
    else:
        rejection = RejectionCurveDisplay.from_estimator(model, X, y, ax=_axes())
        yield "Error rate on the test images if the least certain ones are rejected.", rejection
    mistakes = MistakesDisplay.from_estimator(model, X, y, ax=_axes())
    yield "The most confident mistakes on the test images: true and predicted class.", mistakes


def _plots_of_predictions(model, parts):
    # The published figures show the training images.
    kinds = {
        "test": ("test images", ""),
        "train": ("training images", ", as in the published figures"),
    }
    cases = [(*parts[part], model.predict(parts[part][0]), *kind) for part, kind in kinds.items()]
    for _, y, predicted, images, source in cases:
        never = ", ".join(map(str, sorted(set(y) - set(predicted))))
        note = f" Never predicted: {never}." if never else ""
        yield (
            f"{images.capitalize()} by true and predicted class{source}.{note}",
            ConfusionMatrixDisplay.from_predictions(
                y,
                predicted,
                cmap="cividis",
                colorbar=False,
                text_kw={"fontsize": "small"},
                ax=_axes(),
            ),
        )
    for _, y, predicted, images, source in cases:
        yield (
            f"Errors on the {images}, as a percentage of each true class{source}.",
            ConfusionErrorDisplay.from_predictions(y, predicted, colorbar=False, ax=_axes()),
        )
    for pair in ((1, 3), (5, 8)):
        for X, y, predicted, images, source in cases:
            # A network that predicts neither gets the pair that it confuses most often.
            classes = pair if set(pair) & set(predicted) else None
            display = ConfusedDigitsDisplay.from_predictions(
                X, y, predicted, classes=classes, ax=_axes()
            )
            a, b = display.classes
            source = source if classes else ""
            yield f"{a} and {b} by true and predicted class: {images}{source}.", display


STUDY = Study(
    name="experiments",
    title="Networks for postal digits",
    question="Which network reads postal digits best, and how much do fewer inputs cost?",
    split=Split(n_validation=5_000),
    minutes=3,
    experiments=(
        Network(
            "MLP-1",
            _mlp(1, "relu", "rmsprop", early_stopping=False),
            (Published("MLP-1", 805, 30, 0.4333, train_accuracy=0.436, seconds=84.26),),
            seeds=5,
        ),
        Network(
            "MLP-2",
            _mlp(2, "relu", "rmsprop", early_stopping=False),
            (Published("MLP-2", 1_600, 30, 0.7006, train_accuracy=0.697, seconds=95.17),),
            seeds=5,
        ),
        Network(
            "best MLP relu",
            _mlp(700, "relu", "rmsprop"),
            (Published("model 3", 556_510, 14, 0.9820, train_accuracy=0.998, seconds=330.92),),
        ),
        Network(
            "best MLP sigmoid",
            _mlp(700, "sigmoid", "adam"),
            (
                Published("model 3a", 556_510, 21, 0.9818, train_accuracy=0.999, seconds=2421.43),
                Published("model 4", 556_510, 22, 0.9805, train_accuracy=0.999, seconds=534.90),
                Published("model 5", 556_510, 24, 0.9769, train_accuracy=0.999, seconds=912.39),
            ),
        ),
        Network(
            "PCA",
            ReducedDigitClassifier(PCA(0.95), _mlp(700, "sigmoid", "adam")),
            (Published("PCA", 115_510, 24, 0.9789, train_accuracy=0.9997, seconds=275.36),),
        ),
        Network(
            "forest",
            ReducedDigitClassifier(_most_important_pixels(70), _mlp(700, "relu", "adam")),
            (Published("forest", 56_710, 18, 0.9482, train_accuracy=0.982, seconds=153.65),),
        ),
    ),
    notes=(
        "The accuracies of MLP-1 and MLP-2 depend strongly on their initial weights.",
        "Published times were measured on a laptop, which was suspended during model 3a.",
        "The published summary reports 556,510 parameters for both reduced networks; they have "
        "115,510 (PCA) and 56,710 (forest). It describes the forest's network as sigmoid; it is "
        "relu.",
        "The published summary labels its test accuracies as validation accuracies.",
    ),
    plots=_plots,
)
