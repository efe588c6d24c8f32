"""The web app in examples/app: under load, with bad uploads, and in a browser.

The app runs in a separate process and listens on the loopback interface. Clients send the same
drawing over 32 connections for 20 seconds, then one bad upload of each kind. Finally, Chromium
checks the page at the width of a desktop and of a phone, and draws one hundred digits with a
simulated mouse. Chromium and its driver (Debian: chromium, chromium-driver) cannot be installed
with pip, so this is not one of the tests.

    python benchmarks/bench_app.py [--model model.joblib] [--screenshots FOLDER] [--no-browser]
"""

import argparse
import io
import json
import re
import socket
import struct
import sys
import tempfile
import threading
import time
import zlib
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import joblib
import numpy as np
import psutil
from common import table, write_json
from drawn_digits import drawn_digits
from PIL import Image, ImageDraw

from skdigits import ConvDigitClassifier
from skdigits.datasets import fetch_mnist

APP = Path(__file__).parent.parent / "examples" / "app" / "app.py"
MEGABYTE = 1_000_000


@contextmanager
def running(model):
    """Start the app; yield its process and address."""
    command = [sys.executable, str(APP), str(model), "--port", "0"]
    with tempfile.TemporaryFile("w+") as log:
        process = psutil.Popen(command, stderr=log)
        try:
            while not (started := re.search(r"running on http://([\d.]+):(\d+)", _text(log))):
                assert process.poll() is None, _text(log)
                time.sleep(0.1)
            yield process, (started[1], int(started[2]))
            assert process.poll() is None, _text(log)
        finally:
            process.terminate()
            process.wait()
            others = [line for line in _text(log).splitlines() if not line.startswith("INFO")]
            print("\n".join(others) or "the app logged no errors or warnings")


def _text(file):
    file.seek(0)
    return file.read()


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def drawing():
    """Return a drawing like those of the page."""
    image = Image.new("RGB", (280, 280), "white")
    _, _, (stroke,) = next(d for d in drawn_digits() if d[0] == 7)
    ImageDraw.Draw(image).line([*map(tuple, 280 * stroke)], "#23242b", 20, joint="curve")
    return encoded(image)


