"""What lies in folders of samples and is none is said, with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from nn_blender.core.recording import Skipped
from nn_blender.core.samples.finding import find_samples
from nn_blender.core.samples.left_out import MOST_REASONS, find_left_out, sentences


def make(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def left_out(folder: Path, *known: Path) -> dict[str, str]:
    used = {Path(sample.file) for sample in find_samples(folder)}
    found = find_left_out(folder, used, known)
    return {Path(one.file).relative_to(folder).as_posix(): one.reason for one in found}


def test_files_that_are_no_samples_are_named_and_hidden_ones_and_tables_are_not(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "b.JPG", "Thumbs.db", "read me.txt", "film.mp4", ".DS_Store", "._a.png")
    make(tmp_path, "classes.txt", "labels.txt", "truth.csv", "model.keras")
    (tmp_path / "labels.csv").write_text("file,label\na.png,x\n")
    found = left_out(tmp_path, tmp_path / "truth.csv", tmp_path / "model.keras")
    assert found == dict.fromkeys(
        ["Thumbs.db", "film.mp4", "read me.txt"], "it is neither an image nor an array that is read"
    )


def test_images_that_nobody_reads_are_told_from_other_files(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "b.HEIC")
    assert left_out(tmp_path) == {"b.HEIC": "images of the kind .heic are not read; save them as PNG or TIFF"}


def test_arrays_and_folders_beside_images_are_named(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "b.jfif", "c.pgm", "more/d.png", "notes/e.pdf", ".hidden/f.png", "x.npy")
    (tmp_path / "empty").mkdir()
    assert left_out(tmp_path) == {
        "more": "folders are not looked into where there are samples beside them",
        "notes": "there is no image or array in this folder",
        "x.npy": "where a folder has images, these are its samples",
    }


def test_folders_of_classes_are_looked_into(tmp_path: Path) -> None:
    make(tmp_path, "cat/a.png", "cat/b.gif", "cat/c.pdf", "cat/inner/d.png", "dog/e.png", "bird/f.pdf", "g.pdf")
    neither = "it is neither an image nor an array that is read"
    assert left_out(tmp_path) == {
        "cat/c.pdf": neither,
        "g.pdf": neither,
        "bird": "there is no image or array in this folder",
        "cat/inner": "folders are not looked into where there are samples beside them",
    }


def test_a_file_has_nothing_beside_it(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "b.pdf")
    assert find_left_out(tmp_path / "a.png", {tmp_path / "a.png"}) == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_reason_is_said_once_with_an_example_and_a_count(count: int) -> None:
    (said,) = sentences([Skipped(f"/{k}.png", "it is empty") for k in range(count)])
    assert said == (
        "/0.png was skipped: it is empty." if count == 1 else "/0.png and 2 more were skipped: it is empty."
    )


def test_many_reasons_are_summed_up() -> None:
    said = sentences([Skipped(f"/{k % 30}.png", f"its size is {k % 30}") for k in range(60)])
    assert len(said) == MOST_REASONS + 1
    assert said[-1] == f"{(30 - MOST_REASONS) * 2} more were skipped for other reasons."


@pytest.mark.parametrize(("pictures", "masks"), [("images", "masks"), ("Input", "GT"), ("imgs", "annotations")])
def test_folders_of_pictures_and_of_masks_are_no_classes(tmp_path: Path, pictures: str, masks: str) -> None:
    make(tmp_path, f"{pictures}/1.png", f"{pictures}/2.png", f"{masks}/1.png", f"{masks}/2.png")
    assert [(sample.name, sample.label) for sample in find_samples(tmp_path)] == [("1.png", ""), ("2.png", "")]
    assert left_out(tmp_path) == {masks: "true pictures are read from .npz files only, beside the samples"}


def test_a_folder_of_masks_beside_other_classes_is_a_class(tmp_path: Path) -> None:
    make(tmp_path, "masks/1.png", "faces/1.png")
    assert [sample.label for sample in find_samples(tmp_path)] == ["faces", "masks"]
