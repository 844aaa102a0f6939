"""Mutated model files: Keras archives, HDF5 files and the metadata of SavedModels."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from random import Random
from typing import Any

import h5py
import numpy as np

from .changes import WORDS, change_bytes, change_json, choose

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


MADE = (2000, 1, 1, 0, 0, 0)
"""When members of archives were written, so that the same seed makes the same bytes."""


def change_keras(random: Random, content: bytes) -> bytes:
    """A .keras archive: mostly with a changed member whose sum is right, else damaged as a whole."""
    return choose(
        random, (_config, _config, _config, _config, _weights, _member, _members, _directory, change_bytes), content
    )


def change_hdf5(random: Random, content: bytes) -> bytes:
    """An HDF5 file: settings in its attributes, its weights, or its bytes."""
    return choose(random, (_hdf5_config, _hdf5_config, _hdf5_config, _hdf5_entries, change_bytes), content)


def change_metadata(random: Random, content: bytes) -> bytes:
    """The file of a SavedModel that has the structure: its settings in a right message, or its bytes."""
    if random.random() < 0.5:
        return change_bytes(random, content)
    start = content.find(b'{"')
    return metadata_file(change_json(random, content[start : content.rfind(b"}") + 1]))


def metadata_file(settings: bytes) -> bytes:
    """What Keras 2 wrote beside a SavedModel, for a model with these settings."""
    node = _field(3, b"root") + _field(4, b"_tf_keras_network") + _field(5, settings)
    return _field(1, node)


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protocol buffer message."""
    size, length = len(content), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def read_members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as archive:
        warnings.simplefilter("ignore")  # Names that are there twice are meant.
        for name, content in members:
            entry = zipfile.ZipInfo(name, MADE)
            entry.compress_type = compression
            archive.writestr(entry, content)
    return stream.getvalue()


def _config(random: Random, content: bytes) -> bytes:
    members = read_members(content)
    members[CONFIG] = change_json(random, members[CONFIG])
    return write_members([*members.items()])


def _weights(random: Random, content: bytes) -> bytes:
    members = read_members(content)
    members[WEIGHTS] = choose(random, (_hdf5_entries, change_bytes), members[WEIGHTS])
    return write_members([*members.items()], random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _member(random: Random, content: bytes) -> bytes:
    """A member with other content and the right sum."""
    members = read_members(content)
    name = random.choice([*members])
    other = (b"", b"null", b"[]", b'"text"', b"{}", b"{" * 100_000, b"\xff\xfe\0", bytes(1 << 20))
    members[name] = change_bytes(random, members[name]) if random.random() < 0.5 else random.choice(other)
    return write_members([*members.items()])


def _members(random: Random, content: bytes) -> bytes:
    """Members that are missing, added, encrypted, or have strange names or ways of compression."""
    members = [*read_members(content).items()]
    kind = random.choice(("drop", "twice", "name", "bomb", "method", "many"))
    place = random.randrange(len(members))
    if kind == "drop":
        del members[place]
    elif kind == "twice":
        members.append(members[place])
    elif kind == "name":
        name = random.choice(("../x", "/x", "C:/x", "a\\..\\b", "x" * 60_000, "ä", "Config.json", "config.json/", "\n"))
        members.append((name, b"x"))
    elif kind == "bomb":
        return write_members([*members, ("zeros", bytes(80 << 20))], zipfile.ZIP_DEFLATED)
    elif kind == "many":
        members += [(f"{number}", b"") for number in range(12_000)]
    else:
        return write_members(members, random.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
    return write_members(members)


def _directory(random: Random, content: bytes) -> bytes:
    """The archive's directory says something else than its entries do."""
    changed = bytearray(content)
    starts = [place for place in range(len(content)) if content[place : place + 4] == b"PK\x01\x02"]
    start = random.choice(starts)
    # Flags, method, sum, sizes, length of name, attributes, place of the entry.
    place, size = random.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (38, 4), (42, 4)))
    number = random.choice((0, 1, 12, 99, 255, 2 ** (8 * size - 1), 2 ** (8 * size) - 1))
    changed[start + place : start + place + size] = number.to_bytes(size, "little")
    return bytes(changed)


