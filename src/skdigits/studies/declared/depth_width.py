"""Study ``depth-width``: softmax regression, then depth, width, optimizer and dropout.

Softmax regression is trained on all 60,000 images; the 36 dense networks on 50,000, with early
stopping on the loss of the other 10,000. Pixels / 255, batches of 32. The epochs, patience and
dropout rate were not published: here they are 30 (60 for softmax regression, which has converged by
then), 3 and 0.2.
"""

from skdigits import DenseDigitClassifier
from skdigits.studies.data import Split
from skdigits.studies.declared.keras_defaults import KERAS_DEFAULTS
from skdigits.studies.spec import Network, Published, Search
from skdigits.studies.study import Study

SHAPES = [(units,) * layers for layers in (1, 2, 3, 4) for units in (64, 128, 192)]


def _label(parameters):
    sizes = parameters["hidden_layer_sizes"]
    dropout = ", dropout" if parameters["dropout"] else ""
    return f"{len(sizes)} x {sizes[0]} {parameters['optimizer']}{dropout}"


def _published(name, accuracy, seconds, n_parameters=None):
    return (Published(name, n_parameters, test_accuracy=accuracy, seconds=seconds),)


STUDY = Study(
    name="depth-width",
    title="Depth, width and optimizer",
    question="Do deeper or wider dense networks read digits better, and what does training cost?",
    split=Split(n_validation=10_000, validation="last"),
    minutes=6,
    experiments=(
        Network(
            "softmax regression",
            DenseDigitClassifier((), optimizer="sgd", epochs=60, **KERAS_DEFAULTS),
            tuple(
                Published(f"run {run}", 7_850, test_accuracy=accuracy, seconds=seconds)
                for run, accuracy, seconds in (
                    (1, 0.9223, 233.9),
                    (2, 0.9221, 232.3),
                    (3, 0.9222, 240.8),
                    (4, 0.9221, 231.6),
                    (5, 0.9227, 245.9),
                )
            ),
            seeds=5,
            split=Split(),
        ),
        Search(
            "dense networks",
            DenseDigitClassifier(epochs=30, early_stopping=True, patience=3, **KERAS_DEFAULTS),
            [
                {"hidden_layer_sizes": SHAPES, "optimizer": ["sgd", "adam"]},
                {"hidden_layer_sizes": SHAPES, "optimizer": ["adam"], "dropout": [0.2]},
            ],
            _label,
            published={
                "2 x 192 adam": _published("fastest", 0.9767, 10.56),
                "1 x 192 sgd": _published("slowest", 0.9762, 311.77),
                "1 x 192 adam": _published("most accurate", 0.9803, 19.09),
                "4 x 64 sgd": _published("least accurate", 0.9658, 79.03),
            },
        ),
    ),
    notes=(
        "The published accuracies of the 36 networks range from 0.966 to 0.980; only the four "
        "extremes were published individually.",
        "The authors announced a CNN and a smaller training set but published no results; see the "
        "studies 'cnn' and 'data-size'.",
    ),
)
