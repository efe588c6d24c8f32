"""TensorFlow's number of threads, from what the workers of parallel searches are given."""

import os

import tensorflow as tf

from skdigits._utils import allowed_threads


def keep_thread_budget():
    """Let TensorFlow use as many threads as OMP_NUM_THREADS allows.

    joblib's loky and Dask give each of their worker processes its share of the cores in this
    variable, and threadpools of other libraries keep to it. TensorFlow does not, so that each
    worker would use all cores. Its own variable TF_NUM_INTRAOP_THREADS goes first; in a process
    where TensorFlow is at work already, or without the variable, nothing changes.
    """
    n_threads = allowed_threads()
    if n_threads is None or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(n_threads)
    except RuntimeError:  # TensorFlow has begun to work
        pass
