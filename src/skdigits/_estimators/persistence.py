"""An estimator's state: changed as a whole or not at all, saved with its version."""

from contextlib import contextmanager

import skdigits

# Raised whenever an older skdigits could no longer use the state that this one saves.
STATE_FORMAT = 1


class VersionedState:
    """Mixin: pickled state carries the version of skdigits and the format of the state."""

    def __getstate__(self):
        return super().__getstate__() | {
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
        super().__setstate__(state)


@contextmanager
def all_or_nothing(estimator):
    """Undo every change of the estimator's attributes if fitting fails or is interrupted."""
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
