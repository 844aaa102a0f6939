"""Paths in a description are told from a folder and found again in another, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from nn_blender.core.description import moving
from nn_blender.core.description.answers import ShownSample
from nn_blender.core.description.description import Description
from nn_blender.core.description.measurements import Source
from nn_blender.core.description.moving import is_beside, with_absolute_paths, with_relative_paths
from nn_blender.core.description.text import from_text, to_text
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.recording import Sample, SampleValue, Skipped, Truth
from nn_blender.core.samples import options
from nn_blender.core.samples.options import MeasureOptions

HERE, THERE = Path("/made/here"), Path("/used/there")


def described(folder: Path) -> Description:
    """A network whose model, samples, truths and options are in a folder, besides one file that is elsewhere."""
    layers = (Layer("a", "Dense", (3,), ("unit",), 6),)
    network = Network("tiny", str(folder / "tiny.keras"), "0" * 64, layers, (TensorSpec("x", (2,)),), ("a",), 6)
    truth = Truth("a", value=SampleValue(str(folder / "masks/0.png")))
    samples = (
        Sample("0", (SampleValue(str(folder / "images/0.png")),), "", (truth,)),
        Sample("1", (SampleValue("/elsewhere/1.npy", 3),)),
    )
    options = MeasureOptions(
        samples=(folder / "images", Path("/elsewhere")), labels=folder / "labels.csv", input_samples={"x": folder / "x"}
    )
    return Description(
        network,
        samples=tuple(ShownSample(sample, certainty=0.5) for sample in samples),
        skipped=(Skipped(str(folder / "notes.txt"), "no picture"),),
        source=Source(options, classes_code=str(folder / "layers.py")),
    )


def test_what_is_in_the_folder_is_told_from_there() -> None:
    about = with_relative_paths(described(HERE), HERE)
    assert is_beside(about)
    assert not is_beside(described(HERE))
    assert about.network.file == "//tiny.keras"
    assert [sample.file for sample in about.shown_samples] == ["//images/0.png", "/elsewhere/1.npy"]
    assert "/made" not in to_text(about)


def test_it_is_found_where_the_folder_is_now() -> None:
    text = to_text(with_relative_paths(described(HERE), HERE))
    found = with_absolute_paths(from_text(text), THERE)
    assert replace(found, opening=None) == from_text(to_text(described(THERE)))


def test_folders_are_found_again_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    text = to_text(with_relative_paths(described(HERE), HERE))
    for module in (options, moving):
        monkeypatch.setattr(module, "Path", PureWindowsPath)
    about = from_text(text)
    assert MeasureOptions.from_dict(about.source.options.to_dict()).samples[0] == PurePosixPath("//images")
    found = with_absolute_paths(about, PureWindowsPath("C:/used")).source.options
    assert found.samples == (PureWindowsPath("C:/used/images"), PureWindowsPath("/elsewhere"))
    assert found.labels == PureWindowsPath("C:/used/labels.csv")
    assert found.input_samples == {"x": PureWindowsPath("C:/used/x")}
    assert not any(isinstance(path, PurePosixPath) for path in (*found.samples, found.labels))
