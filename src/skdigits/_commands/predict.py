"""`skdigits predict`: read digits in image files."""

import argparse
import json
import sys
import warnings

import numpy as np

from skdigits import DigitImageNormalizer
from skdigits._commands.errors import CommandError
from skdigits._commands.images import read_image
from skdigits._commands.model_file import MODEL_HELP, check_pixels, load_model

BLANK = "blank"


def add_parser(commands):
    """Add the command to a parser."""
    parser = commands.add_parser("predict", help="read the digits in image files")
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files of single digits")
    parser.add_argument(
        "--threshold",
        type=_probability,
        metavar="P",
        help="print ? if the label's probability is below P or the image shows several digits",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON with the probabilities of all labels"
    )
    parser.set_defaults(run=run)


def _probability(text):
    try:
        value = float(text)
    except ValueError:
        value = None
    if value is None or not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1; got {text}")
    return value


def run(options):
    """Run the command."""
    classifier, normalizer = load_model(options.model)
    records, rows = _read(options.images, normalizer or DigitImageNormalizer())
    if rows:
        X = np.concatenate(list(rows.values()))
        check_pixels(X, classifier.n_features_in_, "image files")
        labels = classifier.classes_.tolist()
        for number, probabilities in zip(rows, _probabilities(classifier, X), strict=True):
            records[number] |= _prediction(labels, probabilities)
            if options.threshold is not None and not _is_sure(records[number], options.threshold):
                records[number]["label"] = None
    if options.json:
        print(json.dumps(records, indent=2))
    else:
        _print_lines(records)
    errors = [record["error"] for record in records if "error" in record]
    for error in errors:
        if error != BLANK:
            print(f"skdigits: {error}", file=sys.stderr)
    return 1 if errors else 0


def _read(paths, normalizer):
    """Read image files.

    Returns
    -------
    records : list of dict
        One per file, with the error of those that are blank or cannot be read.
    rows : dict
        The pixels of the others, by the index of the file.
    """
    records, rows = [], {}
    for number, path in enumerate(paths):
        record = {"path": path, "label": None}
        records.append(record)
        try:
            row, several_digits = read_image(path, normalizer)
        except CommandError as error:
            record["error"] = str(error)
            continue
        if row.any():
            rows[number] = row
            record["several_digits"] = several_digits
        else:
            record["error"] = BLANK
    return records, rows


def _probabilities(classifier, X):
    with warnings.catch_warnings():
        # A model trained on pixels on a scale other than 0 to 255 would misread the images.
        warnings.filterwarnings("error", message=".*scale X as in training")
        try:
            return classifier.predict_proba(X)
        except UserWarning as warning:
            message = f"image files are on a different scale from the training data: {warning}"
            raise CommandError(message) from None


def _prediction(labels, probabilities):
    best = probabilities.argmax()
    by_label = zip(map(str, labels), map(float, probabilities), strict=True)
    return {
        "label": labels[best],
        "probability": float(probabilities[best]),
        "probabilities": dict(by_label),
    }


def _is_sure(record, threshold):
    return record["probability"] >= threshold and not record["several_digits"]


def _print_lines(records):
    """Print one line for every image that was read."""
    shown = [record for record in records if record.get("error", BLANK) == BLANK]
    width = max((len(record["path"]) for record in shown), default=0)
    for record in shown:
        if "probability" in record:
            label = "?" if record["label"] is None else record["label"]
            print(f"{record['path']:{width}}  {label}  {record['probability']:.4f}")
        else:
            print(f"{record['path']:{width}}  -  {BLANK}")
