"""The normalizer on images of all kinds, and its warnings and errors."""

import pickle
import struct
import warnings
import zlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw, ImageOps
from sklearn.pipeline import make_pipeline

from skdigits import DigitImageNormalizer, SeveralDigitsWarning


def drawn(size=(200, 300), *, ink=0, paper=255, width=20, mode="L", shift=(0, 0), scale=1):
    """A seven."""
    image = Image.new(mode, size, paper)
    points = [(60, 80), (140, 80), (90, 230)]
    points = [(scale * x + shift[0], scale * y + shift[1]) for x, y in points]
    ImageDraw.Draw(image).line(points, fill=ink, width=width, joint="curve")
    return image


def normalized(*images, **parameters):
    return DigitImageNormalizer(**parameters).transform(list(images)).reshape(-1, 28, 28)


def assert_alike(one, other, tolerance=12):
    assert np.abs(one.astype(float) - other).mean() < tolerance


SEVEN = drawn()


def test_form_of_mnist():
    (image,) = normalized(SEVEN)
    assert image.dtype == np.uint8
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert height == 20
    assert width == pytest.approx(20 * 100 / 170, abs=2)  # the aspect ratio of the drawing
    assert image.max() == 255
    center = [image.sum(axis=axis) @ np.arange(28) / image.sum() for axis in (0, 1)]
    np.testing.assert_allclose(center, 14, atol=0.5)


def test_images_of_mnist_stay_nearly_as_they_are(mnist_test):
    X = mnist_test[0][:300]
    ours = DigitImageNormalizer().fit_transform(X)
    assert_alike(ours, X, tolerance=5)
    # More paper around them makes next to no difference.
    images = np.pad(X.reshape(-1, 28, 28), ((0, 0), (30, 5), (2, 41)))
    assert_alike(DigitImageNormalizer().transform(images), ours, tolerance=0.5)


@pytest.mark.parametrize(
    "other",
    [
        drawn(shift=(45, -70)),
        drawn((1000, 1000), shift=(300, 600)),
        drawn((40, 60), scale=0.2, width=4),
        drawn((1200, 1800), scale=6, width=120),
        drawn(ink=255, paper=0),
        drawn(ink=150, paper=200),
        drawn(mode="RGB", ink=(130, 20, 60), paper=(250, 240, 210)),
        drawn(mode="RGB", ink=(250, 240, 110), paper=(20, 40, 60)),
        drawn(mode="RGBA", ink=(0, 0, 0, 255), paper=(0, 0, 0, 0)),
        drawn(mode="LA", ink=(0, 255), paper=(0, 0)),
        drawn(mode="1", ink=0, paper=1),
        drawn(mode="CMYK", ink=(0, 0, 0, 255), paper=(0, 0, 0, 0)),
        drawn().convert("P"),
        drawn(mode="I;16", ink=9000, paper=60_000),
        drawn(mode="F", ink=-3.5, paper=-1.0),
        np.asarray(SEVEN),
        np.asarray(SEVEN)[:, :, None],
        np.asarray(SEVEN) / 255,
        np.asarray(SEVEN).astype(np.int64) * 1000 - 5,
        np.asarray(SEVEN) > 127,
        (np.asarray(SEVEN) > 127).astype(np.int64),
        np.asarray(SEVEN.convert("RGB")),
        np.asarray(SEVEN.convert("RGB")) / np.float32(255),
        np.asarray(SEVEN.convert("RGBA"))[::-1][::-1],
        np.asarray(drawn(mode="RGBA", ink=(0, 0, 0, 255), paper=(0, 0, 0, 0))),
    ],
    ids=range(25),
)
def test_size_place_color_and_type_do_not_matter(other):
    expected, ours = normalized(SEVEN, other)
    assert_alike(ours, expected)


@pytest.mark.parametrize("width", [1, 3, 8])
def test_thin_strokes_become_visible(width):
    ours, expected = normalized(drawn(width=width), SEVEN)
    assert (ours > 127).sum() > 0.6 * (expected > 127).sum()
    assert_alike(ours, expected, tolerance=20)


