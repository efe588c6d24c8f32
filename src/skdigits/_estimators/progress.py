"""Telling of every epoch: scikit-learn's callbacks, and one line of text if verbose."""


class Progress:
    """What is told of a fit while it runs.

    Parameters
    ----------
    estimator : estimator
        Whose fit it is.
    context : sklearn.callback.CallbackContext or None
        Of that fit; None tells no callbacks.
    data : dict
        X, y and metadata, as callbacks get them.
    """

    def __init__(self, estimator, context=None, **data):
        self._estimator = estimator
        self._context = context
        self._data = data

    def epoch_begins(self):
        """Tell that an epoch is about to begin."""
        if self._context:
            self._epoch = self._context.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def epoch_ends(self, number, n_epochs, seconds, measures, weights):
        """Tell of an epoch that ended; whether training is to stop.

        Parameters
        ----------
        number, n_epochs : int
            Of this epoch, counted from 1, and of all.
        seconds : float
            That it took.
        measures : dict
            Its loss and accuracy, and those of validation.
        weights : callable
            Returns the present weights.

        Returns
        -------
        stop : bool
            Whether a callback asks for it.
        """
        if self._estimator.verbose:
            values = "  ".join(f"{name} {value:.4f}" for name, value in measures.items())
            print(f"epoch {number}/{n_epochs}  {seconds:.2f} s  {values}", flush=True)
        return bool(
            self._context
            and self._epoch.call_on_fit_task_end(
                estimator=self._estimator,
                reconstruction_attributes=lambda: {"_weights": weights()},
                **self._data,
            )
        )
