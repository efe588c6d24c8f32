"""The web app in examples/app, on a real server: digits, bad uploads, start."""

import base64
import hashlib
import importlib.util
import io
import json
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import joblib
import numpy as np
import pytest
import uvicorn
from PIL import Image, ImageDraw, ImageOps
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from test_serving import LEAVE_OUT

from skdigits import DigitImageNormalizer

FILE = Path(__file__).parent.parent / "examples" / "app" / "app.py"
spec = importlib.util.spec_from_file_location("app", FILE)
app = importlib.util.module_from_spec(spec)
spec.loader.exec_module(app)


def seven(kind="PNG", side=280):
    image = Image.new("L", (side, side), "white")
    points = np.array([(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]) * side
    ImageDraw.Draw(image).line([*map(tuple, points)], fill="black", width=side // 10)
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def bars(*lefts):
    """Draw vertical strokes, each of which could be a 1."""
    image = Image.new("L", (100, 100), "white")
    for left in lefts:
        ImageDraw.Draw(image).rectangle((left, 20, left + 8, 80), fill="black")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def png_header(width, height):
    """Return the start of a PNG file that claims a size."""

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content
            + struct.pack(">I", zlib.crc32(name + content))
        )  # fmt: skip

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))


@pytest.fixture(scope="module")
def model(mnist, small_conv):
    X, y = mnist
    return small_conv().fit(X[:1000], y[:1000])


@contextmanager
def serving(model):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # before the server does, so that no client is refused
        # Without a configuration of its own, uvicorn logs to where pytest sees it.
        config = uvicorn.Config(app.create_app(model), log_level="warning", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def address(model):
    with serving(model) as address:
        yield address


def request(address, method, path, body=None, content_type=None):
    connection = HTTPConnection(*address, timeout=60)
    try:
        connection.request(method, path, body, {"Content-Type": content_type or ""})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def predict(address, body, content_type="image/png"):
    status, _, answer = request(address, "POST", "/predict", body, content_type)
    return status, json.loads(answer)


def open_upload(address, content, length):
    """Send the start of an upload."""
    upload = socket.create_connection(address, timeout=60)
    head = "POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: image/png\r\n"
    upload.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + content)
    return upload


def test_page_allows_its_own_script_and_style_only(address):
    status, headers, page = request(address, "GET", "/")
    assert status == 200
    assert page.decode() == FILE.with_name("index.html").read_text()
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        text = page.decode().partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy


@pytest.mark.parametrize(("content_type", "kind"), app.FORMATS.items())
def test_a_digit_is_read(address, model, content_type, kind):
    content = seven(kind)
    pixels = DigitImageNormalizer().transform([Image.open(io.BytesIO(content))])
    status, answer = predict(address, content, content_type)
    assert status == 200
    assert answer["digit"] == model.predict(pixels)[0]
    np.testing.assert_allclose(answer["probabilities"], model.predict_proba(pixels)[0], atol=0.01)
    # Pillow decodes a JPEG at a fraction of its size, which may change the last bits.
    np.testing.assert_allclose(answer["pixels"], pixels[0], atol=2)


def test_a_photo_with_many_pixels_is_read(address):
    status, answer = predict(address, seven("JPEG", 5400), "image/jpeg; quality=high")
    assert status == 200
    assert np.reshape(answer["pixels"], (28, 28)).any(axis=1).sum() == 20


def chunks():
    """50 MB in chunks, without a Content-Length."""
    for _ in range(50):
        yield bytes(1_000_000)


MANY_PIXELS = "The image has more than 10 million pixels."
DAMAGED = "The file is damaged, or it is not a {} image."
AS_BODY = "Send the file as the body, not in a form, with a header such as Content-Type: image/png."
BAD = {
    "empty": (b"", "image/png", 400, "The upload is empty."),
    "no image": (b"Hello, world", "image/png", 400, DAMAGED.format("PNG")),
    "another format": (seven("JPEG"), "image/png", 400, DAMAGED.format("PNG")),
    "cut off PNG": (seven()[:-200], "image/png", 400, DAMAGED.format("PNG")),
    "cut off JPEG": (seven("JPEG")[:-2000], "image/jpeg", 400, DAMAGED.format("JPEG")),
    "too many pixels": (png_header(100_000, 100_000), "image/png", 413, MANY_PIXELS),
    "slightly too many pixels": (png_header(10_001, 1000), "image/png", 413, MANY_PIXELS),
    "50 MB": (bytes(50_000_000), "image/png", 413, "The file is larger than 10 MB."),
    "50 MB in chunks": (chunks, "image/png", 413, "The file is larger than 10 MB."),
    "content type": (seven(), "text/html", 415, "Send an image: PNG, JPEG, WEBP, GIF."),
    "no content type": (seven(), None, 415, AS_BODY),
    "form": (seven(), "multipart/form-data; boundary=x", 415, AS_BODY),
    "blank": (bars(), "image/png", 422, "No digit found: the image is blank."),
    "several digits": (
        bars(20, 60),
        "image/png",
        422,
        "Several digits found: draw or crop a single one.",
    ),
}


