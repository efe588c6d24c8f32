"""Every form of every stage of convolutional networks, timed, and their share of a training step.

The forms of a stage alternate; the times are medians. A choice of
`skdigits._training.cpu.fastest_forms` is wrong for this processor if the other forms are faster in
the sum over a network. The last table compares a whole training step with its convolutions alone,
in the faster form of each.

    python benchmarks/bench_stages.py [--turns 5] [--precision mixed_bfloat16]
"""

import argparse
import time
from statistics import median

import numpy as np
import tensorflow as tf
from bench_conv import BATCH, NETWORKS, skdigits_classifier
from common import mnist_unit, table, write_json

from skdigits._architecture import MOVING, weights_by_layer
from skdigits._compat import silence_retracing_warning
from skdigits._training.conv_stages import conv_stages, extract_patches
from skdigits._training.cpu import fastest_forms

FORMS = ("native", "rewritten")
CALLS = 20  # per turn and form
N_IMAGES = 5_000
N_EPOCHS = 5


def stage_names(config):
    """Name the stages in the order of `conv_stages`; the first one includes preparing the input."""
    names = []
    for number, layer in enumerate(config["layers"], start=1):
        if layer["kind"] == "convolution":
            names.append(f"{number} convolution")
            if layer["pool_size"] != [1, 1]:
                names.append(f"{number} pooling")
            names.append(f"{number} activation")
    return names


def compiled(function):
    function = tf.function(function, jit_compile=True, autograph=False)
    silence_retracing_warning(function)
    return function


def stage_calls(config, forms, dtype):
    """Build a function for the forward and the backward pass of each stage, on random values."""
    rng = np.random.default_rng(0)
    weights = [
        tf.constant(rng.normal(0, 0.1, shape).astype(np.float32))
        for _, shapes in weights_by_layer(config)
        for name, shape in shapes.items()
        if name not in MOVING
    ]
    images = tf.constant(rng.uniform(size=(BATCH, 28, 28, 1)).astype(np.float32))
    weight = tf.ones(BATCH)
    first_layer = config["layers"][0]

    def prepare(x):
        return tf.cast(x if forms == "native" else extract_patches(x, first_layer), dtype)

    calls, x = [], compiled(prepare)(images)
    for number, (forward, backward, n_parameters) in enumerate(
        conv_stages(config, compiled, forms=forms, dtype=dtype)
    ):
        parameters, weights = weights[:n_parameters], weights[n_parameters:]
        output, _ = forward(x, parameters, weight)
        gradient = tf.cast(tf.random.stateless_normal(output.shape, (0, 0)), output.dtype)

        def run_forward(x=images if number == 0 else x, n=number, f=forward, p=parameters):
            return f(compiled(prepare)(x) if n == 0 else x, p, weight)[0]

        def run_backward(x=x, n=number, b=backward, p=parameters, g=gradient):
            x_gradient, gradients = b(x, p, weight, g)
            return gradients if n == 0 else (x_gradient, gradients)

        calls.append([tf.function(run, autograph=False) for run in (run_forward, run_backward)])
        x = output
    return calls


def milliseconds(call):
    start = time.perf_counter()
    for _ in range(CALLS):
        result = call()
    tf.nest.map_structure(lambda tensor: tensor.numpy(), result)
    return (time.perf_counter() - start) / CALLS * 1e3


def compare_forms(name, config, dtype, turns):
    """Return a row per stage: milliseconds of both passes in every form."""
    calls = {forms: stage_calls(config, forms, dtype) for forms in FORMS}
    rows = []
    for number, stage in enumerate(stage_names(config)):
        times = {(forms, step): [] for step in (0, 1) for forms in FORMS}
        for forms, step in times:
            milliseconds(calls[forms][number][step])  # compiles
        for _ in range(turns):
            for (forms, step), measured in times.items():
                measured.append(milliseconds(calls[forms][number][step]))
        row = {"network": name, "stage": stage}
        for forms, step in times:
            row[f"{forms} {('forward', 'backward')[step]}"] = median(times[forms, step])
        rows.append(row)
    return rows


def sums(rows):
    """Milliseconds of a batch in every form, and of its convolutions alone, each at its fastest."""
    keys = [key for key in rows[0] if key not in ("network", "stage")]
    total = {
        forms: sum(row[key] for row in rows for key in keys if key.startswith(forms))
        for forms in FORMS
    }
    convolutions = sum(
        min(row[f"{forms} {step}"] for forms in FORMS)
        for row in rows
        if row["stage"].endswith("convolution")
        for step in ("forward", "backward")
    )
    return {
        "network": rows[0]["network"],
        **total,
        "chosen": fastest_forms(),
        "convolutions": convolutions,
    }


def fitted(name, precision):
    X, y, *_ = mnist_unit()
    classifier = skdigits_classifier(NETWORKS[name], precision).set_params(epochs=N_EPOCHS)
    return classifier.fit(X[:N_IMAGES], y[:N_IMAGES])


def step_milliseconds(classifier):
    """Milliseconds per training step, without the first epoch, which compiles."""
    return median(classifier.epoch_times_[1:]) / -(-N_IMAGES // BATCH) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--precision", default="float32", choices=["float32", "mixed_bfloat16"])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    options = parser.parse_args()
    dtype = tf.float32 if options.precision == "float32" else tf.bfloat16
    stages, networks = [], []
    for name in options.networks:
        classifier = fitted(name, options.precision)
        step = step_milliseconds(classifier)
        rows = compare_forms(name, classifier.network_config_, dtype, options.turns)
        total = sums(rows)
        stages += rows
        networks.append({**total, "step": step, "share": total["convolutions"] / step})
    print(f"milliseconds per batch of {BATCH}, {options.precision}\n")
    for rows in (stages, networks):
        shown = [
            {key: f"{v:.2f}" if isinstance(v, float) else v for key, v in row.items()}
            for row in rows
        ]
        table(shown, list(shown[0]))
        print()
    suffix = "" if options.precision == "float32" else "-bfloat16"
    write_json(f"stages{suffix}", {"stages": stages, "networks": networks})


if __name__ == "__main__":
    main()
