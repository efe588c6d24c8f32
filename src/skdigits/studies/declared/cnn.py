"""Study ``cnn``: convolutions of 32 filters of 5 x 5, sigmoid or relu, SGD or Adam.

All 60,000 images for training, pixels / 255, batches of 128, 5 epochs unless stated otherwise. The
published code creates max pooling layers but never adds them to its networks, so its runs "with
pooling" have none and are reproduced without pooling. The "pooled" rows are ours and have the
intended 2 x 2 pooling after every convolution.
"""

from skdigits import ConvDigitClassifier
from skdigits.studies.data import Split
from skdigits.studies.declared.keras_defaults import KERAS_DEFAULTS
from skdigits.studies.spec import Network, Published
from skdigits.studies.study import Study


def _cnn(n_convolutions, *, hidden=True, activation="sigmoid", optimizer="sgd", **parameters):
    defaults = KERAS_DEFAULTS | {
        "batch_size": 128,
        "pool_size": None,
        "augmentation": None,
        "epochs": 5,
    }
    if optimizer == "adam":
        defaults["learning_rate"] = 0.001  # Keras' default; that of ConvDigitClassifier is higher
    return ConvDigitClassifier(
        (32,) * n_convolutions,
        kernel_size=5,
        padding="valid",
        batch_normalization=False,
        hidden_layer_sizes=(128,) if hidden else (),
        activation=activation,
        optimizer=optimizer,
        **(defaults | parameters),
    )


def _decaying(rate):
    return {
        "learning_rate": rate,
        "learning_rate_schedule": "exponential",
        "decay_rate": 0.9,
        "decay_steps": 10_000,
    }


def _published(name, n_parameters, epochs, loss, accuracy):
    return (Published(name, n_parameters, epochs, accuracy, loss),)


STUDY = Study(
    name="cnn",
    title="Convolutions, with and without pooling",
    question="How accurate are 5 x 5 convolutions, what trains them best, and does pooling help?",
    split=Split(),
    minutes=35,
    experiments=(
        Network("task 1", _cnn(1, hidden=False), _published("task 1", 185_162, 5, 0.3054, 0.9117)),
        Network(
            "task 2",
            _cnn(2),
            (
                *_published("task 2", 1_666_282, 5, 1.2023, 0.7852),
                *_published("task 2 with pooling", 1_666_282, 5, 0.8913, 0.8006),
            ),
        ),
        Network(
            "task 2, continued",
            _cnn(2, epochs=10, warm_start=True),
            _published("10 more epochs", 1_666_282, 15, 0.3038, 0.9119),
            continues="task 2",
        ),
        Network("one conv", _cnn(1), _published("one conv", 2_361_546, 5, 0.5401, 0.8674)),
        Network("three conv", _cnn(3), _published("three conv", 1_102_090, 5, 2.3033, 0.1135)),
        Network(
            "task 3", _cnn(2, **_decaying(0.5)), _published("task 3", 1_666_282, 5, 0.0909, 0.9728)
        ),
        Network(
            "task 4",
            _cnn(2, hidden=False, activation="relu", **_decaying(0.1)),
            _published("task 4", 154_474, 5, 0.0476, 0.9843),
        ),
        Network(
            "task 4 adam",
            _cnn(2, hidden=False, activation="relu", optimizer="adam"),
            _published("task 4 adam", 154_474, 5, 0.0758, 0.9784),
        ),
        Network("task 2 pooled", _cnn(2, pool_size=2)),
        Network(
            "task 2 pooled, continued",
            _cnn(2, pool_size=2, epochs=10, warm_start=True),
            continues="task 2 pooled",
        ),
        Network("task 3 pooled", _cnn(2, pool_size=2, **_decaying(0.5))),
        Network(
            "task 4 pooled",
            _cnn(2, pool_size=2, hidden=False, activation="relu", **_decaying(0.1)),
        ),
        Network(
            "task 4 adam pooled",
            _cnn(2, pool_size=2, hidden=False, activation="relu", optimizer="adam"),
        ),
    ),
    notes=(
        "The published networks 'with pooling' have none: their code never adds the layers. The "
        "'pooled' rows are ours, with 2 x 2 pooling after every convolution.",
        "After only 5 epochs, the accuracy of sigmoid networks depends on their initial weights; "
        "run several seeds to see how much.",
    ),
)
