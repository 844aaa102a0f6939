"""Maps over what they are of: colours where the values are, every word of the legend inside the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from nn_blender.core.explanations import Target
from nn_blender.core.inputs import INPUT_KINDS, NetworkInput
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.network import TensorSpec
from nn_blender.core.recording import SampleValue
from nn_blender.core.requests.explanations import Captions
from nn_blender.worker.explanations import overlay_pictures
from nn_blender.worker.explanations.letters import Letters
from nn_blender.worker.explanations.overlay_colours import AGAINST, FOR, on_paper
from nn_blender.worker.explanations.overlay_pictures import LEAST_SIDE, MARGIN, PAPER, Subject, draw_subject
from nn_blender.worker.explanations.overlays import Legend, draw_overlay, scale_of, target_text
from nn_blender.worker.explanations.word_steps import step_counter
from nn_blender.worker.samples.readers import make_reader

LEGEND = Legend("Gradient", "derived", "class 7: 99.8 %", 1.0)


def subject(kind: str, read: np.ndarray, values: np.ndarray, scale: float = 1.0, is_signed: bool = False) -> Subject:
    dtype = {"tokens": "int32", "text": "string"}.get(kind, "float32")
    reader = make_reader(NetworkInput("facts", kind, ""), TensorSpec("facts", read.shape, dtype))
    return Subject("facts", INPUT_KINDS.find(kind), reader, read, values, scale, is_signed, Letters())


def picture_of(tmp_path: Path, values: np.ndarray, is_signed: bool) -> tuple[np.ndarray, np.ndarray]:
    """What is drawn of a grey picture of 28 × 28, and the picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    about = NetworkInput("photo", "image", "", Preprocessing(size=(28, 28), channels=1))
    reader = make_reader(about, TensorSpec("photo", (28, 28, 1)))
    read = reader.read(SampleValue(str(tmp_path / "a.png")))
    drawn = draw_subject(Subject("photo", INPUT_KINDS.find("image"), reader, read, values, 1.0, is_signed, Letters()))
    return np.asarray(drawn), pixels


def is_coloured(pixels: np.ndarray) -> np.ndarray:
    return pixels.max(axis=-1).astype(int) - pixels.min(axis=-1) > 12


def test_a_picture_is_enlarged_by_a_whole_factor_and_coloured_only_where_the_map_is_not_0(tmp_path: Path) -> None:
    values = np.zeros((28, 28), np.float32)
    values[3, 20] = 1.0
    values[10, 5] = 0.25
    drawn, pixels = picture_of(tmp_path, values, is_signed=False)
    assert drawn.shape == (LEAST_SIDE, LEAST_SIDE, 3)
    small = drawn[8::16, 8::16]
    np.testing.assert_array_equal(np.kron(small, np.ones((16, 16, 1), np.uint8)), drawn)
    where = is_coloured(small)
    assert np.argwhere(where).tolist() == [[3, 20], [10, 5]]
    red, green, blue = small[3, 20].astype(int)
    assert red > 200
    assert green > 180
    assert blue < 90
    # What is under it keeps its order of brightness.
    assert (np.argsort(small[~where][:, 0], kind="stable") == np.argsort(pixels[~where], kind="stable")).mean() > 0.5
    assert np.corrcoef(small[~where][:, 0], pixels[~where])[0, 1] > 0.999


def test_signed_maps_are_orange_for_and_blue_against_and_what_is_not_finite_is_not_coloured(tmp_path: Path) -> None:
    values = np.zeros((28, 28), np.float32)
    values[0, 0], values[1, 1], values[2, 2], values[3, 3] = 1, -1, np.nan, -np.inf
    drawn, _ = picture_of(tmp_path, values, is_signed=True)
    small = drawn[8::16, 8::16].astype(int)
    np.testing.assert_allclose(small[0, 0], FOR, atol=24)
    np.testing.assert_allclose(small[1, 1], AGAINST, atol=24)
    assert not is_coloured(small[[2, 3], [2, 3]]).any()


