"""Features of the processor, and the forms of convolution and pooling that are fast on it.

Every form computes the same network. The processor decides, never a timing, so that the same
machine and seed give the same bits.
"""

import functools
from pathlib import Path


@functools.cache
def processor_flags():
    """Return the instruction sets of the processor as Linux names them; empty if unknown."""
    cpuinfo = Path("/proc/cpuinfo")
    return frozenset(cpuinfo.read_text().split() if cpuinfo.exists() else ())


def has_gpu():
    """Return whether TensorFlow computes on a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))


def has_fast_bfloat16():
    """Return whether the hardware is known to have bfloat16 arithmetic."""
    return not processor_flags().isdisjoint({"avx512_bf16", "amx_bf16", "bf16"}) or has_gpu()


def fastest_forms():
    """Return the forms of convolution and pooling that are fastest on this processor.

    Returns
    -------
    forms : {"fused", "rewritten", "native"}
        "fused" on a GPU, where XLA compiles them together with the loop; "rewritten" on a processor
        with AVX2 but without AVX-512, where some of TensorFlow's own forms are slow; "native",
        TensorFlow's own forms, everywhere else.
    """
    if has_gpu():
        return "fused"
    flags = processor_flags()
    return "rewritten" if "avx2" in flags and "avx512f" not in flags else "native"
