"""Study ``split-study``: fraction of the data to train on.

All 70,000 images in their original order, raw pixels from 0 to 255, relu, Adam, batches of 32, at
most 30 epochs. The last images are held out, for early stopping with patience 3 and to measure the
accuracy. The "stratified" rows hold out a stratified sample instead, and the "/ 255" rows have
pixels / 255.
"""

from skdigits import DenseDigitClassifier
from skdigits.studies.data import Split
from skdigits.studies.declared.keras_defaults import KERAS_DEFAULTS
from skdigits.studies.spec import Network, Published
from skdigits.studies.study import Study

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
    question="How much accuracy is lost by training on a fifth of the images?",
    split=Split(SPLITS["75 / 25"], "last", everything=True, divisor=1),
    minutes=3,
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
        "Keras cannot stratify the validation images; the 'stratified' rows are ours, as are those "
        "with pixels / 255.",
        "The accuracy is measured on the validation images, which early stopping uses as well; the "
        "study has no test images.",
    ),
)
