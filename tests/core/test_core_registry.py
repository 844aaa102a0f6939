"""Entries that register themselves from files of their own."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

PACKAGE = '''"""Shapes."""
from dataclasses import dataclass
from nn_blender.core.registry import Registry

@dataclass(frozen=True)
class Shape:
    name: str

SHAPES = Registry(__name__)
'''
ENTRY = "from . import SHAPES, Shape\nSHAPES.register(Shape({name!r}), rank={rank})\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / f"shapes_of_{tmp_path.name}"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    for name, rank in (("square", 0), ("circle", 0), ("any", 9)):
        (folder / f"{name}.py").write_text(ENTRY.format(name=name, rank=rank))
    monkeypatch.syspath_prepend(tmp_path)
    return folder


@pytest.fixture
def package(folder: Path) -> ModuleType:
    return importlib.import_module(folder.name)


def test_every_file_of_the_folder_adds_its_entry_in_order_of_rank_and_name(package):
    assert [shape.name for shape in package.SHAPES] == ["circle", "square", "any"]


def test_a_file_that_is_added_is_found_without_any_other_edit(folder):
    (folder / "triangle.py").write_text(ENTRY.format(name="triangle", rank=-1))
    shapes = importlib.import_module(folder.name).SHAPES
    assert shapes.find("triangle").name == "triangle"
    assert next(iter(shapes)).name == "triangle"


def test_an_unknown_name_is_not_found(package):
    assert "circle" in package.SHAPES
    assert "star" not in package.SHAPES
    with pytest.raises(KeyError, match="star"):
        package.SHAPES.find("star")


def test_two_entries_of_one_name_are_refused(package):
    package.SHAPES.register(package.Shape("star"))
    with pytest.raises(ValueError, match="two entries named 'star'"):
        package.SHAPES.register(package.Shape("star"))
    assert [shape.name for shape in package.SHAPES].count("star") == 1
