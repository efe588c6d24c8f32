"""Study ``split-study``: how much of the data to train on.

All 70,000 images in their order, raw pixels of 0 to 255, relu, Adam, batches of 32, at most 30
epochs, early stopping with patience 3 on the images that are held out, which are the last ones and
tell the accuracy as well.
"""

from skdigits import DenseDigitClassifier
from skdigits.studies._images import Split
from skdigits.studies._keras_defaults import KERAS_DEFAULTS
from skdigits.studies._study import Network, Published, Study

NETWORKS = {"50-50": (50, 50), "75-75-75-75": (75, 75, 75, 75)}
SPLITS = {"20 / 80": 56_000, "75 / 25": 17_500}
PUBLISHED = {
    ("50-50", "20 / 80"): (15, 0.91),
    ("50-50", "75 / 25"): (16, 0.95),
    ("75-75-75-75", "20 / 80"): (12, 0.92),
    ("75-75-75-75", "75 / 25"): (13, 0.97),
}


def _network(name, split, *, seeds=3, validation="last", divisor=1, published=()):
    kind = f"{'' if validation == 'last' else ', stratified'}{'' if divisor == 1 else ', / 255'}"
    return Network(
        f"{name}, {split}{kind}",
        DenseDigitClassifier(
            NETWORKS[name], epochs=30, early_stopping=True, patience=3, **KERAS_DEFAULTS
        ),
        published,
        seeds=seeds,
        split=Split(SPLITS[split], validation, everything=True, divisor=divisor),
    )


def _published(name, split):
    epochs, accuracy = PUBLISHED[name, split]
    return (Published(f"about {accuracy}", epochs=epochs, validation_accuracy=accuracy),)


STUDY = Study(
    name="split-study",
    title="How much data to train on",
    question="What is lost if a network is trained on a fifth of the images?",
    split=Split(SPLITS["75 / 25"], "last", everything=True, divisor=1),
    minutes=5,
    experiments=tuple(
        network
        for name in NETWORKS
        for split in SPLITS
        for network in (
            _network(name, split, published=_published(name, split)),
            _network(name, split, validation="stratified"),
            _network(name, split, divisor=255),
        )
    ),
    notes=(
        "Keras cannot stratify the images that it holds out; the rows 'stratified' are ours, and "
        "so are those with pixels / 255.",
        "The accuracy is that of the images held out, on which training stops as well; the study "
        "has no other test.",
    ),
)
