"""Study ``neuron-sweep``: number of hidden units, with GridSearchCV.

One hidden relu layer of 100, 150, ... 850 units, RMSprop, batches of 32, at most 30 epochs, early
stopping with patience 2 on the 5,000 validation images; three folds of the 55,000 training images;
the best network is refitted on all of them. Pixels / 255.
"""

from skdigits import DenseDigitClassifier
from skdigits.studies.data import Split
from skdigits.studies.declared.keras_defaults import KERAS_DEFAULTS
from skdigits.studies.spec import Published, Search
from skdigits.studies.study import Study

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
    title="Number of hidden units",
    question="How many units should a single hidden layer have?",
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
        "The validation accuracy is the mean over the three folds. The published search took 105.2 "
        "minutes.",
        "Neighboring widths differ less than two runs of the same width do. Chance decides which "
        "of the wide networks is best.",
    ),
)
