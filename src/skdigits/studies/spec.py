"""Experiments of a study: networks, searches and curves, and their published results."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sklearn.base import ClassifierMixin, is_classifier
from sklearn.model_selection import ParameterGrid

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits._utils import is_int
from skdigits.studies.data import Split


@dataclass(frozen=True)
class Published:
    """Published results of one run of a network; None for values that were not published.

    Parameters
    ----------
    name : str
        Name of the run.
    parameters : int, default=None
        Number of trainable parameters.
    epochs : int, default=None
        Number of epochs.
    test_accuracy, validation_accuracy, train_accuracy : float, default=None
        Accuracies, from 0 to 1.
    test_loss : float, default=None
        Mean cross-entropy on the test images, in nats.
    seconds : float, default=None
        Training time.

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
    """One network of a study.

    Parameters
    ----------
    name : str
        Name of the network and of its row.
    estimator : estimator
        A digit classifier, or a `ReducedDigitClassifier` of one. Each fit sets its
        ``random_state`` to the seed.
    published : tuple of Published, default=()
        Published runs of the network.
    seeds : int, default=1
        Number of fits, with the seeds 0, 1 and so on.
    continues : str, default=None
        Name of an earlier network of the study to continue training from. Requires
        ``warm_start=True``.
    split : Split, default=None
        Images of this network; None uses those of the study.

    Raises
    ------
    ValueError
        If a parameter is invalid.

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

    def __post_init__(self):
        _check_name(self, self.name)
        _check_estimator(self)
        if self.continues and not self.estimator.get_params().get("warm_start"):
            raise ValueError(
                f"estimator of Network {self.name!r} must have warm_start=True, as it "
                f"continues {self.continues!r}; got warm_start=False"
            )

    def n_fits(self, seeds=None):
        """Return the number of fits; `seeds` replaces the declared number of seeds."""
        return seeds or self.seeds

    def row_names(self):
        """Return the names of its rows."""
        return [self.name]

    def check_split(self, split):
        """Accept any split of the study."""


@dataclass(frozen=True)
class Search:
    """A grid search over the parameters of a network, with GridSearchCV.

    Parameters
    ----------
    name : str
        Name of the search.
    estimator : estimator
        A digit classifier, or a `ReducedDigitClassifier` of one.
    grid : dict or list of dict
        Parameter grid of GridSearchCV.
    label : callable
        Returns the name of a candidate's row, given a dict of its estimator's parameters.
    folds : int, default=None
        Number of cross-validation folds of the training images. If None, each candidate is fitted
        once and scored on the validation images.
    refit : bool, default=False
        Whether to refit the best candidate on all training images, as another row.
    published : dict of str to tuple of Published, default={}
        Published runs by row name; the key "best" stands for the refitted candidate.

    Raises
    ------
    ValueError
        If a parameter is invalid.

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

    def __post_init__(self):
        _check_name(self, self.name)
        _check_estimator(self)
        if self.refit and self.folds is None:
            raise ValueError(
                f"refit of Search {self.name!r} must be False without folds; got {self.refit!r}"
            )
        self.row_names()

    def n_fits(self, seeds=None):
        """Return the number of fits; `seeds` is ignored, as a search has one seed."""
        return len(ParameterGrid(self.grid)) * (self.folds or 1) + self.refit

    def row_names(self):
        """Return the names of its rows, except that of the refitted best candidate."""
        return [_row_name(self, candidate) for candidate in ParameterGrid(self.grid)]

    def check_split(self, split):
        """Require the test and validation images that the search scores on."""
        _check_has_test_images(self, split)
        if self.folds is None and not split.n_validation:
            raise ValueError(
                f"split must have validation images, as Search {self.name!r} has no folds; got "
                f"{split!r}"
            )


@dataclass(frozen=True)
class Curve:
    """Test accuracy of a network over the values of a parameter or over the training set size.

    The fits are those of scikit-learn's validation_curve and learning_curve.

    Parameters
    ----------
    name : str
        Name of the curve.
    estimator : estimator
        A digit classifier, a `ReducedDigitClassifier` of one, or any other classifier to compare.
    values : tuple
        Values of the parameter, or numbers of training images.
    label : callable
        Returns the name of a point's row, given a dict of its estimator's parameters and
        ``images``, the number of training images.
    parameter : str, default=None
        Parameter to vary; None varies the number of training images.
    published : dict of str to tuple of Published, default={}
        Published runs by row name.
    seeds : int or tuple of int, default=1
        Number of repetitions: an int that applies to every value, or a tuple with an int for each.
        Every repetition draws and orders the training images at random.

    Raises
    ------
    ValueError
        If a parameter is invalid.

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
    seeds: int | tuple[int, ...] = 1

    def __post_init__(self):
        _check_name(self, self.name)
        if not is_classifier(self.estimator):
            raise ValueError(
                f"estimator of Curve {self.name!r} must be a classifier; got {self.estimator!r}"
            )
        each = self._seeds_of_each()
        if len(each) != len(self.values) or not all(is_int(n) and n >= 1 for n in each):
            raise ValueError(
                f"seeds of Curve {self.name!r} must be a positive int, or one for each of the "
                f"{len(self.values)} values; got {self.seeds}"
            )
        self.row_names()

    def n_fits(self, seeds=None):
        """Return the number of fits; `seeds` replaces the declared number of seeds."""
        return seeds * len(self.values) if seeds else sum(self._seeds_of_each())

    def values_of(self, seed, seeds=None):
        """Return the values to fit with a seed; `seeds` replaces the declared number of seeds."""
        each = [seeds] * len(self.values) if seeds else self._seeds_of_each()
        return tuple(value for value, n in zip(self.values, each, strict=True) if seed < n)

    def _seeds_of_each(self):
        return [self.seeds] * len(self.values) if is_int(self.seeds) else list(self.seeds)

    def row_names(self):
        """Return the names of its rows."""
        return [_row_name(self, {self.parameter or "images": value}) for value in self.values]

    def check_split(self, split):
        """Require the test images that the curve scores on."""
        _check_has_test_images(self, split)


def _check_name(experiment, name):
    if not (isinstance(name, str) and name.strip()):
        kind = type(experiment).__name__
        raise ValueError(f"row names of {kind} {experiment.name!r} must be text; got {name!r}")


def _check_estimator(experiment):
    classifier = getattr(experiment.estimator, "classifier", experiment.estimator)
    if not isinstance(classifier, DenseDigitClassifier | ConvDigitClassifier | None):
        raise ValueError(
            f"estimator of {type(experiment).__name__} {experiment.name!r} must be a digit "
            f"classifier or a ReducedDigitClassifier of one; got {experiment.estimator!r}"
        )


def _check_has_test_images(experiment, split):
    if split.everything:
        raise ValueError(
            f"split must have test images, as {type(experiment).__name__} {experiment.name!r} "
            f"scores on them; got {split!r}"
        )


def _row_name(experiment, parameters):
    known = {"images": 0} | experiment.estimator.get_params() | parameters
    try:
        name = experiment.label(known)
    except KeyError as error:
        raise ValueError(
            f"label of {type(experiment).__name__} {experiment.name!r} may only use the parameters "
            f"{', '.join(known)}; got {error}"
        ) from error
    _check_name(experiment, name)
    return name
