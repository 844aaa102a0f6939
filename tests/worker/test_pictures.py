"""Picture files of every kind: what a network is given equals what Pillow and Keras's own loader read."""

from __future__ import annotations

import contextlib
import io
import zlib
from pathlib import Path

import keras
import numpy as np
import pytest
from picture_files import COLOUR, DEEP, DEEP_GREY, EIGHT_BITS, PIXELS, encoded, write
from PIL import Image

from nn_blender.core.inputs.preprocessing import PRESETS, Preprocessing
from nn_blender.worker.samples import pictures
from nn_blender.worker.samples.pictures import read_picture
from nn_blender.worker.samples.readers import UnreadableSample

GREY = Preprocessing(size=None, channels=1, colour="grey", range=(0.0, 255.0))
RGB = Preprocessing(size=None, channels=3, range=(0.0, 255.0))
RGBA = Preprocessing(size=None, channels=4, range=(0.0, 255.0))
MODES = {"grayscale": GREY, "rgb": RGB, "rgba": RGBA}


def given(file: Path, preprocessing: Preprocessing) -> np.ndarray:
    """What the network is given: float32 (height, width, channels)."""
    return preprocessing.scale(read_picture(file, preprocessing).levels)


def saved(folder: Path, picture: Image.Image, name: str = "picture.png", **options: object) -> Path:
    picture.save(folder / name, **options)
    return folder / name


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", EIGHT_BITS)
def test_a_picture_is_what_keras_reads(name, mode, tmp_path):
    file = write(tmp_path, name)
    expected = keras.utils.img_to_array(keras.utils.load_img(file, color_mode=mode))
    np.testing.assert_array_equal(given(file, MODES[mode]), expected)


@pytest.mark.parametrize("name", DEEP_GREY)
def test_sixteen_bits_reach_the_network_whole(name, tmp_path):
    file = write(tmp_path, name)
    levels = DEEP[..., :1].astype(np.float64)
    expected = keras.utils.img_to_array(keras.utils.load_img(write(tmp_path, "16-bits.png"), color_mode="grayscale"))
    np.testing.assert_array_equal(given(file, Preprocessing(None, 1, range=(0.0, 65535.0))), expected)
    np.testing.assert_array_equal(given(file, Preprocessing(None, 1)), (levels / 65535).astype("float32"))
    np.testing.assert_array_equal(given(file, RGB), np.repeat((levels / 257).astype("float32"), 3, axis=2))
    np.testing.assert_array_equal(given(file, RGBA)[..., 3], 255.0)


def test_twelve_bits_in_sixteen_stay_dark_and_keep_their_steps(tmp_path):
    levels = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    values = given(saved(tmp_path, Image.fromarray(levels), "twelve.tif"), Preprocessing(None, 1))
    np.testing.assert_array_equal(values[..., 0], (levels / 65535).astype("float32"))