def test_maps_of_one_sample_have_one_scale_and_few_outliers_do_not_decide() -> None:
    first, second = np.linspace(0, 1, 1000), np.linspace(-4, 2, 1000)
    assert scale_of([first, second]) == 4
    second[0] = -1000
    assert scale_of([first, second]) < 4.01
    assert scale_of([first, second], is_smooth=True) == 1000
    assert scale_of([np.array([1.0, 2.0, 50.0])]) == 50
    assert scale_of([np.array([1.0, 2.0, np.nan, np.inf])]) == 2
    assert scale_of([np.zeros(3), np.full(3, np.nan)]) == 0
    rare = np.zeros(1000)
    rare[7] = 3
    assert scale_of([rare]) == 3


@pytest.mark.parametrize("target", ["class 7: 99.8 %", "x" * 300, ""])
@pytest.mark.parametrize("highest", [1.0, 12345.678, np.nan])
@pytest.mark.parametrize("kind", ["table", "sequence", "tokens", "volume"])
def test_nothing_of_a_legend_is_cut_off(kind: str, target: str, highest: float) -> None:
    read = np.arange(8).astype("int32" if kind == "tokens" else "float32")
    read = read.reshape(2, 2, 2, 1) if kind == "volume" else read
    drawn = draw_overlay(
        subject(kind, read, np.ones(read.shape, np.float32)), Legend("Gradient", "derived", target, highest)
    )
    strip = np.asarray(drawn)[-60:]
    assert drawn.width >= LEAST_SIDE
    for edge in (strip[:, : MARGIN - 2], strip[:, 2 - MARGIN :], strip[-4:]):
        assert (edge == PAPER).all()
    assert (strip < 100).any()


def test_bars_are_as_long_as_the_values_of_features() -> None:
    read = np.array([3.0, -1.0, 0.5, 2.0], np.float32)
    unsigned = np.asarray(draw_subject(subject("table", read, np.array([0.25, 0.5, 1.0, 0.0], np.float32))))
    lengths = [(unsigned[MARGIN + 24 * row + 12] == FOR).all(axis=-1).sum() for row in range(4)]
    np.testing.assert_allclose(np.array(lengths) / lengths[2], [0.25, 0.5, 1, 0], atol=0.02)
    values = np.array([0.5, -1.0, 0.0, 1.0], np.float32)
    signed = np.asarray(draw_subject(subject("table", read, values, is_signed=True)))
    against = [(signed[MARGIN + 24 * row + 12] == AGAINST).all(axis=-1).sum() for row in range(4)]
    assert [length > 0 for length in against] == [False, True, False, False]


def test_of_many_features_those_with_the_longest_bars_are_drawn() -> None:
    values = np.zeros(500, np.float32)
    values[::50] = 1
    drawn = draw_subject(subject("table", np.zeros(500, np.float32), values))
    assert drawn.height < 41 * 24 + 3 * MARGIN
    rows = np.asarray(drawn)
    assert sum(bool((row == FOR).all(axis=-1).any()) for row in rows[MARGIN + 12 :: 24]) == 10


def test_tokens_have_the_colours_of_their_steps_and_padding_is_one_token() -> None:
    read = np.array([5, 9, 7, *[0] * 60], np.int32)
    values = np.zeros(63, np.float32)
    values[1], values[40] = 1, -0.5
    drawn = np.asarray(draw_subject(subject("tokens", read, values, is_signed=True)))
    assert len(drawn) < 3 * MARGIN + 26
    assert (drawn == on_paper(1, PAPER)).all(axis=-1).any()
    assert (drawn == on_paper(-0.5, PAPER)).all(axis=-1).any()


def test_a_long_text_is_written_in_lines_inside_the_page() -> None:
    read = np.array("word " * 200 + "a" * 400, object)
    drawn = np.asarray(draw_subject(subject("text", read, np.ones(100, np.float32))))
    assert len(drawn) > 10 * 26
    for edge in (drawn[:, : MARGIN - 1], drawn[:, 1 - MARGIN :], drawn[: MARGIN - 1], drawn[1 - MARGIN :]):
        assert (edge == PAPER).all()


