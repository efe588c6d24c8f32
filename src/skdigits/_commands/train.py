"""`skdigits train`: train a classifier, test it and save it."""

import argparse
import ast
from difflib import get_close_matches

import numpy as np
from sklearn.model_selection import train_test_split

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier
from skdigits._commands.data import KINDS, Samples, add_label_option, read_data
from skdigits._commands.errors import CommandError, first_line
from skdigits._commands.model_file import check_labels, check_pixels, check_writable, save_model


def add_parser(commands):
    """Add the command to a parser."""
    parser = commands.add_parser("train", help="train a classifier and save it")
    parser.add_argument("data", metavar="DATA", help=f"training samples: {KINDS}")
    parser.add_argument(
        "--model",
        choices=MODELS,
        default="dense",
        help="dense or convolutional network, or a dense network on principal components or on "
        "the 70 pixels that a forest finds most important (default: dense)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        dest="settings",
        help="parameter of the classifier, such as epochs=5, or classifier__epochs=5 for pca and "
        "forest; may be repeated",
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="FILE",
        help="file to save the classifier to: with joblib, or as ONNX if its name ends in .onnx",
    )
    parser.add_argument(
        "--test",
        metavar="DATA",
        help="test samples (default: the MNIST test set for mnist; otherwise a tenth of DATA, held "
        "out from training)",
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="random seed of the split and of training (default: 0)",
    )
    add_label_option(parser)
    parser.set_defaults(run=run)


def _setting(text):
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE; got {text}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError):
        return name, value  # a plain string, such as optimizer=sgd


def _seed(text):
    if not (text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"must be an int from 0 to 2**32 - 1; got {text}")
    return int(text)


def _pca():
    from sklearn.decomposition import PCA

    return ReducedDigitClassifier(PCA(0.95), DenseDigitClassifier(verbose=True))


def _forest():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_selection import SelectFromModel

    selector = SelectFromModel(RandomForestClassifier(), threshold=-np.inf, max_features=70)
    return ReducedDigitClassifier(selector, DenseDigitClassifier(verbose=True))


MODELS = {
    "dense": lambda: DenseDigitClassifier(verbose=True),
    "conv": lambda: ConvDigitClassifier(verbose=True),
    "pca": _pca,
    "forest": _forest,
}


def run(options):
    """Run the command."""
    check_writable(options.output)
    model = _model(options)
    training, test = _training_and_test(options)
    if isinstance(model, ConvDigitClassifier) and model.image_shape is None:
        model.set_params(image_shape=training.image_shape)
    n_samples, n_pixels = training.X.shape
    print(f"{n_samples:,} training and {len(test.X):,} test samples of {n_pixels} pixels")
    try:
        model.fit(training.X, training.y)
    except (ValueError, TypeError) as error:
        raise CommandError(f"cannot train: {first_line(error)}") from error
    accuracy = model.score(test.X, test.y)
    save_model(model, options.output)
    print(f"parameters     {model.n_parameters_:,}")
    print(f"epochs         {model.n_iter_}")
    print(f"seconds        {model.fit_time_:.1f}")
    print(f"test accuracy  {accuracy:.4f}")
    print(f"saved to {options.output}")
    return 0


def _model(options):
    """Return the classifier that the options describe."""
    model = MODELS[options.model]()
    settings = {"random_state": options.seed} | dict(options.settings)
    valid = model.get_params()
    for name in settings:
        if name not in valid:
            shown = ", ".join(get_close_matches(name, valid, n=5, cutoff=0))
            raise CommandError(
                f"--set {name} is not a parameter of {options.model}; try {shown}, ..."
            )
    try:
        return model.set_params(**settings)
    except (ValueError, TypeError, AttributeError) as error:
        raise CommandError(f"--set cannot be applied: {first_line(error)}") from error


def _training_and_test(options):
    samples = read_data(options.data, options.label)
    if options.test or options.data == "mnist":
        test = read_data(options.test or "mnist", options.label, subset="test")
        check_pixels(test.X, samples.X.shape[1], options.test)
        return samples, Samples(test.X, check_labels(test.y, np.unique(samples.y), options.test))
    return _hold_out(samples, options)


def _hold_out(samples, options):
    """Hold out a stratified tenth, but at least as many samples as there are classes."""
    classes, counts = np.unique(samples.y, return_counts=True)
    if counts.min() < 2:
        label = classes[counts.argmin()]
        raise CommandError(
            f"{options.data} must have at least 2 samples of each class, one of them for testing; "
            f"got 1 of class {label}; add samples, or pass test samples with --test"
        )
    X, X_test, y, y_test = train_test_split(
        samples.X,
        samples.y,
        test_size=max(len(classes), round(len(samples.y) / 10)),
        stratify=samples.y,
        random_state=options.seed,
    )
    return Samples(X, y, samples.image_shape), Samples(X_test, y_test)