def test_noise_and_specks_do_not_matter():
    rng = np.random.default_rng(0)
    clean = np.asarray(drawn(ink=60, paper=200)).astype(float)
    noisy = clean + rng.normal(0, 12, clean.shape)
    noisy[5:9, 5:9] = 50
    noisy[-6:-3, -9:-6] = 40
    expected, ours = normalized(SEVEN, np.clip(noisy, 0, 255).astype(np.uint8))
    assert_alike(ours, expected)


def in_light(field):
    """A seven in a light that varies over (x, y), both from -1 to 1."""
    y, x = np.meshgrid(np.linspace(-1, 1, 300), np.linspace(-1, 1, 200), indexing="ij")
    return np.rint(np.asarray(drawn(ink=40, paper=250)) * field(x, y)).astype(np.uint8)


@pytest.mark.parametrize(
    "field",
    [
        lambda x, y: 0.65 + 0.35 * x,
        lambda x, y: 1 - 0.7 * np.exp(-2 * ((x - 1) ** 2 + (y - 1) ** 2)),
        lambda x, y: 1 - 0.35 * (x * x + y * y),
        lambda x, y: 1 - 0.6 / (1 + np.exp(15 * (x + 0.3))),
    ],
    ids=["from one side", "dark corner", "vignette", "edge of a shadow"],
)
def test_uneven_light_does_not_matter(field):
    expected, ours, of_float = normalized(SEVEN, in_light(field), in_light(field) / 255)
    assert_alike(ours, expected)
    np.testing.assert_array_equal(of_float, ours)


def test_shadow_without_a_digit_is_blank():
    shade = np.linspace(80, 250, 200) * np.ones((300, 1))
    with pytest.warns(UserWarning, match="blank"):
        assert not normalized(shade.astype(np.uint8)).any()


def ruled(spacing, *, level=150, graph=False, slope=0.0):
    """A seven on lines, which are two pixels wide."""
    image = np.asarray(drawn(ink=20)).copy()
    rows, columns = np.mgrid[0:300, 0:200]
    lines = (rows - slope * columns + 5) % spacing < 2
    if graph:
        lines |= (columns + slope * rows + 7) % spacing < 2
    image[lines] = np.minimum(image[lines], level)
    return image


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("slope", [0, 0.04])
@pytest.mark.parametrize("spacing", [25, 60])
def test_lines_of_paper_do_not_matter(spacing, slope, graph):
    expected, ours = normalized(SEVEN, ruled(spacing, graph=graph, slope=slope))
    assert_alike(ours, expected)


def test_line_as_dark_as_the_digit_leaves_no_gap():
    expected, ours = normalized(SEVEN, ruled(70, level=20))
    assert_alike(ours, expected)


def test_digit_that_touches_the_border_is_not_a_shadow():
    cropped = SEVEN.crop((50, 70, 151, 240))
    expected, ours = normalized(SEVEN, cropped)
    assert_alike(ours, expected)


def two_digits(gap=40):
    image = Image.new("L", (400, 300), 255)
    image.paste(SEVEN.crop((40, 0, 160, 300)), (20, 0))
    image.paste(SEVEN.crop((40, 0, 160, 300)), (120 + gap, 0))
    return image


def test_several_digits_are_named_in_a_warning():
    message = r"2 of 4 images in X show several digits \(indices 1, 2\); they are scaled as one"
    with pytest.warns(SeveralDigitsWarning, match=message) as caught:
        ours = normalized(SEVEN, two_digits(), ImageOps.invert(two_digits(20)), SEVEN)
    assert caught[0].message.indices == [1, 2]
    assert pickle.loads(pickle.dumps(caught[0].message)).indices == [1, 2]  # as worker processes do
    rows, columns = np.flatnonzero(ours[1].any(axis=1)), np.flatnonzero(ours[1].any(axis=0))
    assert np.ptp(columns) + 1 == 20 > np.ptp(rows) + 1  # both digits are in the box
    with pytest.warns(UserWarning, match=r"1 of 1 images in X shows several digits \(index 0\)"):
        normalized(two_digits())


