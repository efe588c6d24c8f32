"""Private API of scikit-learn, joblib and Keras: every use of it, and why.

Everything else in skdigits imports these names from here, so that a new release of one of the
libraries can break this file only.
"""

# How joblib reports that a worker process was killed; its public API has no name for it.
from joblib.externals.loky.process_executor import TerminatedWorkerError

# Parameter validation: scikit-learn has no public way to declare and check parameters the way its
# own estimators do. Third-party packages use these names.
# Documented in scikit-learn's developer guide for callbacks, but private: fit must be decorated
# with it, so that callbacks are torn down after an error.
from sklearn.base import _fit_context as fit_context

# What scikit-learn's own meta-estimators raise for metadata that is passed without routing.
from sklearn.utils._metadata_requests import _raise_for_params as raise_for_params
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_params

# The blocks of which scikit-learn's HTML diagrams consist: only with them does a network look like
# the rest of a pipeline.
from sklearn.utils._repr_html.estimator import _VisualBlock as VisualBlock

# Checks of what validate_data does not cover: names of columns and number of features of
# validation samples, and sample weights.
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
    "fit_context",
    "keep_gradients_local",
    "raise_for_params",
    "silence_retracing_warning",
    "validate_params",
]


def keep_gradients_local(optimizer):
    """Let a Keras optimizer apply gradients as they are, without a reduction over replicas.

    With one replica there is nothing to reduce, and TensorFlow's way of doing it registers a
    gradient function that would keep the graph in memory for ever.
    """
    optimizer._all_reduce_sum_gradients = lambda gradients_and_variables: gradients_and_variables


def silence_retracing_warning(function):
    """Stop TensorFlow from warning that a function is traced again and again.

    It counts traces by source line, and would take several networks for a single one.
    """
    function._omit_frequent_tracing_warning = True
