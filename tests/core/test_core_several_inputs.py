"""Samples of networks with several inputs, and what array files say that the outputs should give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.outputs import NetworkOutput
from nn_blender.core.recording import Sample, SampleValue, Truth
from nn_blender.core.samples.claiming import claim_truths, label_by_answer
from nn_blender.core.samples.finding import find_samples, find_samples_by_input
from nn_blender.core.samples.hints import hints_of
from nn_blender.core.samples.options import MeasureOptions

INPUTS = ("left", "right")
FOUR = np.zeros((4, 6, 6, 3), np.uint8)


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_an_archive_gives_every_input_the_array_of_its_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", right=np.zeros((4, 2)), LEFT=FOUR, y=[3, 1, 0, 2])
    found = find_samples(tmp_path / "x.npz", inputs=INPUTS)
    file = str(tmp_path / "x.npz")
    assert found[2] == Sample("x.npz 2", (SampleValue(file, 2, "LEFT"), SampleValue(file, 2, "right")), "0")
    assert [sample.label for sample in found] == ["3", "1", "0", "2"]


def test_an_only_input_takes_the_array_of_its_name_before_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x_test=FOUR, scans=np.zeros((3, 5)))
    assert [sample.values[0].member for sample in find_samples(tmp_path / "x.npz", inputs=("scans",))] == ["scans"] * 3
    assert len(find_samples(tmp_path / "x.npz", inputs=("input_layer",))) == 4


@pytest.mark.parametrize("slashed", ["encoder/input:0", "encoder_input_0"])
def test_names_may_lose_what_files_cannot_hold(tmp_path: Path, slashed: str) -> None:
    np.savez(tmp_path / "x.npz", encoder_input_0=FOUR, other=FOUR)
    assert {sample.values[0].member for sample in find_samples(tmp_path / "x.npz", inputs=(slashed,))} == {
        "encoder_input_0"
    }


def test_folders_of_inputs_are_joined_by_the_names_of_their_files(tmp_path: Path) -> None:
    touch(tmp_path, "left/b.png", "left/a.png", "right/A.jpg", "right/b.jpg")
    found = find_samples(tmp_path, inputs=INPUTS)
    assert [[Path(value.file).name for value in sample.values] for sample in found] == [
        ["a.png", "A.jpg"],
        ["b.png", "b.jpg"],
    ]


def test_a_folder_may_hold_pictures_for_one_input_and_an_array_for_another(tmp_path: Path) -> None:
    touch(tmp_path, "left/b.png", "left/a.png")
    np.save(tmp_path / "right.npy", np.zeros((2, 7)))
    found = find_samples(tmp_path, inputs=INPUTS)
    assert [(Path(one.values[0].file).name, one.values[1].index) for one in found] == [("a.png", 0), ("b.png", 1)]


def test_places_can_be_named_for_every_input(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FOUR)
    np.savez(tmp_path / "b.npz", x_test=np.zeros((4, 2)), y_test=[1.5, 2.5, 3.5, 4.5])
    places = {"right": tmp_path / "b.npz", "left": tmp_path / "a.npy"}
    found = find_samples_by_input(places, inputs=INPUTS)
    assert [value.index for value in found[3].values] == [3, 3]
    assert [value.member for value in found[3].values] == ["", "x_test"]
    assert [sample.label for sample in found] == ["1.5", "2.5", "3.5", "4.5"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda f: find_samples(touch(f, "a.png"), inputs=INPUTS), r"2 inputs \(left, right\).*has values for one"),
        (lambda f: find_samples_by_input({"left": f}, inputs=INPUTS), "needs samples for its input right too"),
        (lambda f: find_samples_by_input({"up": f}, inputs=INPUTS), "has no input up; its inputs are: left, right"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, make, reason: str) -> None:
    with pytest.raises(UserError, match=reason) as caught:
        make(tmp_path)
    assert caught.value.code == "samples.inputs"
    assert caught.value.fix


def test_an_archive_without_the_inputs_names_says_which_it_has(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=FOUR, b=FOUR)
    with pytest.raises(UserError, match=r"inputs \(left, right\).*its arrays are: a, b"):
        find_samples(tmp_path / "x.npz", inputs=INPUTS)


def test_values_without_a_counterpart_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "left/a.png", "left/b.png", "right/x.png")
    with pytest.raises(UserError, match="2 samples for the input left, but 1 for right"):
        find_samples(tmp_path, inputs=INPUTS)
    np.savez(tmp_path / "x.npz", left=FOUR, right=FOUR[:3])
    with pytest.raises(UserError, match="different numbers of samples"):
        find_samples(tmp_path / "x.npz", inputs=INPUTS)


def test_arrays_named_after_outputs_and_arrays_of_pictures_are_truths(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "x.npz", x=FOUR, kind=[1, 0, 2, 1], box=np.float32([[0, 0.5], [1, 2], [3, 4], [5, 6]]), mask=FOUR
    )
    found = find_samples(tmp_path / "x.npz", inputs=("picture",))
    mask = SampleValue(str(tmp_path / "x.npz"), 0, "mask")
    assert set(found[0].truths) == {Truth("kind", "1"), Truth("box", "0;0.5"), Truth("mask", value=mask)}
    np.savez(tmp_path / "y.npz", x_test=FOUR, y_test=FOUR[..., 0])
    (truth,) = find_samples(tmp_path / "y.npz")[3].truths
    assert truth == Truth("", value=SampleValue(str(tmp_path / "y.npz"), 3, "y_test"))


@pytest.mark.parametrize("name", ["masks", "test_mask", "segmentations", "outputs_test"])
def test_masks_are_about_the_answer_where_no_output_bears_their_name(tmp_path: Path, name: str) -> None:
    arrays = {"images" if name in ("masks", "segmentations") else "x_test": FOUR, name: FOUR[..., 0]}
    np.savez(tmp_path / "x.npz", **arrays)
    notes: list[str] = []
    samples = claim_truths(find_samples(tmp_path / "x.npz", inputs=("picture",)), ("conv2d_3",), notes)
    assert [sample.true_value_of("conv2d_3", is_answer=True) for sample in samples] == [
        SampleValue(str(tmp_path / "x.npz"), k, name) for k in range(4)
    ]
    assert notes == []


def test_rows_called_outputs_are_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", inputs=FOUR, outputs=np.float32([[0.5, 2], [1, 2], [3, 4], [5, 6]]))
    samples = claim_truths(find_samples(tmp_path / "x.npz"), ("dense",), [])
    assert [sample.label for sample in samples] == ["0.5;2", "1;2", "3;4", "5;6"]


@pytest.mark.parametrize("name", ["y", "kind"])
def test_arrays_that_are_about_no_output_are_named(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "x.npz", x=FOUR, mask=FOUR, ids=[7, 8, 9, 10], **{name: [1, 0, 2, 1]})
    found, notes = find_samples(tmp_path / "x.npz"), []
    assert claim_truths(found, ("kind", "box"), notes) == found
    assert notes == ["Arrays that do not bear the outputs' names, kind, box, are left out: mask, ids."]


def test_an_array_of_the_answers_name_labels_samples(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=FOUR, age=[7.5, 8, 9, 10], Kind=["a", "b", "a", "b"])
    found = find_samples(tmp_path / "x.npz")
    of_kind = label_by_answer(found, NetworkOutput("kind", "classes", ""))
    assert [sample.label for sample in of_kind] == ["a", "b", "a", "b"]
    of_age = label_by_answer(found, NetworkOutput("age", "values", ""))
    assert [sample.label for sample in of_age] == ["7.5", "8", "9", "10"]
    assert label_by_answer(found, NetworkOutput("dense", "classes", "")) == found


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("binary", ["0", "1", "0", "1", "yes"]),
        ("classes", ["-1", "1", "-1.0", "1", "yes"]),
        ("values", ["-1", "1", "-1.0", "1.0", "yes"]),
    ],
)
def test_classes_of_one_value_may_be_told_by_sign(kind: str, labels: list[str]) -> None:
    samples = [Sample(label, (SampleValue("/x.npy", 0),), label) for label in ("-1", "1", "-1.0", "1.0", "yes")]
    answer = NetworkOutput("out", kind, "")
    assert [sample.label for sample in label_by_answer(samples, answer)] == labels
    assert label_by_answer(samples, answer, [sample.label for sample in samples]) == samples


def test_masks_of_another_set_are_about_nothing(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x_test=FOUR, masks_train=FOUR)
    found, notes = find_samples(tmp_path / "x.npz"), []
    assert claim_truths(found, ("mask",), notes) == found
    assert notes == []


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_hints_are_those_of_the_first_entries(tmp_path: Path, save, order: str) -> None:
    values = np.arange(200 * 3, dtype=np.int16).reshape(200, 3)
    save(tmp_path / "x.npz", left=np.array(values, order=order), right=FOUR.repeat(50, axis=0))
    hints = hints_of(find_samples(tmp_path / "x.npz", inputs=INPUTS), INPUTS)
    assert (hints["left"].dtype, hints["left"].lowest, hints["left"].highest) == ("int16", 0, 64 * 3 - 1)
    assert not hints["right"].pictures
    assert hints_of(find_samples(touch(tmp_path / "p", "a.png")), ("left",))["left"].pictures
    assert hints_of([], INPUTS) == {}


def test_options_keep_what_is_chosen_of_inputs_and_outputs() -> None:
    options = MeasureOptions(input_samples={"left": Path("/a")}, kinds={"left": "table"}, answer="box")
    assert MeasureOptions.from_dict(options.to_dict()) == options
