"""What a study is: networks, protocol and published figures, declared as data."""

from dataclasses import dataclass

from sklearn.base import ClassifierMixin


@dataclass(frozen=True)
class Published:
    """Figures of one published run of a network; None where none was given."""

    name: str
    parameters: int
    epochs: int
    test_accuracy: float
    test_loss: float | None = None
    train_accuracy: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Network:
    """One network of a study, the runs of it that were published, and how often to repeat it.

    With `continues`, it begins with what an earlier network of the study has learned.
    """

    name: str
    estimator: ClassifierMixin
    published: tuple[Published, ...] = ()
    seeds: int = 1
    continues: str | None = None


@dataclass(frozen=True)
class Study:
    """Networks that are trained and tested on the same images in the same way.

    The first `n_validation` training images are for validation, the others for training; pixels
    are divided by `pixel_range`.
    """

    name: str
    title: str
    networks: tuple[Network, ...]
    n_validation: int
    pixel_range: int
    notes: tuple[str, ...] = ()
