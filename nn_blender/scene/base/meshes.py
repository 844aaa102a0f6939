"""Meshes and their attributes, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import bmesh
import bpy
import numpy as np

from ...core.errors import UserError

Kind = Literal["FLOAT", "FLOAT2", "BOOLEAN", "INT"]


def point_mesh(name: str, positions: np.ndarray) -> bpy.types.Mesh:
    """A mesh of loose vertices, none of which is selected. ``positions`` is float32 (count, 3)."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(positions))
    if len(positions):
        mesh.attributes.remove(mesh.attributes[".select_vert"])
    mesh.vertices.foreach_set("co", np.ascontiguousarray(positions, np.float32).ravel())
    return mesh


def refuse_edited(objs: Iterable[Any]) -> None:
    """Insist on objects whose meshes can be written: one in Edit Mode shows attributes of length 0.

    Raises:
        UserError: code ``scene.edit_mode``.
    """
    for obj in objs:
        if obj.data.is_editmode:
            raise UserError("scene.edit_mode", f"{obj.name} is in Edit Mode.", "Leave Edit Mode and try again.")


def write_floats(mesh: Any, name: str, values: np.ndarray) -> None:
    """Write one float per vertex to the named attribute, which is made where it is missing."""
    _write(mesh, name, "FLOAT", np.ascontiguousarray(values, np.float32))


def write_booleans(mesh: Any, name: str, values: np.ndarray) -> None:
    """Write one boolean per vertex to the named attribute, which is made where it is missing."""
    _write(mesh, name, "BOOLEAN", np.ascontiguousarray(values, bool))


def write_vectors(mesh: Any, name: str, values: np.ndarray) -> None:
    """Write one vector per vertex, float32 (vertices, 3), to the named attribute, which is made where it is missing."""
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, "FLOAT_VECTOR", "POINT")
    attribute.data.foreach_set("vector", np.ascontiguousarray(values, np.float32).ravel())


def write_integers(mesh: Any, name: str, values: np.ndarray) -> None:
    """Write one whole number per vertex to the named attribute, which is made where it is missing."""
    _write(mesh, name, "INT", np.ascontiguousarray(values, np.int32))


def write_samples(mesh: Any, quantity: str, values: np.ndarray) -> None:
    """Write ``<quantity>.<k>`` for every sample k and remove those of samples that are gone.

    What already holds the same values is left alone.

    Args:
        values: float32 (samples, vertices), or (samples, vertices, 2) for pairs.
    """
    kind: Kind = "FLOAT" if values.ndim == 2 else "FLOAT2"
    for sample, wanted in enumerate(values):
        name = f"{quantity}.{sample}"
        row = np.ascontiguousarray(wanted, np.float32).ravel()
        if name not in mesh.attributes or not np.array_equal(_read(mesh, name, kind), row, equal_nan=True):
            _write(mesh, name, kind, row)
    for name in sampled_names(mesh, quantity)[len(values) :]:
        mesh.attributes.remove(mesh.attributes[name])


def copy_samples(mesh: Any, quantity: str, copied: str, kind: Kind) -> None:
    """Write ``<quantity>.<k>`` of every sample k as ``<copied>.<k>`` too."""
    for name in sampled_names(mesh, quantity):
        _write(mesh, copied + name[len(quantity) :], kind, _read(mesh, name, kind))


def keep_samples(mesh: Any, quantity: str, kept: str, kind: Kind) -> None:
    """Keep ``<quantity>.<k>`` as ``<kept>.<k>`` where nothing is kept yet."""
    if not sampled_names(mesh, kept):
        copy_samples(mesh, quantity, kept, kind)


def give_back_samples(mesh: Any, quantity: str, kept: str, kind: Kind) -> None:
    """Undo `keep_samples`: what was kept takes its place again."""
    names = sampled_names(mesh, kept)
    if not names:
        return
    read = read_pairs if kind == "FLOAT2" else read_samples
    write_samples(mesh, quantity, read(mesh, kept))
    for name in names:
        mesh.attributes.remove(mesh.attributes[name])


def drawn(mesh: Any, values: np.ndarray) -> np.ndarray:
    """Of values (samples, neurons, ...), those of the neurons that a mesh has vertices for: its first ones."""
    return values[:, : len(mesh.vertices)]


def sampled_names(mesh: Any, quantity: str) -> list[str]:
    """Names of the attributes ``<quantity>.<k>``, in the order of k."""
    start = f"{quantity}."
    names = [name for name in mesh.attributes.keys() if name.startswith(start) and name[len(start) :].isdecimal()]  # noqa: SIM118 - the loop over the collection itself gives attributes.
    return sorted(names, key=lambda name: int(name[len(start) :]))


