"""Paths in a description that are told from the folder of the scene's file, so that both can be moved together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..recording import Sample, SampleValue
from ..samples.options import path_of
from .description import Description

BESIDE = "//"
"""What such a path begins with, as in Blender."""


def is_beside(about: Description) -> bool:
    """Whether the model is told from the scene's file."""
    return about.network.file.startswith(BESIDE)


def with_relative_paths(about: Description, folder: Path) -> Description:
    """The same, with what lies in a folder told from there; everything else stays where it is."""

    def relative(text: str) -> str:
        path = Path(text)
        return BESIDE + path.relative_to(folder).as_posix() if text and path.is_relative_to(folder) else text

    return _with_paths(about, relative)


def with_absolute_paths(about: Description, folder: Path) -> Description:
    """What `with_relative_paths` gave, with its paths in a folder of now."""

    def absolute(text: str) -> str:
        return str(folder / text.removeprefix(BESIDE)) if text.startswith(BESIDE) else text

    return _with_paths(about, absolute)


def _with_paths(about: Description, change: Callable[[str], str]) -> Description:
    def path(old: Path) -> Path:
        return path_of(change(str(old)))

    def value(old: SampleValue) -> SampleValue:
        return replace(old, file=change(old.file))

    def sample(old: Sample) -> Sample:
        truths = (replace(truth, value=value(truth.value) if truth.value else None) for truth in old.truths)
        return replace(old, values=tuple(map(value, old.values)), truths=tuple(truths))

    options = about.source.options
    options = replace(
        options,
        samples=tuple(map(path, options.samples)),
        input_samples={name: path(place) for name, place in options.input_samples.items()},
        labels=path(options.labels) if options.labels else None,
        classes=path(options.classes) if options.classes else None,
    )
    return replace(
        about,
        network=replace(about.network, file=change(about.network.file)),
        samples=tuple(replace(shown, sample=sample(shown.sample)) for shown in about.samples),
        skipped=tuple(replace(one, file=change(one.file)) for one in about.skipped),
        source=replace(about.source, options=options, classes_code=change(about.source.classes_code)),
    )
