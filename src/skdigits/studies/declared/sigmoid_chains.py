"""Study ``sigmoid-chains``: more sigmoid layers, more units or more training.

Raw pixels from 0 to 255, sigmoid layers, SGD, batches of 128, 5 epochs or five rounds of 5. Only
"32 x 5 forced to learn" has batches of 16 and 30 epochs. The last tenth of the training images is
held out.
"""

from skdigits import DenseDigitClassifier
from skdigits.studies.data import Split
from skdigits.studies.declared.keras_defaults import KERAS_DEFAULTS
from skdigits.studies.spec import Curve, Network, Published
from skdigits.studies.study import Study

# Test loss and accuracy after each of five rounds.
ROUNDS = {
    (32, 3): ((2.11, 0.359), (1.77, 0.613), (1.27, 0.744), (0.867, 0.802), (0.689, 0.836)),
    (128, 3): ((1.72, 0.595), (0.922, 0.830), (0.516, 0.887), (0.377, 0.908), (0.311, 0.919)),
    (256, 3): ((1.25, 0.739), (0.555, 0.876), (0.374, 0.905), (0.304, 0.919), (0.267, 0.928)),
}


def _chain(units, layers, **parameters):
    return DenseDigitClassifier(
        (units,) * layers,
        **KERAS_DEFAULTS
        | {"activation": "sigmoid", "optimizer": "sgd", "batch_size": 128, "epochs": 5}
        | parameters,
    )


def _published(name, loss, accuracy, n_parameters=None):
    return Published(name, n_parameters, 5, accuracy, loss)


def _name(units, layers):
    return f"{units} x {layers}"


def _label(parameters):
    sizes = parameters["hidden_layer_sizes"]
    return _name(sizes[0], len(sizes))


def _rounds(units, layers):
    """Declare a chain that is trained for five rounds, each continuing the last."""
    published = ROUNDS.get((units, layers), ())
    networks = []
    for number in range(1, 6):
        name = f"{_name(units, layers)}, round {number}"
        runs = [Published(name, None, 5 * number, accuracy, loss) for loss, accuracy in published]
        networks.append(
            Network(
                name,
                _chain(units, layers, warm_start=number > 1),
                tuple(runs[number - 1 : number]),
                seeds=3 if published else 1,
                continues=networks[-1].name if networks else None,
            )
        )
    return networks


WIDTHS = (32, 64, 128, 256, 512, 1024, 2048)
PUBLISHED = {
    "32 x 1": (
        _published("first network", 0.512, 0.887, 25_450),
        _published("chains of 32", 0.493, 0.890),
        _published("one layer", 0.502, 0.886),
        _published("chains of 32 again", 0.484, 0.890, 25_450),
    ),
    "64 x 1": (_published("one layer", 0.373, None),),
    "128 x 1": (_published("chains of 128", 0.317, 0.918, 101_770),),
    "512 x 1": (_published("chains of 512", 0.242, 0.934, 407_050),),
    "32 x 2": (Published("chains of 32", 26_506),),
    "32 x 5": (Published("chains of 32", 29_674),),
    "128 x 2": (Published("chains of 128", 118_282),),
    "128 x 3": (Published("chains of 128", 134_794),),
    "512 x 2": (Published("chains of 512", 669_706),),
}

STUDY = Study(
    name="sigmoid-chains",
    title="More layers, more units or more training",
    question="Are more sigmoid layers better than more units or more training?",
    split=Split(n_validation=6_000, validation="last", divisor=1),
    minutes=8,
    experiments=(
        Curve(
            "one layer",
            _chain(32, 1),
            tuple((units,) for units in WIDTHS),
            _label,
            parameter="hidden_layer_sizes",
            published=PUBLISHED,
            seeds=3,
        ),
        *(
            Curve(
                f"chains of {units}",
                _chain(units, 1),
                tuple((units,) * layers for layers in (2, 3, 4, 5)),
                _label,
                parameter="hidden_layer_sizes",
                published=PUBLISHED,
            )
            for units in (32, 128, 512)
        ),
        *(
            network
            for units in (32, 128, 256)
            for layers in (3, 4, 5)
            for network in _rounds(units, layers)
        ),
        Network("32 x 5 forced to learn", _chain(32, 5, batch_size=16, epochs=30)),
    ),
    notes=(
        "After the same number of epochs, deeper sigmoid chains are far less accurate. They lack "
        "training time, not capacity, as the rounds show.",
        "Single layers and chains with published rounds have three seeds, as their accuracy after "
        "only a few epochs depends on their initial weights.",
        "No result was published for the network 'forced to learn', with 30 epochs in batches of "
        "16.",
    ),
)
