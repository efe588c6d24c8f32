"""Features of the processor, and the oneDNN setting that suits them."""

import functools
import os
import sys
from pathlib import Path


@functools.cache
def processor_flags():
    """Return the instruction sets of the processor as Linux names them; empty if unknown."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        with cpuinfo.open() as lines:
            for line in lines:
                if line.startswith(("flags", "Features")):  # on x86 and on ARM
                    return frozenset(line.split())
    return frozenset()


def has_gpu():
    """Return whether TensorFlow computes on a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))


def has_fast_bfloat16():
    """Return whether the hardware is known to have bfloat16 arithmetic."""
    return not processor_flags().isdisjoint({"avx512_bf16", "amx_bf16", "bf16"}) or has_gpu()


def enable_onednn():
    """Let TensorFlow use oneDNN on any processor with AVX2, unless TF_ENABLE_ONEDNN_OPTS is set.

    By default, TensorFlow uses it only on newer processors, such as those with VNNI instructions.
    On others, it computes convolutions with Eigen, which takes 1.5 to 1.7 times as long. TensorFlow
    reads the variable when it is imported, which may be before the first fit.
    """
    if "tensorflow" not in sys.modules and "avx2" in processor_flags():
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
