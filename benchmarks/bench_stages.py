"""Time of the stages of convolutional networks with and without oneDNN; share of convolutions.

TensorFlow computes convolutions and pooling with oneDNN or with Eigen. skdigits enables oneDNN on
processors with AVX2 (`skdigits._training.cpu`). That is the wrong choice for a processor on which
Eigen is faster over a whole network. Each run has its own process, oneDNN and Eigen alternate, and
the results are medians. The last table compares a training step with its convolutions alone.

    python benchmarks/bench_stages.py [--repetitions 3] [--precision mixed_bfloat16]
"""

import argparse
import json
import time
from statistics import median

import numpy as np
from bench_conv import BATCH, NETWORKS, skdigits_classifier
from common import in_new_process, mnist_unit, table, write_json

from skdigits._architecture import MOVING, weights_by_layer

LIBRARIES = {"oneDNN": "1", "Eigen": "0"}  # values of TF_ENABLE_ONEDNN_OPTS
CALLS = 20  # per measurement
MEASUREMENTS = 5  # per process
N_IMAGES = 5_000
N_EPOCHS = 5


def stage_names(config):
    """Name the stages in the order of `conv_stages`; preparing the input is not one of them."""
    names = []
    for number, layer in enumerate(config["layers"], start=1):
        if layer["kind"] == "convolution":
            names.append(f"{number} convolution")
            if layer["pool_size"] != [1, 1]:
                names.append(f"{number} pooling")
            names.append(f"{number} activation")
    return names


def stage_calls(config, dtype):
    """Build two functions per stage, for the forward and the backward pass on random values."""
    import tensorflow as tf

    from skdigits._compat import silence_retracing_warning
    from skdigits._training.conv_stages import conv_stages

    def compiled(function):
        function = tf.function(function, jit_compile=True, autograph=False)
        silence_retracing_warning(function)
        return function

    rng = np.random.default_rng(0)
    weights = [
        tf.constant(rng.normal(0, 0.1, shape).astype(np.float32))
        for _, shapes in weights_by_layer(config)
        for name, shape in shapes.items()
        if name not in MOVING
    ]
    x = tf.cast(rng.uniform(size=(BATCH, 28, 28, 1)), dtype)
    weight = tf.ones(BATCH)
    calls = []
    for forward, backward, n_parameters in conv_stages(config, compiled, dtype):
        parameters, weights = weights[:n_parameters], weights[n_parameters:]
        output, _ = forward(x, parameters, weight)
        gradient = tf.cast(tf.random.stateless_normal(output.shape, (0, 0)), output.dtype)
        is_first = not calls

        def run_forward(x=x, f=forward, p=parameters):
            return f(x, p, weight)[0]

        def run_backward(x=x, b=backward, p=parameters, g=gradient, is_first=is_first):
            x_gradient, gradients = b(x, p, weight, g)
            return gradients if is_first else (x_gradient, gradients)

        calls.append([tf.function(run, autograph=False) for run in (run_forward, run_backward)])
        x = output
    return calls


def milliseconds(call):
    """Return the median milliseconds of a call, after calls that compile it."""
    import tensorflow as tf

    def measure():
        start = time.perf_counter()
        for _ in range(CALLS):
            result = call()
        tf.nest.map_structure(lambda tensor: tensor.numpy(), result)
        return (time.perf_counter() - start) / CALLS * 1e3

    measure()
    return median(measure() for _ in range(MEASUREMENTS))


def run(name, precision):
    """Return the milliseconds of a training step and of both passes of each stage."""
    X, y, *_ = mnist_unit()
    classifier = skdigits_classifier(NETWORKS[name], precision).set_params(epochs=N_EPOCHS)
    classifier.fit(X[:N_IMAGES], y[:N_IMAGES])
    step = median(classifier.epoch_times_[1:]) / -(-N_IMAGES // BATCH) * 1e3
    config = classifier.network_config_
    dtype = "float32" if precision == "float32" else "bfloat16"
    stages = {
        stage: [milliseconds(call) for call in calls]
        for stage, calls in zip(stage_names(config), stage_calls(config, dtype), strict=True)
    }
    return {"step": step, "stages": stages}


def compare(name, precision, repetitions):
    """Return a row per stage, and the row of the whole network."""
    runs = {library: [] for library in LIBRARIES}
    for _ in range(repetitions):
        for library, value in LIBRARIES.items():
            arguments = (__file__, "--run", name, precision)
            runs[library].append(in_new_process(*arguments, TF_ENABLE_ONEDNN_OPTS=value))
    rows = []
    for stage in runs["oneDNN"][0]["stages"]:
        row = {"network": name, "stage": stage}
        for library in LIBRARIES:
            for number, step in enumerate(("forward", "backward")):
                times = [one["stages"][stage][number] for one in runs[library]]
                row[f"{library} {step}"] = median(times)
        rows.append(row)
    network = {"network": name}
    for library in LIBRARIES:
        convolutions = sum(
            row[f"{library} forward"] + row[f"{library} backward"]
            for row in rows
            if row["stage"].endswith("convolution")
        )
        step = median(one["step"] for one in runs[library])
        network |= {f"{library} step": step, f"{library} convolutions": convolutions}
    network["share"] = network["oneDNN convolutions"] / network["oneDNN step"]
    return rows, network


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--precision", default="float32", choices=["float32", "mixed_bfloat16"])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run(*options.run)))
        return
    stages, networks = [], []
    for name in options.networks:
        rows, network = compare(name, options.precision, options.repetitions)
        stages += rows
        networks.append(network)
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
