"""Study ``neuron-sweep``: how many units a hidden layer needs, by GridSearchCV.

One hidden relu layer of 100, 150, ... 850 units, RMSprop, batches of 32, at most 30 epochs, early
stopping with patience 2 on the 5,000 validation images; three folds of the 55,000 training images,
and the best network once more on all of them. Pixels / 255.
"""

from skdigits import DenseDigitClassifier
from skdigits.studies._images import Split
from skdigits.studies._keras_defaults import KERAS_DEFAULTS
from skdigits.studies._study import Published, Search, Study

MEAN_TEST_SCORES = {
    100: 0.96740,
    150: 0.97153,
    200: 0.97229,
    250: 0.97285,
    300: 0.97125,
    350: 0.97140,
    400: 0.97455,
    450: 0.97360,
    500: 0.97275,
    550: 0.97351,
    600: 0.97244,
    650: 0.97413,
    700: 0.97502,
    750: 0.97485,
    800: 0.97211,
    850: 0.97165,
}


def _units(parameters):
    return f"{parameters['hidden_layer_sizes'][0]} units"


STUDY = Study(
    name="neuron-sweep",
    title="Units of a hidden layer",
    question="How many units should one hidden layer have?",
    split=Split(n_validation=5_000),
    minutes=5,
    experiments=(
        Search(
            "one hidden layer",
            DenseDigitClassifier(
                optimizer="rmsprop",
                epochs=30,
                early_stopping=True,
                patience=2,
                **KERAS_DEFAULTS,
            ),
            {"hidden_layer_sizes": [(units,) for units in MEAN_TEST_SCORES]},
            _units,
            folds=3,
            refit=True,
            published={
                f"{units} units": (Published(f"{units} units", validation_accuracy=score),)
                for units, score in MEAN_TEST_SCORES.items()
            }
            | {"best": (Published("700 units", 556_510, test_accuracy=0.9796, test_loss=0.0901),)},
        ),
    ),
    notes=(
        "valid. is the mean score over the three folds. The published search took 105.2 minutes.",
        "Neighbouring widths differ by less than a repetition does: which of the wide ones comes "
        "out best is chance.",
    ),
)
