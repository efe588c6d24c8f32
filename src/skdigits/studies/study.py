"""A study: a question and the experiments that answer it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from skdigits.studies.data import Split
from skdigits.studies.spec import Curve, Network, Search


@dataclass(frozen=True)
class Study:
    """A question, the experiments that answer it, and notes on the results.

    Parameters
    ----------
    name : str
        Name on the command line and in file names: letters, digits, - and _.
    title, question : str
        Heading and question in the report.
    experiments : tuple of Network, Search and Curve
        Experiments to run.
    split : Split
        Split and scale of MNIST.
    minutes : float
        Approximate duration on two cores.
    notes : tuple of str, default=()
        Notes on the results.
    plots : callable, default=None
        Plots the networks for the report. It is called with two dicts (the fitted estimators of the
        first seed, by row name; and the images and labels of "train", "validation" and "test") and
        yields triples: the name of a network, a caption, and a display or figure. The report shows
        the plots of a network together.

    Raises
    ------
    ValueError
        If names are not unique, or the experiments do not fit together.

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
    plots: Callable[[dict, dict], Iterable[tuple[str, str, object]]] | None = None

    def __post_init__(self):
        if not re.fullmatch(r"[\w-]+", self.name):
            raise ValueError(
                f"name of a study must consist of letters, digits, - and _; got {self.name!r}"
            )
        if self.plots is not None and not callable(self.plots):
            raise ValueError(f"plots of study {self.name} must be callable; got {self.plots!r}")
        is_tuple = isinstance(self.experiments, tuple) and self.experiments
        kinds = Network | Search | Curve
        if not is_tuple or not all(isinstance(one, kinds) for one in self.experiments):
            raise ValueError(
                f"experiments of study {self.name} must be a non-empty tuple of Network, Search "
                f"and Curve; got {self.experiments!r}"
            )
        self._check_unique("experiments", [one.name for one in self.experiments])
        self._check_unique("rows", [name for one in self.experiments for name in one.row_names()])
        self._check_chains()
        for experiment in self.experiments:
            experiment.check_split(self.split)

    def _check_unique(self, kind, names):
        duplicates = [name for name in names if names.count(name) > 1]
        if duplicates:
            raise ValueError(
                f"{kind} of study {self.name} must have unique names; got {duplicates[0]!r} twice"
            )

    def _check_chains(self):
        """Check that networks only continue earlier ones, and that no two continue the same one."""
        available = set()
        for network in self.experiments:
            if not isinstance(network, Network):
                continue
            if network.continues and network.continues not in available:
                raise ValueError(
                    f"continues of Network {network.name!r} must name an earlier network that no "
                    f"other one continues; got {network.continues!r}"
                )
            available.discard(network.continues)
            available.add(network.name)

    def n_fits(self, seeds=None):
        """Return the number of fits; `seeds` replaces every declared number of seeds."""
        return sum(experiment.n_fits(seeds) for experiment in self.experiments)
