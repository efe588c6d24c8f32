"""The summary of a fitted network, and its diagram in notebooks."""

import re

import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skdigits import DenseDigitClassifier, ReducedDigitClassifier


def test_summary_agrees_with_keras(deep_conv):
    table = deep_conv.summary()
    shapes = [
        layer.output.shape[1:]
        for layer in deep_conv.to_keras().layers
        if type(layer).__name__ in ("Reshape", "Activation", "Dense")
    ]
    assert [row.output_shape for row in table if not row.layer.startswith("dropout")] == shapes
    assert sum(row.n_parameters for row in table) == deep_conv.n_parameters_
    expected = "conv 3 x 3, max pool 2 x 2, batch norm, relu"
    assert [row.layer for row in table[1:3]] == [expected] * 2
    assert table[-1].layer == "dense, softmax"


def test_summary_prints_as_a_table_and_becomes_a_data_frame(small, digits):
    X, _, y, _ = digits
    table = small(16, epochs=1).fit(X, y).summary()
    assert str(table).splitlines() == [
        "layer           output_shape  n_parameters",
        "input                     64             0",
        "dense, relu               16         1,040",
        "dense, softmax            10           170",
    ]
    assert pd.DataFrame(table).n_parameters.tolist() == [0, 1040, 170]


def test_summary_needs_a_fitted_network():
    with pytest.raises(NotFittedError):
        DenseDigitClassifier().summary()


def captions(html):
    return re.findall(r'<div class="caption">(.*?)</div>', html)


def test_diagram_shows_the_network_and_its_training(small, digits):
    X, _, y, _ = digits
    classifier = small(16, epochs=2)
    assert not captions(classifier._repr_html_())
    seconds = classifier.fit(X, y).fit_time_
    layers = [
        "64",
        "16, 1,040 parameters",
        "10, 170 parameters",
        f"epochs: 2, last fit {seconds:.3g} s",
    ]
    assert captions(classifier._repr_html_()) == layers
    assert f"accuracy in the last epoch: {classifier.history_['accuracy'][-1]:.4f}" in (
        classifier._repr_html_()
    )
    validated = clone(classifier).fit(X, y, X_val=X, y_val=y)
    assert "val_loss in the last epoch" in validated._repr_html_()
    assert "best epoch: " in validated._repr_html_()
    html = validated.partial_fit(X, y)._repr_html_()
    assert "val_loss" not in html
    assert "best epoch: " not in html
    pipeline = make_pipeline(PCA(64), classifier).fit(X, y)
    assert captions(pipeline._repr_html_())[:3] == layers[:3]


def test_diagram_of_a_reduced_network_shows_what_was_fitted(small, digits):
    X, _, y, _ = digits
    reduced = ReducedDigitClassifier(PCA(8), small(16, epochs=1))
    assert not captions(reduced._repr_html_())
    html = reduced.fit(X, y)._repr_html_()
    assert [row.n_parameters for row in reduced.summary()] == [0, 144, 170]
    assert captions(html)[:2] == ["8", "16, 144 parameters"]
    assert html.index("PCA") < html.index("classifier_: DenseDigitClassifier")
