"""ONNX Runtime predicts the same as the classifiers that were converted."""

import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import skl2onnx
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdigits import (
    ConvDigitClassifier,
    DenseDigitClassifier,
    DigitImageNormalizer,
    ReducedDigitClassifier,
)
from skdigits._architecture import weights_by_layer
from skdigits._inference.forward import ACTIVATIONS
from skdigits.networks import conv_config
from skdigits.onnx import to_onnx

ARRAY = {"zipmap": False}
NAMES = np.sort(["zero", "eins", "două", "три", "四", "five", "six", "sept", "acht", "nine"])


def run(model, X):
    """Outputs of an ONNX model in ONNX Runtime."""
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"X": X})


def assert_same(model, X, *, dtype="float32"):
    """Compare the labels and probabilities of a model with those of ONNX Runtime."""
    X = X.astype(dtype)
    labels, probabilities = run(to_onnx(model, dtype=dtype, options=ARRAY), X)
    assert probabilities.dtype == dtype
    expected = model.predict_proba(X)
    assert 0.001 < expected.max(axis=1).min() < 0.9  # or a difference might not show
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(labels, model.predict(X))


def tiny():
    return DenseDigitClassifier((12, 8), epochs=3, batch_size=64, dropout=0.0, random_state=0)


@pytest.fixture(scope="module")
def dense(digits):
    """A fitted network of two hidden layers; do not modify it."""
    X, _, y, _ = digits
    return tiny().fit(X, y)


def with_classes(classifier, classes):
    """A copy of a fitted classifier with other labels in the same order."""
    classifier = copy.deepcopy(classifier)
    classifier.classes_ = np.asarray(classes)
    return classifier


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation, dtype, dense, digits):
    classifier = copy.deepcopy(dense)
    for layer in classifier.network_config_["layers"][:-1]:
        layer["activation"] = activation
    assert_same(classifier, digits[1], dtype=dtype)


def test_softmax_regression_without_scaling(digits, small):
    X, X_test, y, _ = digits
    assert_same(small((), standardize=False).fit(X, y), X_test)


@pytest.fixture(scope="module")
def fitted_conv(digits, tiny_conv):
    """A convolutional network fitted on images; do not modify it."""
    X, _, y, _ = digits
    return tiny_conv().fit(X.reshape(-1, 8, 8), y)


def with_random_network(classifier, *, image_shape=(8, 8), **parameters):
    """A copy of a fitted classifier with another network of random weights."""
    config = conv_config(image_shape, 10, **parameters)
    rng = np.random.default_rng(0)
    classifier = copy.copy(classifier)
    classifier.network_config_ = config
    classifier._weights = [
        (np.abs if name == "variance" else np.asarray)(rng.normal(0, 0.3, shape).astype("f"))
        for _, shapes in weights_by_layer(config)
        for name, shape in shapes.items()
    ]
    return classifier


@pytest.mark.parametrize("batch_normalization", [True, False])
@pytest.mark.parametrize(
    "parameters",
    [
        {"kernel_size": [(2, 3), 4], "pool_size": [3, (1, 2)], "padding": "same"},
        {"kernel_size": [(3, 2), 1], "pool_size": [(2, 3), 2], "padding": "valid"},
        {"activation": "tanh", "hidden_layer_sizes": (5, 4), "padding": "same"},
        {"image_shape": (4, 16), "pool_size": [3, None], "padding": "same"},
        {"image_shape": (16, 4), "kernel_size": 2, "dropout": 0.1},
    ],
    ids=["same", "valid", "no-pooling", "wide", "high"],
)
def test_convolutions(parameters, batch_normalization, fitted_conv, digits):
    parameters = {"filters": (3, 2), "batch_normalization": batch_normalization} | parameters
    classifier = with_random_network(fitted_conv, **parameters)
    assert_same(classifier, digits[1])
    assert_same(classifier, digits[1], dtype="float64")


def test_network_fitted_on_images_reads_rows_of_pixels(fitted_conv, digits):
    assert_same(fitted_conv, digits[1])


def forest():
    return SelectFromModel(
        RandomForestClassifier(10, random_state=0), threshold=-np.inf, max_features=20
    )


@pytest.fixture(
    scope="module",
    params=[
        lambda: make_pipeline(StandardScaler(), tiny()),
        lambda: make_pipeline(StandardScaler(), PCA(20), tiny()),
        lambda: make_pipeline(forest(), tiny()),
        lambda: ReducedDigitClassifier(PCA(20), tiny()),
        lambda: ReducedDigitClassifier(forest(), tiny()),
        lambda: make_pipeline(
            StandardScaler(), ReducedDigitClassifier(PCA(20, whiten=True), tiny())
        ),
        lambda: ReducedDigitClassifier(make_pipeline(StandardScaler(), PCA(20)), tiny()),
    ],
    ids=[
        "scaler",
        "scaler-pca",
        "forest",
        "reduced-pca",
        "reduced-forest",
        "reduced-in-pipeline",
        "pipeline-in-reduced",
    ],
)
def pipeline(request, digits):
    X, _, y, _ = digits
    return request.param().fit(X, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pipelines(pipeline, dtype, digits):
    assert_same(pipeline, digits[1], dtype=dtype)


def assert_same_with_zipmap(model, X, options):
    """Compare probabilities in dicts or columns; return the names of the outputs."""
    onnx_model = to_onnx(model, options=options)
    _, *outputs = run(onnx_model, X)
    if options == {"zipmap": "columns"}:
        found = np.transpose(outputs)
    else:
        (dicts,) = outputs
        assert [list(row) for row in dicts] == [model.classes_.tolist()] * len(X)
        found = [list(row.values()) for row in dicts]
    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-5)
    return [output.name for output in onnx_model.graph.output]


