"""All uses of private APIs of scikit-learn, joblib, Keras and TensorFlow, with reasons.

The rest of skdigits imports these names from here, so a new release of one of the libraries can
break only this file.

`TerminatedWorkerError`
    joblib raises it when a worker process is killed; it has no public name.
`HasMethods`, `Interval`, `StrOptions`, `validate_params`, `fit_context`
    scikit-learn's estimators declare and check their parameters with them, and there is no public
    equivalent; `fit_context` also tears callbacks down after an error.
`open_listener`, `close_listener`, `send`
    How scikit-learn's callbacks send messages from worker processes; there is no public way.
`raise_for_params`
    Raises the error of scikit-learn's own meta-estimators for metadata passed while metadata
    routing is disabled.
`VisualBlock`
    The blocks of scikit-learn's HTML diagrams. Only with them does a network look like the rest of
    a pipeline. `_sk_visual_block_` is the method in which an estimator returns them.
`check_feature_names`, `check_n_features`, `check_sample_weight`
    Parts of `validate_data`, for validation samples, the input of a meta-estimator, and sample
    weights.

Besides these names, estimators implement scikit-learn's protocols for third-party estimators:
`_parameter_constraints`, `_validate_params`, `_init_callback_context`, `_n_features_out`,
`__sklearn_clone__` and `__sklearn_tags__`.
"""

from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.base import _fit_context as fit_context
from sklearn.callback._transport import close_listener, open_listener, send
from sklearn.utils._metadata_requests import _raise_for_params as raise_for_params
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_params
from sklearn.utils._repr_html.estimator import _VisualBlock as VisualBlock
from sklearn.utils.validation import _check_feature_names as check_feature_names
from sklearn.utils.validation import _check_n_features as check_n_features
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "TerminatedWorkerError",
    "VisualBlock",
    "check_feature_names",
    "check_n_features",
    "check_sample_weight",
    "close_listener",
    "excludes_from_weight_decay",
    "fit_context",
    "keep_gradients_local",
    "open_listener",
    "raise_for_params",
    "send",
    "silence_retracing_warning",
    "validate_params",
]


def excludes_from_weight_decay(optimizer):
    """Return whether ``exclude_from_weight_decay`` of a Keras optimizer was called.

    The exclusions are not part of its configuration.
    """
    return bool(
        getattr(optimizer, "_exclude_from_weight_decay", None)
        or getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    )


def keep_gradients_local(optimizer):
    """Make a Keras optimizer apply gradients without reducing them over replicas.

    With one replica there is nothing to reduce, and TensorFlow's way of doing it registers a
    gradient function that would keep the graph in memory forever.
    """
    optimizer._all_reduce_sum_gradients = lambda gradients_and_variables: gradients_and_variables


def silence_retracing_warning(function):
    """Silence TensorFlow's warning about frequent retracing of a function.

    TensorFlow counts traces by source line, and would mistake several networks for one.
    """
    function._omit_frequent_tracing_warning = True