def _hdf5_config(random: Random, content: bytes) -> bytes:
    def change(file: h5py.File) -> None:
        settings = change_json(random, str(file.attrs["model_config"]).encode())
        file.attrs.create("model_config", settings.decode("utf-8", "replace"), dtype=h5py.string_dtype())

    return _edited(content, change)


def _hdf5_entries(random: Random, content: bytes) -> bytes:
    """Attributes, datasets and links of other kinds than Keras writes."""

    def change(file: h5py.File) -> None:
        groups, datasets = [file["/"]], []
        file.visititems(lambda _, entry: (datasets if isinstance(entry, h5py.Dataset) else groups).append(entry))
        choose(random, (_change_attribute, _change_dataset, _change_dataset, _add_link), groups, datasets)

    return _edited(content, change)


def _edited(content: bytes, change: Any) -> bytes:
    stream = io.BytesIO(content)
    with h5py.File(stream, "r+") as file:
        change(file)
    return stream.getvalue()


def _change_attribute(random: Random, groups: list[h5py.Group], _datasets: list[h5py.Dataset]) -> None:
    named = [(group, name) for group in groups for name in group.attrs]
    if not named:
        groups[0].attrs["layer_names"] = np.array([b"a", b"b"])
        return
    group, name = random.choice(named)
    del group.attrs[name]
    values = (
        7,
        1.5,
        np.zeros((2, 2)),
        np.array([b"\xff\xfe"]),
        b"\xff",
        random.choice(WORDS[:1] + WORDS[4:5]),
        h5py.Empty("f"),
    )
    if random.random() < 0.8:
        group.attrs[name] = random.choice(values)


def _change_dataset(random: Random, _groups: list[h5py.Group], datasets: list[h5py.Dataset]) -> None:
    if not datasets:
        return
    dataset = random.choice(datasets)
    parent, name = dataset.parent, dataset.name.rsplit("/", 1)[-1]
    shape = dataset.shape
    del parent[name]
    kind = random.choice(("gone", "shape", "text", "type", "empty", "scalar", "compound", "bomb", "group"))
    if kind == "shape":
        parent.create_dataset(name, data=np.zeros(random.choice(((), (0,), (1,), (*shape, 1), shape[::-1], (7, 7)))))
    elif kind == "text":
        parent.create_dataset(name, data=["a", "b"], dtype=h5py.string_dtype())
    elif kind == "type":
        parent.create_dataset(name, data=np.zeros(shape, random.choice(("i8", "u1", "f2", "f8", "c16", "?", "S5"))))
    elif kind == "empty":
        parent.create_dataset(name, data=h5py.Empty("f4"))
    elif kind == "scalar":
        parent.create_dataset(name, data=np.nan)
    elif kind == "compound":
        parent.create_dataset(name, (3,), [("a", "f4"), ("b", "i4")])
    elif kind == "bomb":
        parent.create_dataset(name, (1 << 34,), "f4", chunks=(1 << 20,))
    elif kind == "group":
        parent.create_group(name)


def _add_link(random: Random, groups: list[h5py.Group], datasets: list[h5py.Dataset]) -> None:
    group = random.choice(groups)
    kind = random.choice(("soft", "external", "loop", "loops"))
    if kind == "soft":
        group["linked"] = h5py.SoftLink(random.choice(("/", "/nowhere", datasets[0].name if datasets else ".")))
    elif kind == "external":
        group["linked"] = h5py.ExternalLink("other.h5", "/x")
    elif kind == "loop":
        group["linked"] = groups[0]
    else:
        inner = group.create_group("linked")
        inner["one"] = inner["two"] = inner


def saved_settings(content: bytes) -> bytes:
    """The settings in a .h5 file as a SavedModel of Keras 2 has them."""
    with h5py.File(io.BytesIO(content)) as file:
        settings = json.loads(file.attrs["model_config"])
    return json.dumps(settings | {"keras_version": "2.11.0"}).encode()


def npy_header(version: tuple[int, int], header: str) -> bytes:
    """The beginning of a .npy file."""
    text = header.encode("latin-1", "replace")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text) & 0xFFFF if version == (1, 0) else len(text))
    return b"\x93NUMPY" + bytes(version) + length + text
