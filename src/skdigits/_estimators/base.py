"""The scikit-learn contract of a digit network, once for every kind of network."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skdigits._architecture import named_weights
from skdigits._estimators import validation as _samples
from skdigits._estimators.diagram import blocks, layer_table
from skdigits._estimators.fitting import FitMixin
from skdigits._estimators.persistence import VersionedState
from skdigits._inference.forward import layer_outputs, log_softmax, softmax


class BaseDigitClassifier(VersionedState, FitMixin, ClassifierMixin, BaseEstimator):
    """Base of the digit networks: all of the contract but their structure."""

    def _check_X(self, X):
        # The checks of validate_data take longer than a small network: a plain array of the right
        # form is only looked at for what is not finite, as scikit-learn itself does it.
        learned = vars(self)
        if (
            type(X) is np.ndarray
            and "network_config_" in learned
            and "feature_names_in_" not in learned
            and X.dtype in _samples.INPUT_DTYPES
            and X.ndim == 2
            and len(X)
            and X.shape[1] == self.n_features_in_
            and (X.dtype == np.uint8 or _samples.sum_is_finite(X))
        ):
            return X
        check_is_fitted(self)
        X = self._as_rows(X)
        return validate_data(self, X, dtype=_samples.INPUT_DTYPES, reset=False)

    def _layer_outputs(self, X, depth=None):
        X = self._check_X(X)
        dtype = np.float64 if X.dtype == np.float64 else np.float32
        return layer_outputs(
            self.network_config_, self._weights, X, *self._scaling, depth=depth, dtype=dtype
        )

    def predict(self, X):
        """Predict the class of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        positions = self._layer_outputs(X).argmax(axis=1)
        return self.classes_[positions]

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; float64 for X of float64, else float32.
        """
        return softmax(self._layer_outputs(X))

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; finite also where the probability rounds to 0.
        """
        return log_softmax(self._layer_outputs(X))

    @property
    def coefs_(self):
        """Weights of each layer."""
        return self._named_weights("kernel")

    @property
    def intercepts_(self):
        """Biases of each layer; of one with batch normalization what it adds."""
        return self._named_weights("bias", "beta")

    def activations(self, X, layer=-1):
        """Compute what a hidden layer makes of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.
        layer : int, default=-1
            Position of the hidden layer, from 0; negative ones count from the last.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_units)
            Outputs of its units, behind the activation function; of a convolution
            (n_samples, height, width, n_filters), behind pooling and normalization too.

        Raises
        ------
        ValueError
            If there is no such hidden layer, or none at all.
        """
        check_is_fitted(self)
        n_hidden = len(self.coefs_) - 1
        if not n_hidden:
            raise ValueError("this network has no hidden layers, of which there are activations")
        is_position = isinstance(layer, Integral) and not isinstance(layer, bool)
        if not (is_position and -n_hidden <= layer < n_hidden):
            raise ValueError(
                f"layer must be the position of one of the {n_hidden} hidden layers, from 0 to "
                f"{n_hidden - 1} or negative from the last; got {layer!r}"
            )
        return self._layer_outputs(X, depth=layer % n_hidden + 1)

    def _named_weights(self, *names):
        return [
            array
            for _, arrays in named_weights(self.network_config_, self._weights)
            for name, array in arrays.items()
            if name in names
        ]

    def summary(self):
        """Tell the layers of the network.

        Returns
        -------
        summary : DataFrame
            A row for the input and for each layer: ``layer`` in words, ``output_shape`` of one
            sample, and ``n_parameters``, the number of its trained weights.
        """
        check_is_fitted(self)
        return layer_table(self.network_config_)

    def _sk_visual_block_(self):
        # scikit-learn's diagram falls back to a plain block before the network is fitted.
        check_is_fitted(self)
        return blocks(self)

    def to_keras(self):
        """Build a live Keras network with these weights.

        Returns
        -------
        network : keras.Sequential
            Takes rows of features as `predict_proba` does and returns the same probabilities. It
            is a copy: training it leaves the classifier as it is.
        """
        check_is_fitted(self)
        from skdigits.networks import build_network

        shift, scale = self._scaling
        network = build_network(self.network_config_, scale=scale, offset=-shift * scale)
        network.set_weights(self._weights)
        return network
