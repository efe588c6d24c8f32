"""A web app that reads handwritten digits from drawings in the browser and from image files.

    python app.py model.joblib

The model is any classifier with probabilities that was fitted on the digits 0 to 9 in rows of 784
pixels, a pipeline of a DigitImageNormalizer and such a classifier, or a search over either of them.
The app does not need TensorFlow.
"""

import argparse
import asyncio
import base64
import hashlib
import io
import re
import warnings
from pathlib import Path

import anyio
import joblib
import uvicorn
from PIL import Image, ImageOps
from sklearn.pipeline import Pipeline
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from skdigits import DigitImageNormalizer, SeveralDigitsWarning

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
# JPEG is decoded at a fraction of its size, and phones take large photos.
MAX_MEGAPIXELS = {"PNG": 10, "JPEG": 30, "WEBP": 10, "GIF": 10}
MAX_MEGABYTES = 10  # of an upload
MAX_SECONDS = 20  # for an upload to arrive
MAX_UPLOADS = 64  # at the same time
N_THREADS = 2  # that decode and predict; the largest images take up to 250 MB per thread
# Content types of form uploads, and of clients that do not set a content type.
FORM_TYPES = ("", "multipart/form-data", "application/x-www-form-urlencoded")

PAGE = Path(__file__).with_name("index.html").read_text("utf-8")


def load_model(path):
    """Load a classifier of the digits 0 to 9; exit with a one-line message if this fails."""
    try:
        model = joblib.load(path)
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # whatever a damaged or foreign pickle raises
        raise SystemExit(f"{path} must be a model saved with joblib: {error!r}") from None
    _, classifier = split(model)
    n_pixels = getattr(classifier, "n_features_in_", None)
    if not hasattr(classifier, "predict_proba") or n_pixels != 28 * 28:
        raise SystemExit(f"{path} must hold a classifier fitted on rows of 784 pixels")
    if list(classifier.classes_) != list(range(10)):
        raise SystemExit(f"{path} must hold a classifier of the digits 0 to 9")
    return model


def split(model):
    """Split a model into its normalizer, by default a new one, and its classifier."""
    model = getattr(model, "best_estimator_", model)  # of a search
    if isinstance(model, Pipeline) and isinstance(model[0], DigitImageNormalizer):
        return model[0], model[1:]
    return DigitImageNormalizer(), model


def wrong_type(content_type):
    """Return the error for an upload whose content type is not that of an image."""
    if content_type in FORM_TYPES:
        message = (
            "Send the file as the body, not in a form, with a header such as "
            "Content-Type: image/png."
        )
    else:
        message = f"Send an image: {', '.join(FORMATS.values())}."
    return HTTPException(415, message)


async def read_body(request):
    """Read the body of an upload; stop as soon as it exceeds the limit."""
    max_bytes = MAX_MEGABYTES * 1_000_000
    too_large = HTTPException(413, f"The file is larger than {MAX_MEGABYTES} MB.")
    if int(request.headers.get("Content-Length", 0)) > max_bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(MAX_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise too_large
    except TimeoutError:
        message = f"The upload took more than {MAX_SECONDS} seconds."
        raise HTTPException(408, message, {"Connection": "close"}) from None
    if not body:
        raise HTTPException(400, "The upload is empty.")
    return body


def read_image(body, kind):
    """Decode an image of the given format, unless it has too many pixels."""
    try:
        image = Image.open(io.BytesIO(body), formats=[kind])
        if image.width * image.height > MAX_MEGAPIXELS[kind] * 1_000_000:
            raise Image.DecompressionBombError
        image.draft("RGB", (320, 320))  # a JPEG may be decoded at a fraction of its size
        image.load()
        return ImageOps.exif_transpose(image)
    except Image.DecompressionBombError:
        message = f"The image has more than {MAX_MEGAPIXELS[kind]} million pixels."
        raise HTTPException(413, message) from None
    except Exception:  # decoders raise errors of many types for damaged files
        raise HTTPException(400, f"The file is damaged, or it is not a {kind} image.") from None


def read_digit(normalizer, classifier, body, kind):
    """Predict the digit in an image file."""
    image = read_image(body, kind)
    try:
        pixels = normalizer.transform([image])
    except SeveralDigitsWarning:  # create_app turns the warning into an error
        raise HTTPException(422, "Several digits found: draw or crop a single one.") from None
    if not pixels.any():
        raise HTTPException(422, "No digit found: the image is blank.")
    (probabilities,) = classifier.predict_proba(pixels)
    return {
        "digit": int(probabilities.argmax()),
        "probabilities": probabilities.tolist(),
        "pixels": pixels[0].tolist(),
    }


def content_security_policy():
    """Allow the scripts and styles of the page, requests to the app, and nothing else."""

    def source(tag):
        text = re.search(f"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return f"{tag}-src 'sha256-{digest}'"

    return (
        f"default-src 'none'; {source('script')}; {source('style')}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def create_app(model):
    """Create the app around a fitted model."""
    model = split(model)
    # Uploads must not fill the log. Threads share the filters, so they are set once.
    warnings.filterwarnings("ignore", ".* is blank")
    warnings.simplefilter("error", SeveralDigitsWarning)
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    uploads = asyncio.Semaphore(MAX_UPLOADS)
    threads = anyio.CapacityLimiter(N_THREADS)
    headers = {
        "Content-Security-Policy": content_security_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }

    async def page(request):
        return HTMLResponse(PAGE, headers=headers)

    async def predict(request):
        if uploads.locked():
            raise HTTPException(429, "Too many images at once. Try again.", {"Retry-After": "1"})
        async with uploads:
            content_type = request.headers.get("Content-Type", "").partition(";")[0].strip()
            kind = FORMATS.get(content_type.lower())
            if kind is None:
                raise wrong_type(content_type.lower())
            body = await read_body(request)
            answer = await anyio.to_thread.run_sync(read_digit, *model, body, kind, limiter=threads)
        return JSONResponse(answer)

    async def error(request, error):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)

    async def gone(request, error):
        return Response(status_code=400)  # nobody receives it

    return Starlette(
        routes=[Route("/", page), Route("/predict", predict, methods=["POST"])],
        exception_handlers={HTTPException: error, ClientDisconnect: gone},
    )


def main():
    """Start the app."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="saved with joblib; only load files you trust")
    parser.add_argument(
        "--host", default="127.0.0.1", help="0.0.0.0 makes the app available on the local network"
    )
    parser.add_argument("--port", type=int, default=8000, help="8000 by default")
    options = parser.parse_args()
    app = create_app(load_model(options.model))
    uvicorn.run(app, host=options.host, port=options.port, access_log=False)


if __name__ == "__main__":
    main()
