"""Capabilities of the processor."""

from pathlib import Path

import tensorflow as tf


def has_gpu():
    """Whether TensorFlow computes on a GPU."""
    return bool(tf.config.list_logical_devices("GPU"))


def has_fast_bfloat16():
    """Whether the hardware has bfloat16 arithmetic; True if unknown."""
    cpuinfo = Path("/proc/cpuinfo")
    if has_gpu() or not cpuinfo.exists():
        return True
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(cpuinfo.read_text().split())
