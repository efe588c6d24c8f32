"""Progress of a fit: scikit-learn's callbacks, and a line of text per epoch if verbose."""

from skdigits._estimators.fitting import fitted_attributes


class Progress:
    """Reports the epochs of a fit while it runs.

    Parameters
    ----------
    estimator : estimator
        The estimator being fitted, as passed to callbacks.
    fitted : estimator
        The copy that receives the fitted attributes.
    context : sklearn.callback.CallbackContext, default=None
        Context of that fit; if None, no callbacks are called.
    data : dict
        X, y and metadata, as callbacks receive them.
    """

    def __init__(self, estimator, fitted, context=None, **data):
        self._estimator = estimator
        self._fitted = fitted
        self._context = context
        self._data = data
        self._epoch = None

    def begin_epoch(self):
        """Report that an epoch is about to begin."""
        if self._context:
            self._epoch = self._context.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def abort_epoch(self):
        """Report the end of an epoch in which training diverged."""
        if self._context:
            self._epoch.call_on_fit_task_end(estimator=self._estimator, **self._data)

    def end_epoch(self, state, number, n_epochs):
        """Report the end of an epoch; return whether to stop.

        Parameters
        ----------
        state : TrainingState
            State after the epoch.
        number, n_epochs : int
            Number of this epoch, counted from 1 in this fit, and total number of epochs.

        Returns
        -------
        stop : bool
            Whether a callback asks to stop.
        """
        if self._estimator.verbose:
            values = "  ".join(f"{name} {value:.4g}" for name, value in state.metrics.items())
            seconds = state.epoch_times[-1]
            print(f"epoch {number}/{n_epochs}  {seconds:.2f} s  {values}", flush=True)
        return bool(
            self._context
            and self._epoch.call_on_fit_task_end(
                estimator=self._estimator,
                reconstruction_attributes=lambda: vars(self._fitted) | fitted_attributes(state),
                **self._data,
            )
        )