def test_sixteen_bits_are_resized_as_eight_are_without_rounding(tmp_path):
    pixels = (PIXELS[..., 0] // 3 + 80).astype(np.uint8)  # Far enough from the ends, where Pillow cuts twice.
    eight, sixteen = Image.fromarray(pixels), Image.fromarray(pixels.astype(np.uint16) * 257)
    for resize in ("fit", "fill", "stretch"):
        preprocessing = Preprocessing((11, 6), 1, range=(0.0, 255.0), resize=resize)
        rounded = given(saved(tmp_path, eight, "eight.png"), preprocessing)
        exact = given(saved(tmp_path, sixteen, "sixteen.png"), preprocessing)
        assert exact.shape == (11, 6, 1)
        assert np.abs(exact - rounded).max() <= 1.0  # Pillow rounds after each direction.
        assert (exact != np.rint(exact)).any()


def test_resizing_makes_nothing_darker_than_black_or_brighter_than_full_brightness(tmp_path):
    ends = np.zeros((6, 6), np.uint16)
    ends[2:4] = 65535
    values = given(saved(tmp_path, Image.fromarray(ends)), Preprocessing((9, 9), 1, resize="stretch"))
    assert (values.min(), values.max()) == (0.0, 1.0)


def test_a_value_of_sixteen_bits_may_be_transparent(tmp_path):
    file = saved(tmp_path, Image.fromarray(np.uint16([[500, 40000]])), transparency=500)
    white = Preprocessing(None, 1, range=(0.0, 65535.0), background="white")
    assert given(file, white)[0, :, 0].tolist() == [65535.0, 40000.0]
    assert given(file, RGBA)[0, :, 3].tolist() == [0.0, 255.0]
    assert given(file, RGB)[0, 0].tolist() == pytest.approx([500 / 257] * 3)


def test_floating_point_enters_as_it_is_stored_where_black_is_0_and_white_1(tmp_path):
    values = np.float32([[-1.5, 0.1, 1.0], [np.nan, 300.7, np.inf]])
    file = saved(tmp_path, Image.fromarray(values), "float.tif")
    np.testing.assert_array_equal(given(file, Preprocessing(None, 1))[..., 0], values)
    np.testing.assert_allclose(given(file, RGB), np.repeat(values[..., np.newaxis] * 255, 3, axis=2), rtol=1e-6)
    assert read_picture(file, RGB).remarks[0].startswith("floating point, where 1 is full brightness")


def test_a_part_that_is_no_number_leaves_the_rest_of_a_resized_picture_what_it_is(tmp_path):
    values = np.full((40, 40), -1000.0, np.float32)
    values[0, 0] = np.nan
    file = saved(tmp_path, Image.fromarray(values), "scan.tif")
    resized = given(file, Preprocessing((20, 20), 1))[..., 0]
    assert np.isnan(resized[0, 0])
    np.testing.assert_allclose(resized[10:, 10:], -1000.0, rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in EIGHT_BITS if Image.open(io.BytesIO(EIGHT_BITS[name])).mode != "1"])
@pytest.mark.parametrize("background", ["black", "white"])
def test_a_background_shows_through_transparent_parts(name, background, tmp_path):
    file = write(tmp_path, name)
    clear = Image.open(file).convert("RGBA")
    behind = Image.alpha_composite(Image.new("RGBA", clear.size, background), clear).convert("RGB")
    chosen = RGB.with_choices(background=background)
    if clear.getextrema()[3][0] < 255:
        np.testing.assert_array_equal(given(file, chosen), np.asarray(behind, "float32"))
        assert any(background in remark for remark in read_picture(file, chosen).remarks)
    else:
        np.testing.assert_array_equal(given(file, chosen), given(file, RGB))


def test_hidden_white_stays_white_and_hidden_black_black(tmp_path):
    for level in (255, 0):
        file = saved(tmp_path, Image.new("RGBA", (4, 4), (level, level, level, 0)))
        for preprocessing in (GREY, RGB):
            assert (given(file, preprocessing) == level).all()
        assert (given(file, RGB.with_choices(background="white")) == 255).all()
        assert not given(file, GREY.with_choices(background="black")).any()


def test_a_photograph_is_turned_only_where_that_is_chosen(tmp_path):
    picture = Image.new("L", (4, 2))
    picture.putpixel((0, 0), 255)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = saved(tmp_path, picture, exif=exif)
    stored = read_picture(file, GREY)
    np.testing.assert_array_equal(stored.levels[..., 0], np.asarray(picture))
    assert "not turned" in stored.remarks[0]
    upright = read_picture(file, GREY.with_choices(orientation="upright"))
    assert upright.levels.shape == (4, 2, 1)
    assert upright.levels[0, 1, 0] == 255
    assert upright.remarks == ("turned as its EXIF orientation says",)


