"""Damaged parts of archives and HDF5 files are called so, with the file and the part; nothing is unexpected."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import h5py
import pytest

from nn_blender.core.errors import UserError
from nn_blender.worker.models import heaps
from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model


def refusal(file: Path, look=load_model) -> UserError:
    with pytest.raises(UserError) as caught:
        look(file)
    assert caught.value.code == "model.truncated"
    assert f"{file.name} is truncated or damaged" in caught.value.message
    assert caught.value.fix
    return caught.value


def with_wrong_sum(digits: Path, member: str, file: Path) -> Path:
    """A copy of the digits network in which one byte at a member's end is another."""
    content = bytearray((digits / "digits.keras").read_bytes())
    with zipfile.ZipFile(digits / "digits.keras") as archive:
        info = archive.getinfo(member)
    names = struct.unpack_from("<HH", content, info.header_offset + 26)
    end = info.header_offset + 30 + sum(names) + info.compress_size
    content[end - 2] ^= 0x10
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("member", ["config.json", "metadata.json", "model.weights.h5"])
def test_a_member_whose_sum_is_wrong_is_named(member, digits, tmp_path):
    error = refusal(with_wrong_sum(digits, member, tmp_path / "digits.keras"))
    assert member in error.message


def test_an_archive_without_its_directory_is_damaged(digits, tmp_path):
    content = (digits / "digits.keras").read_bytes()
    file = tmp_path / "digits.keras"
    place = content.rfind(b"PK\x01\x02")
    file.write_bytes(content[:place] + bytes(4) + content[place + 4 :])
    refusal(file, inspect_file)


def test_weights_whose_numbers_lie_beyond_the_end_are_damaged(digits, tmp_path):
    file = tmp_path / "digits.h5"
    content = (digits / "digits.h5").read_bytes()
    file.write_bytes(content)
    with h5py.File(file) as stream:
        place = stream["model_weights/dense_1/dense_1/kernel"].id.get_offset()
    # The address of the numbers, as the table of weights has it.
    file.write_bytes(content.replace(struct.pack("<Q", place), struct.pack("<Q", len(content) + 4096)))
    refusal(file)


def test_a_table_of_names_that_is_overwritten_is_damaged(digits, tmp_path):
    file = tmp_path / "digits.h5"
    file.write_bytes((digits / "digits.h5").read_bytes().replace(b"HEAP", b"heap"))
    refusal(file, inspect_file)


def made_with_heap(digits: Path, file: Path, change) -> Path:
    """An HDF5 file whose head has texts in a heap, the first entry of which is changed."""
    with h5py.File(digits / "digits.h5") as old, h5py.File(file, "w") as new:
        old.copy("model_weights", new)
        for name, text in old.attrs.items():
            new.attrs.create(name, text, dtype=h5py.string_dtype())
    content = bytearray(file.read_bytes())
    change(content, content.find(b"GCOL"))
    file.write_bytes(content)
    return file


def test_a_heap_in_which_the_library_would_go_round_in_circles_is_damaged(digits, tmp_path, monkeypatch):
    monkeypatch.setattr(heaps, "PATIENCE", 3.0)

    def stand_still(content: bytearray, heap: int) -> None:
        content[heap + 16 : heap + 32] = bytes(16)  # Room that is left, of no length.

    error = refusal(made_with_heap(digits, tmp_path / "digits.h5", stand_still), inspect_file)
    assert "the lengths in a heap of texts are wrong" in error.message


def test_a_wrong_heap_that_nothing_refers_to_does_no_harm(digits, tmp_path):
    def append(content: bytearray, _heap: int) -> None:
        content += b"GCOL\x01\0\0\0" + struct.pack("<Q", 64) + bytes(48)

    whole = inspect_file(made_with_heap(digits, tmp_path / "whole.h5", lambda *_: None)).network
    file = made_with_heap(digits, tmp_path / "digits.h5", append)
    with pytest.raises(ValueError, match="the lengths in a heap of texts are wrong"):
        heaps.check_heaps(file.read_bytes())
    assert inspect_file(file).network.layers == whole.layers != ()


def test_an_attribute_in_a_damaged_heap_is_named(digits, tmp_path):
    file = tmp_path / "digits.h5"
    with h5py.File(digits / "digits.h5") as old, h5py.File(file, "w") as new:
        old.copy("model_weights", new)
        new.attrs.create("model_config", json.dumps({"class_name": "x" * 4000}), dtype=h5py.string_dtype())
    file.write_bytes(file.read_bytes().replace(b"GCOL", b"gcol"))
    error = refusal(file, inspect_file)
    assert "its attribute model_config" in error.message