def words_of(text: str, **splitting: object) -> list[tuple[str, float]]:
    """Words with the number of their last step, as a model with such a layer splits texts."""
    layer = keras.layers.TextVectorization(vocabulary=["a"], **splitting)
    texts = keras.Input((1,), dtype="string")
    counter = step_counter(keras.Model(texts, layer(texts)))
    steps = np.arange(1, 41, dtype=np.float32)
    made = subject("text", np.array(text, object), steps, scale=1000)
    words = replace(made, count_steps=counter)
    return [(word, round(share * 1000)) for word, share in overlay_pictures._words_of(words)]


def test_words_have_the_steps_that_the_networks_own_layer_splits_them_into() -> None:
    text = "An  honest - little well-made film !"
    split = [("An", 1), ("honest", 2), ("-", 0), ("little", 3), ("well-made", 4), ("film", 5), ("!", 0)]
    assert words_of(text) == split
    plain = [("An", 1), ("honest", 2), ("-", 3), ("little", 4), ("well-made", 5), ("film", 6), ("!", 7)]
    assert words_of(text, standardize=None) == plain
    letters = words_of("ab  cde f", standardize=None, split="character")
    assert letters == [("ab", 2), ("cde", 7), ("f", 9)]


def test_texts_that_are_words_themselves_have_a_step_each() -> None:
    read = np.array(["good film", "bad", ""], object)
    made = subject("text", read, np.array([1.0, 0.5, 0.25], np.float32))
    assert list(overlay_pictures._words_of(made)) == [("good film", 1.0), ("bad", 0.5), ("", 0.25)]


def test_steps_of_a_curve_have_the_colours_of_their_values() -> None:
    read = np.sin(np.arange(10)).astype(np.float32)[:, np.newaxis]
    values = np.zeros((10, 1), np.float32)
    values[4] = 1
    drawn = np.asarray(draw_subject(subject("sequence", read, values)))
    columns = np.flatnonzero((drawn == on_paper(1, PAPER)).all(axis=-1).any(axis=0))
    assert MARGIN + 256 - 1 <= columns.min() <= columns.max() <= MARGIN + 320


@pytest.mark.parametrize("shape", [(4, 5, 6, 1), (4, 5, 6, 3), (3, 4, 5, 6)])
def test_other_inputs_are_pictures_of_the_same_layout_as_their_maps(shape: tuple[int, ...]) -> None:
    kind = "volume" if shape[0] == 4 else "array"
    values = np.zeros(shape, np.float32)
    values[1, 2, 3] = 1
    drawn = draw_subject(subject(kind, np.zeros(shape, np.float32), values))
    assert max(drawn.size) >= LEAST_SIDE
    assert is_coloured(np.asarray(drawn)).any()
    assert not is_coloured(np.asarray(draw_subject(subject(kind, np.zeros(shape, np.float32), 0 * values)))).any()


def test_targets_are_told_with_what_the_network_gives_for_them() -> None:
    named = Captions(("cat", "", "dog"), "class", True)
    assert target_text(Target(), 2, 0.913, named) == "dog: 91.3 %"
    assert target_text(Target(1), 1, 0.5, named) == "class 1: 50.0 %"
    assert target_text(Target(0), 0, 3.14159, Captions(noun="value")) == "value 0: 3.14"
    assert target_text(Target(7, layer="stem/conv"), 7, np.nan, named) == "stem/conv, neuron 7"


def test_of_more_steps_than_pixels_the_strongest_are_seen() -> None:
    read = np.zeros((16000, 1), np.float32)
    read[12000:12002] = 5
    values = np.zeros((16000, 1), np.float32)
    values[4001] = -1
    drawn = np.asarray(draw_subject(subject("sequence", read, values, is_signed=True)))
    assert drawn.shape[1] == 1600 + 2 * MARGIN
    (column,) = np.flatnonzero((drawn == on_paper(-1, PAPER)).all(axis=-1).any(axis=0))
    assert column == MARGIN + 400
    line = (drawn.max(axis=-1) < 120).sum(axis=0)
    assert np.flatnonzero(line > 60).tolist() == pytest.approx([MARGIN + 1200] * len(np.flatnonzero(line > 60)), abs=2)
    assert (line > 60).any()
