"""What a study is: networks, searches and curves, their protocol, and what was published."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sklearn.base import ClassifierMixin
from sklearn.model_selection import ParameterGrid

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits.studies._images import Split


@dataclass(frozen=True)
class Published:
    """Figures of one published run of a network; None where none was given."""

    name: str
    parameters: int | None = None
    epochs: int | None = None
    test_accuracy: float | None = None
    test_loss: float | None = None
    validation_accuracy: float | None = None
    train_accuracy: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Network:
    """One network of a study, the runs of it that were published, and how often to repeat it.

    With `continues`, it begins with what an earlier network of the study has learned; with `split`,
    it is trained on other images than the rest of the study.
    """

    name: str
    estimator: ClassifierMixin
    published: tuple[Published, ...] = ()
    seeds: int = 1
    continues: str | None = None
    split: Split | None = None

    def n_fits(self, seeds=None):
        """Number of fits; `seeds` replaces the number of seeds."""
        return seeds or self.seeds

    def row_names(self):
        """Names of its rows."""
        return [self.name]


@dataclass(frozen=True)
class Search:
    """A grid of networks, by GridSearchCV.

    Each candidate's row is named by `label`, a function of its parameters. `folds` is the number
    of folds of the training images; None trains each candidate once, and scores it on the
    validation images (PredefinedSplit). With `refit`, the best candidate is trained on all training
    images, as a row of the name `best`.
    """

    name: str
    estimator: ClassifierMixin
    grid: dict | list
    label: Callable[[dict], str]
    folds: int | None = None
    refit: bool = False
    published: dict[str, tuple[Published, ...]] = field(default_factory=dict)

    def n_fits(self, seeds=None):
        """Number of fits; a search has one seed."""
        return len(ParameterGrid(self.grid)) * (self.folds or 1) + self.refit

    def row_names(self):
        """Names of its rows, without that of the best."""
        return [_label_of(self, candidate) for candidate in ParameterGrid(self.grid)]


@dataclass(frozen=True)
class Curve:
    """One network over the values of a parameter or over the number of training images.

    By scikit-learn's validation_curve, or with `parameter` None by its learning_curve, both of
    which test on the test images. Each point's row is named by `label`, a function of the network's
    parameters and of ``images``, their number.
    """

    name: str
    estimator: ClassifierMixin
    values: tuple
    label: Callable[[dict], str]
    parameter: str | None = None
    published: dict[str, tuple[Published, ...]] = field(default_factory=dict)
    seeds: int = 1

    def n_fits(self, seeds=None):
        """Number of fits; `seeds` replaces the number of seeds."""
        return len(self.values) * (seeds or self.seeds)

    def row_names(self):
        """Names of its rows."""
        return [_label_of(self, {self.parameter or "images": value}) for value in self.values]


def _label_of(experiment, parameters):
    known = {"images": 0} | experiment.estimator.get_params() | parameters
    try:
        return experiment.label(known)
    except KeyError as error:
        raise ValueError(
            f"label of {experiment.name!r} asks for {error}, which is none of {', '.join(known)}"
        ) from error


@dataclass(frozen=True)
class Study:
    """What was asked, how it is tried, and what is to be known of the answer.

    ``minutes`` is about what it takes on two cores. With `pictures`, the report shows its networks:
    it is called with the fitted estimators of the first seed, by name of network, and with the
    parts of MNIST (samples and labels of "train" and so on), and yields displays with captions.
    """

    name: str
    title: str
    question: str
    experiments: tuple[Network | Search | Curve, ...]
    split: Split
    minutes: float
    notes: tuple[str, ...] = ()
    pictures: Callable[[dict, dict], Iterable[tuple[str, object]]] | None = None

    def __post_init__(self):
        if not re.fullmatch(r"[\w-]+", self.name):
            raise ValueError(
                "name of a study must consist of letters, digits, - and _, as it names files; got "
                f"{self.name!r}"
            )
        kinds = Network | Search | Curve
        if not isinstance(self.experiments, tuple) or not self.experiments:
            raise ValueError(
                f"experiments of study {self.name} must be a tuple of some; got "
                f"{self.experiments!r}"
            )
        if not all(isinstance(one, kinds) for one in self.experiments):
            raise ValueError(
                f"experiments of study {self.name} must be of Network, Search and Curve; got "
                f"{self.experiments!r}"
            )
        names = [experiment.name for experiment in self.experiments]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"experiments of study {self.name} have the same name: {twice[0]!r}")
        rows = [name for experiment in self.experiments for name in experiment.row_names()]
        twice = [name for name in rows if rows.count(name) > 1]
        if twice:
            raise ValueError(f"rows of study {self.name} have the same label: {twice[0]!r}")
        if any(isinstance(one, Curve) for one in self.experiments) and self.split.everything:
            raise ValueError(f"study {self.name} has a curve, but its split has no test images")
        continued = set()
        for position, experiment in enumerate(self.experiments):
            self._check_estimator(experiment)
            if isinstance(experiment, Search):
                self._check_search(experiment)
            before = getattr(experiment, "continues", None)
            if before is None:
                continue
            if not experiment.estimator.get_params().get("warm_start"):
                raise ValueError(
                    f"{experiment.name!r} of study {self.name} continues {before!r}, but its "
                    "estimator has no warm_start=True"
                )
            earlier = [one.name for one in self.experiments[:position] if isinstance(one, Network)]
            if before not in earlier or before in continued:
                raise ValueError(
                    f"{experiment.name!r} of study {self.name} must continue a network before it "
                    f"that no other one continues; got {before!r}"
                )
            continued.add(before)

    def _check_estimator(self, experiment):
        network = getattr(experiment.estimator, "classifier", experiment.estimator)
        if not isinstance(network, DenseDigitClassifier | ConvDigitClassifier | None):
            raise ValueError(
                f"{experiment.name!r} of study {self.name} must have a digit network, or a "
                f"ReducedDigitClassifier of one, as its estimator; got {experiment.estimator!r}"
            )

    def _check_search(self, search):
        if self.split.everything:
            raise ValueError(f"study {self.name} has a search, but its split has no test images")
        if search.folds is None and (search.refit or not self.split.n_validation):
            raise ValueError(
                f"{search.name!r} of study {self.name} scores on validation images: its split must "
                "have some, and refit must be False"
            )

    def n_fits(self, seeds=None):
        """Number of fits; `seeds` replaces every number of seeds that is declared."""
        return sum(experiment.n_fits(seeds) for experiment in self.experiments)
