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
    PixelImportanceDisplay,
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


def _plots(models, parts):
    X, y = parts["train"]
    for name, model in models.items():
        predicted = model.predict(X)
        counts = np.bincount(predicted, minlength=10)
        never = ", ".join(map(str, np.flatnonzero(counts == 0))) or "none"
        yield f"{name}: loss and accuracy", TrainingHistoryDisplay.from_estimator(model)
        yield (
            f"{name}: training images by true and predicted class; never predicted: {never}",
            ConfusionMatrixDisplay.from_predictions(
                y, predicted, cmap="cividis", colorbar=False, text_kw={"fontsize": "small"}
            ),
        )
        errors = ConfusionErrorDisplay.from_predictions(y, predicted)
        yield f"{name}: errors on the training images, in percent of each class", errors
        for pair in ((1, 3), (5, 8)):
            yield (
                f"{name}: {pair[0]} and {pair[1]} by true and predicted class",
                ConfusedDigitsDisplay.from_predictions(X, y, predicted, classes=pair),
            )
    yield (
        "MLP-1: its hidden unit",
        ActivationDisplay.from_estimator(models["MLP-1"], X),
    )
    yield (
        "MLP-2: its two hidden units",
        ActivationDisplay.from_estimator(models["MLP-2"], X),
    )
    forest = models["forest"]
    yield "forest: pixel importances", PixelImportanceDisplay.from_estimator(forest)
    yield (
        "forest: pixels that its network uses",
        SelectedPixelsDisplay.from_estimator(forest, X[0]),
    )


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
