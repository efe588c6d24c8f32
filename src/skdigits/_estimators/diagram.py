"""Descriptions of a network: the table of its layers, and scikit-learn's diagram."""

import math
from typing import NamedTuple

from skdigits._architecture import input_shape, n_trainable, output_shapes, weights_by_layer
from skdigits._compat import VisualBlock
from skdigits._images.shapes import format_shape


class Layer(NamedTuple):
    """A row of the table of layers."""

    layer: str
    output_shape: tuple
    n_parameters: int


class LayerTable(list):
    """A list of layers that prints as a table."""

    def __repr__(self):
        rows = [(layer, format_shape(shape), f"{count:,}") for layer, shape, count in self]
        rows.insert(0, Layer._fields)
        first, second, third = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(
            f"{layer:<{first}}  {shape:>{second}}  {count:>{third}}" for layer, shape, count in rows
        )


def layer_table(config):
    """List the layers of a network.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.

    Returns
    -------
    table : LayerTable
        The input and each layer.
    """
    layers = weights_by_layer(config)
    return LayerTable(
        map(
            Layer,
            ["input", *(_describe(layer) for layer, _ in layers)],
            [input_shape(config), *output_shapes(config)],
            [0, *(n_trainable(shapes) for _, shapes in layers)],
        )
    )


def _describe(layer):
    if layer["kind"] == "dropout":
        return f"dropout {layer['rate']:g}"
    if layer["kind"] == "dense":
        return f"dense, {layer['activation']}"
    parts = [f"conv {format_shape(layer['kernel_size'])}"]
    if layer["pool_size"] != [1, 1]:
        parts.append(f"max pool {format_shape(layer['pool_size'])}")
    if layer["batch_normalization"]:
        parts.append("batch norm")
    return ", ".join([*parts, layer["activation"]])


def network_blocks(classifier):
    """Draw a fitted network as blocks of scikit-learn's HTML diagram."""
    config = classifier.network_config_
    table = layer_table(config)
    weights = [{}, *(shapes for _, shapes in weights_by_layer(config))]
    layers = [
        VisualBlock(
            "single",
            None,
            names=row.layer,
            name_caption=format_shape(row.output_shape)
            + (f", {row.n_parameters:,} parameters" if row.n_parameters else ""),
            name_details="\n".join(
                f"{name}: {format_shape(shape)}" for name, shape in shapes.items()
            ),
        )
        for row, shapes in zip(table, weights, strict=True)
    ]
    last = {name: values[-1] for name, values in classifier.history_.items()}
    outcome = VisualBlock(
        "single",
        None,
        names="training",
        name_caption=f"epochs: {classifier.n_iter_}, last fit {classifier.fit_time_:.3g} s",
        name_details="\n".join(
            f"{name} in the last epoch: {value:.4g}"
            for name, value in last.items()
            if not math.isnan(value)  # partial_fit does not validate
        )
        + (f"\nbest epoch: {classifier.best_epoch_}" if _was_validated(classifier) else ""),
    )
    return VisualBlock("serial", [*layers, outcome], names=[None] * (len(layers) + 1))


def _was_validated(classifier):
    """Return whether validation determined the best epoch."""
    losses = classifier.history_.get("val_loss")
    return losses is not None and not math.isnan(losses[classifier.best_epoch_ - 1])