def post(connection, body, content_type="image/png"):
    connection.request("POST", "/predict", body, {"Content-Type": content_type})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def load(process, address, n_connections, seconds):
    """Send drawings over many connections; measure latency and memory."""
    body = drawing()
    with closing(HTTPConnection(*address)) as connection:
        for _ in range(50):
            expected = post(connection, body)
    assert expected[0] == 200
    begin, begin_cpu = time.perf_counter(), sum(process.cpu_times()[:2])
    end = begin + seconds
    latencies, errors, memory = [], [], []

    def client():
        with closing(HTTPConnection(*address, timeout=60)) as connection:
            while (start := time.perf_counter()) < end:
                try:
                    answer = post(connection, body)
                except OSError as error:
                    errors.append(repr(error))
                    connection.close()
                    continue
                latencies.append(time.perf_counter() - start)
                if answer != expected:
                    errors.append(answer)

    threads = [threading.Thread(target=client) for _ in range(n_connections)]
    for thread in threads:
        thread.start()
    while time.perf_counter() < end:
        memory.append(process.memory_info().rss / MEGABYTE)
        time.sleep(seconds / 20)
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    cpu = sum(process.cpu_times()[:2]) - begin_cpu
    memory.append(process.memory_info().rss / MEGABYTE)
    p50, p99 = np.percentile(latencies, [50, 99]) * 1000
    return {
        "connections": n_connections,
        "seconds": round(seconds, 1),
        "requests": len(latencies),
        "requests per second": round(len(latencies) / seconds, 1),
        "CPU per request, ms": round(1000 * cpu / len(latencies), 1),
        "p50, ms": round(p50, 1),
        "p99, ms": round(p99, 1),
        "errors": len(errors),
        "MB before": round(memory[0], 1),
        "MB halfway": round(memory[len(memory) // 2], 1),
        "MB after": round(memory[-1], 1),
    }


def huge_png(width, height):
    """Return a PNG file that claims to have this size, but holds only its first row of pixels."""

    def chunk(name, content):
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(width + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


def chunks(n_chunks):
    for _ in range(n_chunks):
        yield bytes(MEGABYTE)


def bad_uploads(process, address):
    """Send one bad upload of each kind; return the answers, and the memory in use after each."""
    noise = np.random.default_rng(0).integers(0, 255, (3000, 3300, 4), np.uint8)
    photo = encoded(Image.new("RGB", (6000, 5000), "white"), "JPEG", progressive=True)
    uploads = {
        "empty": (b"", "image/png"),
        "text": (b"Hello, world", "image/png"),
        "JPEG as PNG": (photo, "image/png"),
        "cut off": (drawing()[:-200], "image/png"),
        "100,000 x 100,000 pixels": (huge_png(100_000, 100_000), "image/png"),
        "11 million pixels": (huge_png(11_000, 1000), "image/png"),
        "50 MB": (bytes(50 * MEGABYTE), "image/png"),
        "50 MB, length not stated": (chunks(50), "image/png"),
        "content type of text": (drawing(), "text/plain"),
        "blank": (encoded(Image.new("L", (100, 100), "white")), "image/png"),
        "blank, 30 million pixels": (photo, "image/jpeg"),
        "39 MB of noise": (encoded(Image.fromarray(noise)), "image/png"),
    }
    rows = []
    for name, (body, content_type) in uploads.items():
        with closing(HTTPConnection(*address, timeout=120)) as connection:
            status, answer = post(connection, body, content_type)
        rows.append(_row(name, status, answer, process))
    rows += [_slow(address, process), _at_once(address, process)]
    with closing(HTTPConnection(*address)) as connection:
        assert post(connection, drawing())[0] == 200
    return rows


def _row(name, status, answer, process):
    memory = round(process.memory_info().rss / MEGABYTE, 1)
    return {"upload": name, "status": status, "answer": answer.get("error", ""), "MB": memory}


def _open_upload(address):
    """Send the start of an upload."""
    upload = socket.create_connection(address, timeout=60)
    upload.sendall(
        b"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: image/png\r\n"
        b"Content-Length: 1000\r\n\r\n" + drawing()[:100]
    )
    return upload


def _slow(address, process):
    with _open_upload(address) as upload:
        head, _, body = b"".join(iter(lambda: upload.recv(4096), b"")).partition(b"\r\n\r\n")
    return _row("stalled", int(head.split()[1]), json.loads(body), process)


def _at_once(address, process):
    """Start 200 uploads that stall; count the answers by status."""
    uploads = [_open_upload(address) for _ in range(200)]
    heads = [upload.recv(4096) for upload in uploads]
    for upload in uploads:
        upload.close()
    n_refused = sum(head.startswith(b"HTTP/1.1 429 ") for head in heads)
    n_ended = sum(head.startswith(b"HTTP/1.1 408 ") for head in heads)
    statuses = f"{n_refused} x 429, {n_ended} x 408"
    return _row("200 stalled at once", statuses, {}, process)


def in_browser(url, folder, screenshots):
    """Check the page, and draw one hundred digits."""
    from app_in_browser import check_page, draw_all

    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    check_page(url, folder, screenshots)
    drawn = draw_all(url, screenshots)
    print(f"read correctly: {drawn['right']} of {drawn['digits']}")
    write_json("app-drawn", drawn)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model",
        type=Path,
        help="a saved classifier (default: fit ConvDigitClassifier(random_state=0) to MNIST)",
    )
    parser.add_argument("--connections", type=int, default=32, help="default: 32")
    parser.add_argument("--seconds", type=int, default=20, help="default: 20")
    parser.add_argument("--screenshots", type=Path, help="folder to save screenshots to")
    parser.add_argument("--no-browser", action="store_true", help="skip the checks in a browser")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not options.model:
            options.model = Path(folder, "model.joblib")
            classifier = ConvDigitClassifier(random_state=0).fit(*fetch_mnist(return_X_y=True))
            joblib.dump(classifier.drop_optimizer_state(), options.model)
        with running(options.model) as (process, address):
            under_load = load(process, address, options.connections, options.seconds)
            table([under_load], under_load)
            answers = bad_uploads(process, address)
            table(answers, answers[0])
            write_json("app", {"load": under_load, "bad uploads": answers})
            if not options.no_browser:
                in_browser("http://{}:{}".format(*address), Path(folder), options.screenshots)


if __name__ == "__main__":
    main()