def test_pipelines_honour_zipmap(pipeline, digits):
    for options in (None, {"zipmap": "columns"}):
        assert_same_with_zipmap(pipeline, digits[1][:3], options)


def test_reduced_classifier_of_scikit_learn(digits):
    X, X_test, y, _ = digits
    model = ReducedDigitClassifier(PCA(20), LogisticRegression(C=1e-5)).fit(X, y)
    assert_same(model, X_test)


def test_estimators_around_a_classifier(digits):
    X, X_test, y, _ = digits
    search = GridSearchCV(tiny(), {"learning_rate": [0.01, 0.02]}, cv=2).fit(X, y)
    assert_same(search, X_test)
    others = [("reduced", ReducedDigitClassifier(PCA(20), tiny())), ("dense", tiny())]
    assert_same(VotingClassifier(others, voting="soft", flatten_transform=False).fit(X, y), X_test)


@pytest.mark.parametrize(
    "classes",
    [
        *(np.arange(10) - 5, np.arange(10, dtype=np.uint8), np.arange(10) + 2**40),
        *(np.arange(10.0), NAMES, NAMES.astype(object)),
    ],
    ids=["negative", "uint8", "large", "float", "str", "object"],
)
def test_labels(classes, dense, digits):
    classifier = with_classes(dense, classes)
    assert_same(classifier, digits[1])
    is_text = classes.dtype.kind in "OU"
    labels, dicts = run(to_onnx(classifier), digits[1][:3])
    assert labels.dtype == (object if is_text else np.int64)
    assert list(dicts[0]) == classes.tolist()


def test_two_classes(digits, small):
    X, X_test, y, _ = digits
    assert_same(small().fit(X, y > 4), X_test)


def test_zipmap(dense, digits):
    classifier = with_classes(dense, NAMES)
    for options, *names in (
        (None, "output_label", "output_probability"),
        ({"zipmap": True}, "output_label", "output_probability"),
        ({"zipmap": "columns"}, "output_label", *np.char.add("s", NAMES)),
    ):
        assert assert_same_with_zipmap(classifier, digits[1][:3], options) == names
    with pytest.raises(ValueError, match="Unexpected value"):
        to_onnx(classifier, options={"zipmap": "rows"})


def test_other_options_of_skl2onnx(dense, digits):
    X = digits[1][:3]
    classifier = with_classes(dense, NAMES)
    labels, _ = run(to_onnx(classifier, options=ARRAY | {"nocl": True}), X)
    assert labels.tolist() == classifier._layer_outputs(X).argmax(axis=1).tolist()
    *_, classes = run(to_onnx(classifier, options=ARRAY | {"output_class_labels": True}), X)
    assert classes.tolist() == NAMES.tolist()


def test_no_class_labels_of_reduced_classifier(digits):
    X, X_test, y, _ = digits
    reduced = ReducedDigitClassifier(PCA(20), tiny()).fit(X, NAMES[y])
    labels, _ = run(to_onnx(reduced, options=ARRAY | {"nocl": True}), X_test)
    assert reduced.classes_[labels].tolist() == reduced.predict(X_test).tolist()


@pytest.mark.parametrize("target_opset", [13, 18, 21])
def test_opset_is_stated(target_opset, fitted_conv, digits):
    onnx_model = to_onnx(fitted_conv, target_opset=target_opset, options=ARRAY)
    assert [(one.domain, one.version) for one in onnx_model.opset_import] == [("", target_opset)]
    probabilities = fitted_conv.predict_proba(digits[1])
    np.testing.assert_allclose(run(onnx_model, digits[1])[1], probabilities, atol=1e-5)


def test_default_opset(dense):
    assert to_onnx(dense, options=ARRAY) == to_onnx(dense, target_opset=18, options=ARRAY)


@pytest.mark.parametrize("n_samples", [0, 1, 7])
def test_any_number_of_samples(n_samples, fitted_conv):
    onnx_model = to_onnx(fitted_conv, options=ARRAY)
    [batch, n_features] = onnx_model.graph.input[0].type.tensor_type.shape.dim
    assert not batch.HasField("dim_value")
    assert n_features.dim_value == 64
    labels, probabilities = run(onnx_model, np.ones((n_samples, 64), np.float32))
    assert (labels.shape, probabilities.shape) == ((n_samples,), (n_samples, 10))


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_converters_are_registered_for_any_numbers(dtype, dense, fitted_conv, digits):
    """skl2onnx itself converts the networks, and takes the type of the input from samples."""
    X = digits[1].astype(dtype)
    for classifier in (dense, fitted_conv):
        onnx_model = skl2onnx.to_onnx(classifier, X[:1], target_opset=18, options=ARRAY)
        expected = classifier.predict_proba(X)
        np.testing.assert_allclose(run(onnx_model, X)[1], expected, atol=1e-5)


def test_errors_are_one_line(dense):
    reader = make_pipeline(DigitImageNormalizer(), dense)
    with pytest.raises(ValueError, match=r"^DigitImageNormalizer cannot be converted to ONNX; .*$"):
        to_onnx(reader)
    with pytest.raises(ValueError, match=r"^dtype must be float32 or float64; got uint8$"):
        to_onnx(dense, dtype=np.uint8)
    for unfitted in (tiny(), ConvDigitClassifier(), ReducedDigitClassifier()):
        with pytest.raises(NotFittedError):
            to_onnx(make_pipeline(StandardScaler(), unfitted))


def test_conversion_changes_nothing(dense):
    before = copy.deepcopy(vars(dense))
    to_onnx(dense)
    after = vars(dense)
    assert before.keys() == after.keys()
    np.testing.assert_equal(after["_weights"], before["_weights"])
    assert after["network_config_"] == before["network_config_"]
