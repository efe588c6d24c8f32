"""`skdigits evaluate`: evaluate a saved classifier on labeled samples."""

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from skdigits._commands.data import KINDS, add_label_option, read_data
from skdigits._commands.model_file import MODEL_HELP, check_labels, check_pixels, load_model


def add_parser(commands):
    """Add the command to a parser."""
    parser = commands.add_parser("evaluate", help="measure the accuracy of a saved classifier")
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("data", metavar="DATA", help=f"test samples: {KINDS}")
    add_label_option(parser)
    parser.set_defaults(run=run)


def run(options):
    """Run the command."""
    model, normalizer = load_model(options.model)
    samples = read_data(options.data, options.label, subset="test", normalizer=normalizer)
    check_pixels(samples.X, model.n_features_in_, options.data)
    y = check_labels(samples.y, model.classes_, options.data)
    probabilities = model.predict_proba(samples.X)
    predicted = model.classes_[probabilities.argmax(axis=1)]
    print(f"samples   {len(y):,}")
    print(f"accuracy  {accuracy_score(y, predicted):.4f}")
    print(f"log loss  {log_loss(y, probabilities, labels=model.classes_):.4f}")
    print()
    for line in _errors_by_class(y, predicted, model.classes_):
        print(line)
    return 0


def _errors_by_class(y, predicted, classes):
    """Yield the lines of a table: each class, its errors and its most frequent wrong prediction."""
    width = max(5, *(len(str(label)) for label in classes))
    yield f"{'class':{width}}  samples  errors  most often read as"
    counts = confusion_matrix(y, predicted, labels=classes)
    for label, row, correct in zip(classes, counts, counts.diagonal(), strict=True):
        wrong = np.where(classes == label, 0, row)
        most = f"{classes[wrong.argmax()]} ({wrong.max()})" if wrong.any() else "-"
        n_samples = row.sum()
        yield f"{label!s:{width}}  {n_samples:7,}  {n_samples - correct:6,}  {most}"