def test_broken_digit_is_one_digit(mnist_test):
    five = Image.new("L", (200, 300), 255)
    draw = ImageDraw.Draw(five)
    draw.line([(60, 80), (60, 150), (130, 170), (120, 230), (60, 235)], fill=0, width=14)
    draw.line([(85, 75), (150, 75)], fill=0, width=14)  # a bar that does not touch
    four = Image.new("L", (200, 300), 255)
    draw = ImageDraw.Draw(four)
    draw.line([(80, 70), (50, 160), (150, 160)], fill=0, width=14)
    draw.line([(120, 60), (120, 145)], fill=0, width=14)
    draw.line([(120, 175), (120, 240)], fill=0, width=14)
    with warnings.catch_warnings(action="error"):
        normalized(five, four)
        DigitImageNormalizer().transform(mnist_test[0][:300])


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
@pytest.mark.parametrize("strongest", [11, 60, 256])
def test_noise_of_any_strength_is_blank(dtype, strongest):
    noise = np.random.default_rng(0).integers(0, strongest, (90, 90)).astype(dtype)
    with pytest.warns(UserWarning, match="1 of 1 images in X is blank"):
        assert not normalized(noise).any()


def test_polarity_can_be_set():
    framed = ImageOps.expand(drawn(), 30, fill=0)  # "auto" mistakes the black frame for background
    expected = normalized(SEVEN)[0]
    light = normalized(ImageOps.invert(drawn()), polarity="light_on_dark")[0]
    np.testing.assert_array_equal(light, expected)
    assert np.abs(normalized(framed)[0].astype(float) - expected).mean() > 40
    with pytest.warns(UserWarning, match=r"1 of 1 images in X is blank \(index 0\); its pixels"):
        assert not normalized(SEVEN, polarity="light_on_dark").any()


@pytest.mark.parametrize(
    "blank",
    [
        Image.new("RGB", (50, 50), "white"),
        np.zeros((28, 28)),
        np.full((5, 5), 7, np.uint8),
        np.random.default_rng(0).integers(0, 11, (90, 90)).astype(np.uint8),
        np.random.default_rng(0).integers(200, 210, (90, 90)).astype(np.uint8),
        np.ones((1, 1)),
        0.9 + np.random.default_rng(0).normal(0, 1e-3, (90, 90)),
    ],
    ids=["white", "zeros", "sevens", "dark noise", "paper", "one pixel", "paper of floats"],
)
def test_blank_image_becomes_zeros_with_a_warning(blank):
    with pytest.warns(UserWarning, match=r"2 of 4 images in X are blank \(indices 1, 3\)"):
        ours = normalized(SEVEN, blank, SEVEN, blank)
    assert list(ours.any(axis=(1, 2))) == [True, False, True, False]


def test_warning_of_blank_images_explains_the_scale_of_uint8(digits):
    image = np.minimum(digits[0][0], 15).reshape(8, 8).astype(np.uint8)
    message = "are set to 0; uint8 pixels are read on a scale from 0 to 255; only other types"
    with pytest.warns(UserWarning, match=message):
        normalized(image)
    with pytest.warns(UserWarning, match="its pixels are set to 0$"):
        normalized(0 * image)
    assert normalized(image.astype(float)).any()


