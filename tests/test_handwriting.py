"""Pictures of digits come out as the data set has them: cropped, scaled, centred, light on dark."""

import builtins
import warnings

import numpy as np
import pytest

import autodiff
from autodiff import nn, optim
from autodiff.data import DataLoader, load_mnist_small
from autodiff.handwriting import centred, read_digit, read_grey

from .long import ALL

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")


def file_of(grey, path):
    """Save numbers from 0 to 1 as an image."""
    Image.fromarray((np.clip(grey, 0.0, 1.0) * 255).round().astype(np.uint8)).save(path)
    return path


def enlarged(digit, side=224):
    small = Image.fromarray((digit.reshape(28, 28) * 255).astype(np.uint8))
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC)) / 255


def sheet(digit, draw, height=400, width=320):
    """Put a digit somewhere on an empty sheet: how much ink there is at each place."""
    page = np.zeros((height, width))
    big = enlarged(digit)
    top, left = draw.integers(0, height - 224), draw.integers(0, width - 224)
    page[top : top + 224, left : left + 224] = big
    return page


def light(draw, height=400, width=320):
    """Light that falls off from one side to another."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = draw.uniform(0, 2 * np.pi)
    return 0.65 + 0.2 * (np.cos(angle) * x + np.sin(angle) * y)


def photographed(digit, draw, contrast=0.7):
    grey = light(draw) * (1.0 - contrast * sheet(digit, draw))
    return grey + draw.normal(0.0, 0.03, grey.shape)


def in_half_a_shadow(digit, draw):
    shadow = np.where(np.arange(320) > draw.integers(60, 260), 0.65, 1.0)
    return shadow * photographed(digit, draw)


def on_a_blackboard(digit, draw):
    grey = light(draw) * (0.15 + 0.75 * sheet(digit, draw))
    return grey + draw.normal(0.0, 0.02, grey.shape)


WAYS = {
    "as it is": lambda digit, draw: digit.reshape(28, 28),
    "inverted": lambda digit, draw: 1.0 - digit.reshape(28, 28),
    "enlarged": lambda digit, draw: enlarged(digit),
    "small on a large sheet": lambda digit, draw: 0.9 - 0.8 * np.pad(enlarged(digit, 90), 300),
    "photographed": photographed,
    "in pencil": lambda digit, draw: photographed(digit, draw, 0.35),
    "in half a shadow": in_half_a_shadow,
    "on a blackboard": on_a_blackboard,
}


@pytest.fixture(scope="module")
def reader():
    """A network that reads digits, and a hundred of them that it reads."""
    (x, y), (x_test, y_test) = load_mnist_small()
    autodiff.seed(0)
    model = nn.Sequential(nn.Linear(784, 64, init=nn.he), nn.ReLU(), nn.Linear(64, 10))
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    for epoch in range(4):
        for images, labels in DataLoader(x, y, batch_size=100, shuffle=True, seed=epoch):
            optimizer.zero_grad()
            nn.cross_entropy(model(images), labels).backward()
            optimizer.step()
    right = np.flatnonzero(model(x_test).numpy().argmax(1) == y_test)
    chosen = np.random.default_rng(0).choice(right, 100, replace=False)
    return model, x_test[chosen], y_test[chosen]


# Every day some of them will do; AUTODIFF_TESTS=all reads in all ways.
OFTEN = [way for way in WAYS if ALL or way == "photographed"]


@pytest.mark.slow
@pytest.mark.parametrize("way", [WAYS[way] for way in OFTEN], ids=OFTEN)
def test_what_is_read_in_the_data_set_is_read_in_a_picture(reader, tmp_path, way):
    model, digits, labels = reader
    draw = np.random.default_rng(1)
    pictures = [read_digit(file_of(way(digit, draw), tmp_path / "digit.png")) for digit in digits]
    found = model(np.stack(pictures).reshape(100, 784)).numpy().argmax(1)
    assert (found == labels).mean() >= 0.95
    assert np.abs(np.stack(pictures).reshape(100, 784) - digits).mean() < 0.06


def test_the_form_is_that_of_the_data_set(tmp_path):
    _, (digits, _) = load_mnist_small()
    draw = np.random.default_rng(2)
    for digit in digits[::40]:
        image = read_digit(file_of(photographed(digit, draw), tmp_path / "digit.png"))
        assert (image.shape, image.dtype, image.max()) == ((28, 28), np.float32, 1.0)
        assert image.min() == 0.0
        rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
        for axis in (0, 1):
            mass = image.sum(axis)
            assert abs(mass @ np.arange(28) / mass.sum() - 14.0) <= 0.5


def test_the_ratio_of_the_sides_stays():
    ring = np.zeros((60, 90))
    ring[10:50, 20:80] = 1.0
    ring[18:42, 28:72] = 0.0
    image = centred(ring)
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    assert (len(rows), len(columns)) == (13, 20)  # 40 by 60


def test_a_digit_of_lopsided_mass_stays_inside_the_picture():
    corner = np.zeros((40, 40))
    corner[:38, :2] = 0.1
    corner[36:, :] = 1.0
    image = centred(corner)
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    assert (rows[0], rows[-1], len(columns)) == (0, 19, 20)


@pytest.mark.parametrize("width, least, most", [(1, 1.4, 2.2), (9, 1.4, 2.2), (30, 2.9, 3.7)])
def test_a_thin_pen_is_widened_to_what_the_data_set_has(width, least, most):
    sheet = np.zeros((200, 200))
    sheet[10:190, 100 : 100 + width] = 1.0
    line = centred(sheet).sum(1)
    assert least < line[line > 0.0].mean() < most


# -- files of all kinds ----------------------------------------------------------------------------


def stroke(mode, paper, pen):
    """Draw a 7, which looks different turned by any angle, or mirrored."""
    image = Image.new(mode, (120, 120), paper)
    image.paste(pen, (40, 20, 85, 30))
    image.paste(pen, (75, 30, 85, 100))
    return image


SEVEN = stroke("L", 255, 0)


@pytest.mark.parametrize(
    "image",
    [
        stroke("RGB", (250, 240, 200), (20, 20, 120)),
        stroke("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)),  # dark on nothing
        stroke("RGBA", (255, 255, 255, 0), (255, 255, 255, 255)),  # light on nothing
        stroke("RGBA", (255, 255, 255, 255), (0, 0, 0, 255)),
        stroke("LA", (0, 0), (0, 255)),
        stroke("1", 1, 0),
        stroke("L", 0, 255),
        stroke("RGB", (255, 255, 255), (200, 0, 0)).quantize(4),
        stroke("I;16", 60000, 9000),
        stroke("I;16", 300, 40),  # 16 bits of which the upper are empty
    ],
    ids=lambda image: image.mode,
)
def test_every_kind_of_image_gives_the_same_digit(tmp_path, image):
    expected = read_digit(_saved(SEVEN, tmp_path / "seven.png"))
    image.save(tmp_path / "image.png")
    np.testing.assert_allclose(read_digit(tmp_path / "image.png"), expected, atol=0.02)


def _saved(image, path):
    image.save(path)
    return path


def test_a_palette_with_transparency_is_read_without_a_warning(tmp_path):
    image = stroke("P", 0, 1)
    image.putpalette([0, 0, 0, 10, 10, 10])
    image.save(tmp_path / "palette.png", transparency=bytes([0, 255]))
    expected = read_digit(_saved(SEVEN, tmp_path / "seven.png"))
    np.testing.assert_allclose(read_digit(tmp_path / "palette.png"), expected, atol=0.02)


def test_a_sheet_with_transparent_corners_is_paper(tmp_path):
    image = stroke("RGBA", (240, 240, 240, 255), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 120, 12))
    image.save(tmp_path / "scan.png")
    expected = read_digit(_saved(SEVEN, tmp_path / "seven.png"))
    np.testing.assert_allclose(read_digit(tmp_path / "scan.png"), expected, atol=0.02)


def test_a_photo_is_turned_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    turned = SEVEN.transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    expected = read_digit(_saved(SEVEN, tmp_path / "seven.png"))
    np.testing.assert_allclose(read_digit(tmp_path / "photo.jpg"), expected, atol=0.1)


@pytest.mark.parametrize(
    "grey",
    [
        np.full((100, 100), 0.9),
        np.zeros((5, 5)),
        np.linspace(0.2, 0.9, 10_000).reshape(100, 100),
        0.7 + np.random.default_rng(0).normal(0.0, 0.02, (200, 300)),
        np.full((1, 1), 0.5),
    ],
    ids=["white", "black", "shadow", "noise", "one pixel"],
)
def test_a_picture_without_ink_is_refused(tmp_path, grey):
    with pytest.raises(ValueError, match=r"digit\.png: no digit to be seen; expected dark ink"):
        read_digit(file_of(grey, tmp_path / "digit.png"))


def test_nothing_but_transparency_is_refused(tmp_path):
    Image.new("RGBA", (30, 30)).save(tmp_path / "empty.png")
    with pytest.raises(ValueError, match=r"empty\.png.* no digit to be seen"):
        read_digit(tmp_path / "empty.png")


def test_what_is_no_image_is_refused_in_one_line(tmp_path):
    (tmp_path / "text.png").write_text("a digit")
    SEVEN.save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:120])
    for name, kind, message in [
        ("text.png", ValueError, r"text\.png is not an image; expected a PNG, a JPEG"),
        ("half.png", ValueError, r"half\.png cannot be read as an image: "),
        ("nothing.png", FileNotFoundError, r"nothing\.png is not there; expected an image"),
        (".", ValueError, r" cannot be read as an image: "),
    ]:
        with pytest.raises(kind, match=message) as caught:
            read_digit(tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("limit", [100, 10_000])  # twice as many raise in Pillow, fewer warn
def test_an_image_of_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path, monkeypatch, limit):
    path = _saved(SEVEN, tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(ValueError, match=r"bomb\.png has more than [\d,]+ pixels; .* smaller"):
        read_digit(path)


def test_a_large_picture_is_made_smaller_at_once(tmp_path):
    SEVEN.resize((3000, 1500)).save(tmp_path / "large.png")
    assert read_grey(tmp_path / "large.png").shape == (100, 200)


def test_without_pillow_it_is_told_what_to_install(tmp_path, monkeypatch):
    original = builtins.__import__

    def without(name, *args, **options):
        if name.partition(".")[0] == "PIL":
            raise ModuleNotFoundError("No module named 'PIL'")
        return original(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r'Pillow, .*run pip install "\.\[plot\]"'):
        read_digit(tmp_path / "any.png")


def test_reading_leaves_the_filters_of_warnings_alone(tmp_path):
    before = list(warnings.filters)
    read_digit(_saved(SEVEN, tmp_path / "seven.png"))
    assert warnings.filters == before
