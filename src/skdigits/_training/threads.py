"""Limit TensorFlow's number of threads, for example in the workers of a parallel search."""

import os

import tensorflow as tf

from skdigits._utils import allowed_threads


def limit_threads():
    """Limit TensorFlow to as many threads as ``OMP_NUM_THREADS`` allows.

    Other libraries respect this variable, but TensorFlow does not, so that each worker of a
    parallel search would use all cores. TensorFlow's own variable ``TF_NUM_INTRAOP_THREADS`` takes
    precedence; without either variable, or once TensorFlow has started to compute, nothing changes.
    """
    n_threads = allowed_threads()
    if n_threads is None or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(n_threads)
    except RuntimeError:  # TensorFlow has started to compute
        pass