def test_image_files_are_read(tmp_path):
    paths = []
    for suffix in ("png", "bmp", "jpg", "gif"):
        paths.append(tmp_path / f"seven.{suffix}")
        SEVEN.save(paths[-1])
    turned = SEVEN.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # "rotate 270 degrees to view it"
    turned.save(tmp_path / "turned.jpg", exif=exif)
    expected = normalized(SEVEN)[0]
    column = pd.Series([str(path) for path in paths])
    for X in (column, column.to_numpy(), np.array(paths)):
        np.testing.assert_array_equal(
            DigitImageNormalizer().transform(X), [*map(np.ravel, normalized(*paths))]
        )
    opened = Image.open(tmp_path / "turned.jpg")
    for ours in normalized(*paths, str(paths[0]), tmp_path / "turned.jpg", opened):
        assert_alike(ours, expected, tolerance=3)
    with pytest.raises(FileNotFoundError, match="missing"):
        normalized(tmp_path / "missing.png")
    (tmp_path / "text.png").write_text("seven")
    with pytest.raises(OSError, match=r"text\.png"):
        normalized(tmp_path / "text.png")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (SEVEN, "X must be a sequence of images; got a single one"),
        ("seven.png", "X must be a sequence of images; got a single one"),
        (np.zeros((2, 3, 4, 5)), r"image 0 of X has shape \(3, 4, 5\).* 1, 3 or 4 channels"),
        (np.zeros((2, 3, 4, 5, 3)), "got shape"),
        ([np.full((9, 9), np.nan)], "image 0 of X must hold finite real"),
        ([np.full((9, 9), 1j)], "image 0 of X must hold finite real"),
        ([np.zeros((9, 9, 4))], "image 0 of X must be uint8 to have 4 channels; got float64"),
        ([np.zeros((0, 9))], r"image 0 of X has shape \(0, 9\)"),
        ([], "X must hold at least one image; got none"),
        (np.zeros((30, 20, 3), np.uint8), r"a single one, an array of shape \(30, 20, 3\): pass"),
        ([SEVEN, None], "X must be a sequence of images; element 1 is NoneType$"),
        (np.array([SEVEN, 3], dtype=object), "X must be a sequence of images; element 1 is int$"),
        ([None], "X must be a sequence of images; element 0 is NoneType$"),
        ([1, 2], "X must be a sequence of images; element 0 is int$"),
        ((image for image in [SEVEN]), "X must be a sequence of images; got generator$"),
        (None, "X must be a sequence of images; got NoneType$"),
        ([SEVEN, Image.new("L", (0, 5))], r"image 1 of X has no pixels.*\(0, 5\)"),
        ([np.full((9, 9, 3), "a")], "image 0 of X must hold finite real"),
    ],
)
def test_input_other_than_images_is_an_error(X, message):
    for method in ("transform", "fit_transform"):
        with pytest.raises(ValueError, match=message) as error:
            getattr(DigitImageNormalizer(), method)(X)
        assert "\n" not in str(error.value)


