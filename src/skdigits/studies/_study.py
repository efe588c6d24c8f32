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
    """Figures of one published run of a network; None where none was given.

    Parameters
    ----------
    name : str
        What the run is called.
    parameters : int, default=None
        Number of trained weights.
    epochs : int, default=None
        Epochs that were run.
    test_accuracy, validation_accuracy, train_accuracy : float, default=None
        Shares of the images, 0 to 1.
    test_loss : float, default=None
        Mean cross-entropy on the test images, in nats.
    seconds : float, default=None
        That the training took.

    Examples
    --------
    >>> from skdigits.studies import Published
    >>> Published("model 3", 556_510, epochs=14, test_accuracy=0.9820).seconds is None
    True
    """

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

    Parameters
    ----------
    name : str
        Of its row.
    estimator : estimator
        A digit network, or a `ReducedDigitClassifier` of one; its ``random_state`` is the seed.
    published : tuple of Published, default=()
        Runs of it.
    seeds : int, default=1
        How often to fit it, with the seeds 0, 1 and so on.
    continues : str, default=None
        Name of an earlier network of the study; it begins with what that one has learned. The
        estimator must have ``warm_start=True``.
    split : Split, default=None
        The images for this network; None are those of the study.

    Examples
    --------
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.studies import Network
    >>> Network("64 units", DenseDigitClassifier(64), seeds=3).n_fits()
    3
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

    Parameters
    ----------
    name : str
        Of the search.
    estimator : estimator
        A digit network, or a `ReducedDigitClassifier` of one.
    grid : dict or list of dict
        Values to try, as GridSearchCV takes them.
    label : callable
        Name of a candidate's row, from a dict of the parameters of its estimator.
    folds : int, default=None
        Folds of the training images. None trains each candidate once, and scores it on the
        validation images.
    refit : bool, default=False
        Whether to train the best candidate on all training images once more, as another row.
    published : dict of str to tuple of Published, default={}
        Runs by the name of their row; that of the refitted best is "best".

    Examples
    --------
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.studies import Search
    >>> def units(parameters):
    ...     return f"{parameters['hidden_layer_sizes']} units"
    >>> grid = {"hidden_layer_sizes": [32, 64]}
    >>> search = Search("widths", DenseDigitClassifier(), grid, units, folds=3, refit=True)
    >>> search.row_names(), search.n_fits()
    (['32 units', '64 units'], 7)
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

    By scikit-learn's validation_curve or learning_curve, both of which test on the test images.

    Parameters
    ----------
    name : str
        Of the curve.
    estimator : estimator
        A digit network, or a `ReducedDigitClassifier` of one.
    values : tuple
        Of the parameter, or numbers of training images.
    label : callable
        Name of a point's row, from a dict of the parameters of its estimator and of ``images``,
        their number.
    parameter : str, default=None
        Which parameter. None are numbers of training images.
    published : dict of str to tuple of Published, default={}
        Runs by the name of their row.
    seeds : int, default=1
        How often to draw the curve, each time of other images in another order.

    Examples
    --------
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.studies import Curve
    >>> def images(parameters):
    ...     return f"{parameters['images']:,} images"
    >>> Curve("sizes", DenseDigitClassifier(), (100, 1_000), images, seeds=3).row_names()
    ['100 images', '1,000 images']
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

    Parameters
    ----------
    name : str
        What the command and the files call it: letters, digits, - and _.
    title, question : str
        What it is about.
    experiments : tuple of Network, Search and Curve
        What is fitted.
    split : Split
        How MNIST is divided and scaled.
    minutes : float
        About what it takes on two cores.
    notes : tuple of str, default=()
        What is to be known of the results.
    pictures : callable, default=None
        Draws its networks for the report. It is called with a dict of the fitted estimators of the
        first seed, by the name of their row, and with a dict of samples and labels of "train",
        "validation" and "test", and yields pairs of a caption and a display or figure.

    Raises
    ------
    ValueError
        If names are not unique, or an experiment cannot be run.

    Examples
    --------
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.studies import Network, Split, Study
    >>> networks = tuple(Network(f"{n} units", DenseDigitClassifier(n)) for n in (16, 32))
    >>> study = Study("widths", "Widths", "Is wider better?", networks, Split(), minutes=1)
    >>> study.n_fits()
    2
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
        if self.pictures is not None and not callable(self.pictures):
            raise ValueError(
                f"pictures of study {self.name} must be callable; got {self.pictures!r}"
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
        if not all(isinstance(name, str) and name.strip() for name in rows):
            raise ValueError(
                f"rows of study {self.name} must have labels that are text; got {rows}"
            )
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