def sample_count(mesh: Any, quantity: str) -> int:
    """How many attributes ``<quantity>.<k>`` there are."""
    start = f"{quantity}."
    names = mesh.attributes.keys()
    return sum(name.startswith(start) and name[len(start) :].isdecimal() for name in names)


def read_floats(mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    """Float32 (vertices,) of the named attribute; raises KeyError where it is missing."""
    return _read(mesh, name, "FLOAT")


def read_integers(mesh: Any, name: str) -> np.ndarray:
    """Int32 (vertices,) of the named attribute; raises KeyError where it is missing."""
    return read_values(mesh, name, np.int32)


def read_values(mesh: Any, name: str, kind: type) -> np.ndarray:
    """One value per vertex of the named attribute, as bool, int32 or float32; raises KeyError where it is missing."""
    data = mesh.attributes[name].data
    values: np.ndarray = np.empty(len(data), kind)
    data.foreach_get("value", values)
    return values


def read_into(attributes: Any, name: str, values: np.ndarray) -> None:
    """Read one value per vertex from a mesh's attributes into an array of the named one's type.

    The array stays as it is where the attribute is missing, or in Edit Mode, where attributes tell no values.
    """
    attribute = attributes.get(name)
    if attribute is not None:
        data = attribute.data
        if len(data) == len(values):
            data.foreach_get("value", values)


def read_pair(mesh: Any, name: str) -> np.ndarray:
    """Float32 (vertices, 2) of the named attribute; raises KeyError where it is missing."""
    return _read(mesh, name, "FLOAT2").reshape(-1, 2)


def read_vectors(mesh: Any, name: str) -> np.ndarray:
    """Float32 (vertices, 3) of the named attribute; raises KeyError where it is missing."""
    data = mesh.attributes[name].data
    values = np.empty(len(data) * 3, np.float32)
    data.foreach_get("vector", values)
    return values.reshape(-1, 3)


def read_samples(mesh: Any, quantity: str) -> np.ndarray:
    """Float32 (samples, vertices) of the attributes ``<quantity>.<k>``."""
    rows = [_read(mesh, name, "FLOAT") for name in sampled_names(mesh, quantity)]
    return np.stack(rows) if rows else np.zeros((0, len(mesh.vertices)), np.float32)


def read_pairs(mesh: Any, quantity: str) -> np.ndarray:
    """Float32 (samples, vertices, 2) of the attributes ``<quantity>.<k>``."""
    rows = [read_pair(mesh, name) for name in sampled_names(mesh, quantity)]
    return np.stack(rows) if rows else np.zeros((0, len(mesh.vertices), 2), np.float32)


def box_mesh(name: str, size: Sequence[float], bevel: float) -> bpy.types.Mesh:
    """A box around the origin with rounded edges; ``size`` along x, y, z."""
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1.0)
    bmesh.ops.scale(shape, vec=size, verts=shape.verts[:])
    bmesh.ops.bevel(shape, geom=shape.edges[:], offset=bevel, segments=3, profile=0.5, affect="EDGES")
    mesh = bpy.data.meshes.new(name)
    shape.to_mesh(mesh)
    shape.free()
    return mesh


def sphere_mesh(name: str) -> bpy.types.Mesh:
    """A smooth sphere of radius 1 around the origin with few faces."""
    shape = bmesh.new()
    bmesh.ops.create_icosphere(shape, subdivisions=3, radius=1.0)
    for face in shape.faces:
        face.smooth = True
    mesh = bpy.data.meshes.new(name)
    shape.to_mesh(mesh)
    shape.free()
    return mesh


def plane_mesh(name: str, width: float, height: float, uv_name: str) -> bpy.types.Mesh:
    """An upright plane in XZ whose lower left corner is the origin, with UVs from 0 to 1."""
    mesh = bpy.data.meshes.new(name)
    corners = [(0, 0, 0), (width, 0, 0), (width, 0, height), (0, 0, height)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    uv = mesh.attributes.new(uv_name, "FLOAT2", "CORNER")
    uv.data.foreach_set("vector", np.array([0, 0, 1, 0, 1, 1, 0, 1], np.float32))
    return mesh


def _write(mesh: bpy.types.Mesh, name: str, kind: Kind, values: np.ndarray) -> None:
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, kind, "POINT")
    attribute.data.foreach_set("vector" if kind == "FLOAT2" else "value", values)


def _read(mesh: bpy.types.Mesh, name: str, kind: Kind) -> np.ndarray:
    data = mesh.attributes[name].data
    values = np.empty(len(data) * (2 if kind == "FLOAT2" else 1), np.float32)
    data.foreach_get("vector" if kind == "FLOAT2" else "value", values)
    return values