def test_rows_of_pixels():
    square = np.asarray(SEVEN.resize((40, 40)))
    oblong = np.asarray(SEVEN)
    np.testing.assert_array_equal(
        DigitImageNormalizer().fit_transform(square.reshape(1, -1))[0],
        normalized(square)[0].ravel(),
    )
    np.testing.assert_array_equal(
        DigitImageNormalizer(image_shape=(300, 200)).fit_transform(oblong.reshape(1, -1))[0],
        normalized(oblong)[0].ravel(),
    )
    for wrong, message in (
        ((7, 9), "image_shape is 7 x 9, but X has 60000 features"),
        ((-300, -200), "image_shape must be two ints of at least 1"),
        ((300, 200, 1), "image_shape must be two ints of at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            DigitImageNormalizer(image_shape=wrong).transform(oblong.reshape(1, -1))
    with pytest.raises(ValueError, match="'polarity' parameter"):
        normalized(SEVEN, polarity="dark")


def test_nested_lists_are_arrays():
    images = np.asarray(SEVEN.resize((20, 30)))[None].repeat(2, 0)
    ours = DigitImageNormalizer().fit_transform(images.astype(float).tolist())
    assert_alike(ours, DigitImageNormalizer().fit_transform(images), tolerance=1)


def test_faint_shadow_does_not_outweigh_the_digit():
    scene = np.full((400, 400), 240, np.uint8)
    scene[20:180, 20:380] = 185
    scene[230:370, 100:180] = np.asarray(SEVEN.resize((80, 140)))
    ours = normalized(scene)[0]
    assert (ours > 0).sum() > 30


def test_pipeline_with_a_fitted_classifier(mnist_classifier):
    model = make_pipeline(DigitImageNormalizer(), mnist_classifier)
    assert list(model.predict([SEVEN, np.asarray(drawn(shift=(40, 50), ink=255, paper=0))])) == [
        7,
        7,
    ]
    frame = DigitImageNormalizer().set_output(transform="pandas").transform([SEVEN])
    assert frame.shape == (1, 784)


def test_failed_fit_changes_nothing():
    names = list("abcd")
    normalizer = DigitImageNormalizer().fit(pd.DataFrame(np.eye(4), columns=names))
    with pytest.raises(ValueError, match="NaN"):
        normalizer.fit(pd.DataFrame(np.full((2, 9), np.nan), columns=list("ABCDEFGHI")))
    assert normalizer.n_features_in_ == 4
    assert list(normalizer.feature_names_in_) == names


def test_rows_that_are_not_square_become_lines_with_a_warning():
    with pytest.warns(UserWarning, match="6 features, which is not a square number"):
        DigitImageNormalizer().transform(np.eye(2, 6))


def test_square_array_may_be_a_single_image():
    image = 255 * np.eye(36, dtype=np.uint8)
    message = r"X of shape \(36, 36\) is read as 36 images of 6 x 6 pixels; pass \[X\] if it is a"
    with pytest.warns(UserWarning, match=message):
        assert DigitImageNormalizer().transform(image).shape == (36, 784)
    with warnings.catch_warnings(action="error", category=UserWarning):
        DigitImageNormalizer(image_shape=(6, 6)).transform(image)


def test_a_refit_on_images_forgets_the_number_of_pixels():
    normalizer = DigitImageNormalizer().fit(np.zeros((2, 784)))
    normalizer.fit(np.zeros((2, 9, 9)))
    assert not hasattr(normalizer, "n_features_in_")
    with pytest.warns(UserWarning, match="blank"):
        assert normalizer.transform(np.zeros((2, 64))).shape == (2, 784)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_damaged_file_is_named(suffix, tmp_path):
    path = tmp_path / f"seven.{suffix}"
    SEVEN.save(path)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(OSError, match=rf"image file '.*seven\.{suffix}' is damaged: "):
        normalized(path)


def png(side, *chunks):
    """A square PNG file of the given size and chunks, which need not be consistent."""
    header = b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for kind, values in (header, *chunks, (b"IEND", b"")):
        checksum = struct.pack(">I", zlib.crc32(kind + values))
        content += struct.pack(">I", len(values)) + kind + values + checksum
    return content


def test_file_with_a_damaged_part_is_named(tmp_path):
    """Pillow raises a SyntaxError."""
    path = tmp_path / "seven.png"
    path.write_bytes(png(28, (b"IDAT", zlib.compress(bytes(9))[:5]), (bytes(4), b"")))
    with pytest.raises(OSError, match=r"image file '.*seven\.png' is damaged: broken PNG"):
        normalized(path)


@pytest.mark.parametrize("convert", [str, lambda path: path])
def test_decompression_bombs(convert, tmp_path):
    """Pillow's limit holds for files; docs/security.md relies on it."""
    path = tmp_path / "large.png"
    path.write_bytes(png(20_000, (b"IDAT", zlib.compress(b"\0"))))
    with pytest.raises(Image.DecompressionBombError, match="400000000 pixels"):
        normalized(convert(path))
    path.write_bytes(png(10_000, (b"IDAT", zlib.compress(b"\0"))))
    with (
        pytest.warns(Image.DecompressionBombWarning, match="100000000 pixels"),
        pytest.raises(OSError, match="damaged"),
    ):
        normalized(convert(path))