# The app sets these filters as well, but pytest resets them.
@pytest.mark.filterwarnings("ignore:.* is blank", "error::skdigits.SeveralDigitsWarning")
@pytest.mark.parametrize(("body", "content_type", "status", "error"), BAD.values(), ids=BAD)
def test_bad_uploads_get_an_error(address, body, content_type, status, error):
    body = body() if callable(body) else body
    assert predict(address, body, content_type) == (status, {"error": error})
    assert predict(address, seven())[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/predict", 405), ("GET", "/x", 404)]
)
def test_unknown_requests_get_an_error_as_json(address, method, path, status):
    answered, _, answer = request(address, method, path)
    assert answered == status
    assert json.loads(answer)["error"]


@pytest.mark.parametrize("is_search", [False, True])
def test_the_normalizer_of_a_pipeline_is_used_once(is_search, model, tmp_path):
    pipeline = make_pipeline(DigitImageNormalizer(polarity="light_on_dark"), model)
    search = GridSearchCV(pipeline, {})
    search.best_estimator_ = pipeline  # as if fitted
    joblib.dump(search if is_search else pipeline, tmp_path / "pipeline.joblib")
    with Image.open(io.BytesIO(seven())) as image:
        inverted = ImageOps.invert(image)
    file = io.BytesIO()
    inverted.save(file, "PNG")
    with serving(app.load_model(tmp_path / "pipeline.joblib")) as address:
        status, answer = predict(address, file.getvalue())
        assert status == 200
        expected = pipeline.predict_proba([inverted])
        np.testing.assert_allclose(answer["probabilities"], expected[0], atol=0.01)
        assert predict(address, seven())[0] == 422  # the normalizer sees no light digit


def test_slow_uploads_time_out(address, monkeypatch):
    monkeypatch.setattr(app, "MAX_SECONDS", 0.2)
    with open_upload(address, seven()[:100], 1000) as upload:
        answer = b"".join(iter(lambda: upload.recv(4096), b""))  # until the server hangs up
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'{"error":"The upload took more than 0.2 seconds."}' in answer


def test_too_many_uploads_at_once_are_refused(model, monkeypatch):
    monkeypatch.setattr(app, "MAX_UPLOADS", 5)
    with serving(model) as address:
        content = seven()
        uploads = [open_upload(address, content[:100], len(content)) for _ in range(5)]
        while predict(address, content)[0] == 200:
            time.sleep(0.01)  # until the server has seen all of them
        error = "Too many images at once. Try again."
        assert predict(address, content) == (429, {"error": error})
        for upload in uploads:
            with upload:
                upload.sendall(content[100:])
                assert upload.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert predict(address, content)[0] == 200


def test_aborted_uploads_log_no_error(address, caplog):
    open_upload(address, seven()[:100], 1000).close()
    assert predict(address, seven())[0] == 200
    assert not caplog.records


@pytest.fixture(scope="module")
def model_file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("app") / "model.joblib"
    joblib.dump(model, path)
    return path


def test_app_starts_without_tensorflow_and_does_not_log_uploads(model_file):
    code = LEAVE_OUT + "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
    # sys.argv[0] is the file of the app, as if Python had run it as a script.
    code = code.replace("import sys\n", "import sys\nsys.argv = sys.argv[1:]\n", 1)
    command = [sys.executable, "-c", code, FILE, model_file, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    log = []
    try:
        for line in process.stderr:
            log.append(line)
            if started := re.search(r"running on http://([\d.]+):(\d+)", line):
                break
        address = started[1], int(started[2])
        assert predict(address, seven())[0] == 200
        for body, content_type, status, _ in BAD.values():
            body = body() if callable(body) else body
            assert predict(address, body, content_type)[0] == status
    finally:
        process.terminate()
        log += process.stderr.readlines()
        process.wait()
    assert all(line.startswith("INFO: ") for line in log), log


def test_start_fails_with_a_one_line_message(tmp_path, digits, tiny_conv):
    (tmp_path / "text.joblib").write_text("no model")
    joblib.dump(DigitImageNormalizer(), tmp_path / "normalizer.joblib")
    X, _, y, _ = digits
    joblib.dump(tiny_conv().fit(X, y), tmp_path / "eight.joblib")
    messages = {
        "missing.joblib": "cannot be read: No such file or directory",
        "text.joblib": "must be a model saved with joblib: ",
        "normalizer.joblib": "must hold a classifier fitted on rows of 784 pixels",
        "eight.joblib": "must hold a classifier fitted on rows of 784 pixels",
    }
    for name, message in messages.items():
        with pytest.raises(SystemExit, match=re.escape(f"{tmp_path / name} {message}")) as error:
            app.load_model(tmp_path / name)
        assert "\n" not in str(error.value)
