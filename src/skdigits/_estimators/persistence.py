"""State of an estimator, which is swapped in as a whole and saved as plain data with a version."""

from contextlib import contextmanager
from functools import wraps
from inspect import signature

from sklearn.utils.validation import check_is_fitted

import skdigits

# Increased when older versions of skdigits can no longer load the saved state.
STATE_FORMAT = 1


class VersionedState:
    """Mixin: pickled state carries the version of skdigits and the format of the state."""

    def __getstate__(self):
        state = plain_optimizer(super().__getstate__())
        return state | {
            "_skdigits_version": skdigits.__version__,
            "_skdigits_state_format": STATE_FORMAT,
        }

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_skdigits_version")
        state_format = state.pop("_skdigits_state_format")
        if state_format > STATE_FORMAT:
            raise ValueError(
                f"this {type(self).__name__} was saved by skdigits {version} in state format "
                f"{state_format}, which is newer than format {STATE_FORMAT} of the installed "
                f"skdigits {skdigits.__version__}; upgrade skdigits to load it"
            )
        # Parameters that did not exist in the version that saved it get their defaults.
        parameters = signature(type(self).__init__).parameters.values()
        defaults = {one.name: one.default for one in parameters if one.default is not one.empty}
        super().__setstate__(defaults | state)


def plain_optimizer(values):
    """Replace a Keras optimizer among parameters with its configuration, which is plain data."""
    optimizer = values.get("optimizer")
    if not hasattr(optimizer, "get_config") or isinstance(optimizer, type):
        return values
    from skdigits._training.optimizers import serialize  # imports Keras, as the optimizer did

    return values | {"optimizer": serialize(optimizer)}


def snapshot(estimator):
    """Return a view of an estimator's fitted state, which no later fit changes.

    It takes less than a microsecond: a fit replaces the dictionary of attributes instead of
    changing its fitted attributes; see `replace_on_success`.
    """
    view = object.__new__(type(estimator))
    view.__dict__ = vars(estimator)
    return view


def fitted_property(compute):
    """Make a property that raises an AttributeError with its name before `fit`."""

    @wraps(compute)
    def get(estimator):
        # NotFittedError is an AttributeError, so hasattr returns False.
        check_is_fitted(estimator, msg=f"%(name)s has no attribute {compute.__name__!r} before fit")
        return compute(estimator)

    return property(get)


@contextmanager
def replace_on_success(estimator):
    """Yield a copy to fit, whose learned attributes replace those of the estimator on success.

    A fit that fails changes nothing, and other threads see the estimator in the state before or
    after the fit.
    """
    before = vars(estimator).copy()
    fitted = object.__new__(type(estimator))
    fitted.__dict__ = before.copy()
    yield fitted
    missing = object()
    set_meanwhile = {  # for example by set_params in another thread
        name: value
        for name, value in vars(estimator).items()
        if before.get(name, missing) is not value
    }
    estimator.__dict__ = vars(fitted) | set_meanwhile