@pytest.mark.parametrize("turned", range(1, 9))
def test_every_orientation_is_undone(turned, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = turned
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Numbers of Image.Transpose that store the picture so.
    stored = COLOUR.transpose(Image.Transpose(back[turned])) if turned > 1 else COLOUR
    file = saved(tmp_path, stored, exif=exif)
    np.testing.assert_array_equal(given(file, RGB.with_choices(orientation="upright")), np.asarray(COLOUR))
    np.testing.assert_array_equal(given(file, RGB), np.asarray(stored))


def test_a_picture_says_what_of_it_is_not_read(tmp_path):
    remarks = {name: read_picture(write(tmp_path, name), RGB).remarks for name in (*EIGHT_BITS, *DEEP_GREY)}
    assert remarks["plain.png"] == remarks["grey.jpg"] == remarks["cmyk.tif"] == ()
    cut = ("16 bits per colour, of which the upper 8 are read, as in Keras",)
    assert remarks["48-bits.png"] == cut
    first = "the first of several images in the file is read"
    assert remarks["pages.tif"] == remarks["animated.gif"] == (first,)
    assert remarks["animated.webp"] == (first, remarks["alpha.png"][0])
    assert {remarks[name] for name in DEEP_GREY} == {(pictures.SIXTEEN_BITS,)}
    assert read_picture(write(tmp_path, "alpha.png"), RGBA).remarks == ()


def test_an_opaque_picture_with_alpha_has_no_transparent_parts(tmp_path):
    assert read_picture(saved(tmp_path, COLOUR.convert("RGBA")), RGB).remarks == ()


def test_colours_in_grey_are_the_same_for_one_channel_and_for_three(tmp_path):
    for name in EIGHT_BITS:
        file = write(tmp_path, name)
        one, three = given(file, GREY), given(file, RGB.with_choices(colour="grey"))
        np.testing.assert_array_equal(three, np.repeat(one, 3, axis=2))


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_mean_the_same_for_deep_pictures(preset, tmp_path):
    preprocessing = Preprocessing(None, 3).with_choices(**PRESETS[preset])
    eight = given(saved(tmp_path, Image.fromarray(PIXELS[..., 0]), "eight.png"), preprocessing)
    deep = given(saved(tmp_path, Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257), "deep.png"), preprocessing)
    np.testing.assert_allclose(deep, eight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("resize", "corners"), [("fit", 0), ("fill", 255), ("stretch", 255)])
def test_pictures_are_padded_cropped_or_stretched_to_the_size(resize, corners, tmp_path):
    for picture in (Image.new("L", (8, 4), 255), Image.fromarray(np.full((4, 8), 65535, np.uint16))):
        file = saved(tmp_path, picture)
        pixels = given(file, Preprocessing((8, 8), 1, (0.0, 255.0), resize=resize))
        assert pixels.shape == (8, 8, 1)
        assert pixels[4, 4, 0] == 255
        assert pixels[0, 0, 0] == corners


def test_the_border_is_black_for_the_network_also_where_the_picture_is_inverted(tmp_path):
    for picture in (Image.new("L", (8, 4), 200), Image.fromarray(np.full((4, 8), 200 * 257, np.uint16))):
        values = given(saved(tmp_path, picture), Preprocessing(size=(8, 8), channels=1, invert=True))
        assert values[0, 0, 0] == 0.0
        assert values[4, 4, 0] == pytest.approx(55 / 255)


def test_pictures_with_too_many_pixels_are_refused(tmp_path, monkeypatch):
    file = saved(tmp_path, Image.new("L", (40, 40)))
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1000)
    with pytest.raises(UnreadableSample, match="too large"):
        read_picture(file, GREY)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path):
    file = tmp_path / "bomb.png"
    small = encoded(Image.new("1", (8, 8)), "PNG")
    at = small.index(b"IHDR")
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + small[at + 12 : at + 17]
    file.write_bytes(small[:at] + head + zlib.crc32(head).to_bytes(4, "big") + small[at + 21 :])
    with pytest.raises(UnreadableSample, match="pixels"):
        read_picture(file, GREY)


@pytest.mark.parametrize("name", ["plain.jpg", "plain.png", "plain.bmp", "plain.jp2", "16-bits.png"])
def test_a_truncated_picture_is_called_so(name, tmp_path):
    file = write(tmp_path, name)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableSample, match="truncated or damaged"):
        read_picture(file, RGB)


def test_any_damage_is_a_reason_and_nothing_else(tmp_path):
    random = np.random.default_rng(2)
    for name, data in {**EIGHT_BITS, **DEEP_GREY}.items():
        file = tmp_path / name
        for _ in range(12):
            mutated = np.frombuffer(data, np.uint8).copy()
            mutated[random.integers(0, len(mutated), 3)] = random.integers(0, 256, 3)
            file.write_bytes(mutated.tobytes()[: random.integers(1, len(mutated) + 1)])
            with contextlib.suppress(UnreadableSample):
                assert read_picture(file, RGB).levels.shape[2] == 3


def test_what_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>404</html>")
    with pytest.raises(UnreadableSample, match="not an image"):
        read_picture(tmp_path / "page.jpg", GREY)
    with pytest.raises(UnreadableSample, match="does not exist"):
        read_picture(tmp_path / "missing.jpg", GREY)
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(UnreadableSample, match="cannot be read: Is a directory"):
        read_picture(tmp_path / "folder.jpg", GREY)
