"""`skdigits predict`: read digits in image files."""

import json
import warnings

from skdigits._commands.errors import CommandError
from skdigits._commands.images import read_images
from skdigits._commands.model_file import check_pixels, load_model


def add_parser(commands):
    """Add the command to a parser."""
    parser = commands.add_parser("predict", help="read the digits in image files")
    parser.add_argument("model", metavar="MODEL", help="file that `skdigits train` saved")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files of single digits")
    parser.add_argument(
        "--json", action="store_true", help="print JSON with the probabilities of all labels"
    )
    parser.set_defaults(run=run)


def run(options):
    """Run the command."""
    model = load_model(options.model)
    X = read_images(options.images)
    check_pixels(X, model.n_features_in_, "image files")
    labels = model.classes_.tolist()
    predictions = [
        (path, labels[probabilities.argmax()], probabilities)
        for path, probabilities in zip(options.images, _probabilities(model, X), strict=True)
    ]
    if options.json:
        print(json.dumps([_record(*one, labels) for one in predictions], indent=2))
        return 0
    width = max(map(len, options.images))
    for path, label, probabilities in predictions:
        print(f"{path:{width}}  {label}  {probabilities.max():.4f}")
    return 0


def _probabilities(model, X):
    with warnings.catch_warnings():
        # A model trained on pixels on another scale than 0 to 255 would misread the images.
        warnings.filterwarnings("error", message=".*scale X as in training")
        try:
            return model.predict_proba(X)
        except UserWarning as warning:
            message = f"image files are on another scale than in training: {warning}"
            raise CommandError(message) from None


def _record(path, label, probabilities, labels):
    by_label = zip(map(str, labels), map(float, probabilities), strict=True)
    return {
        "path": path,
        "label": label,
        "probability": float(probabilities.max()),
        "probabilities": dict(by_label),
    }
