"""Meshes and their attributes, written in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import bmesh
import bpy
import numpy as np


def point_mesh(name: str, positions: np.ndarray) -> bpy.types.Mesh:
    """A mesh of loose vertices. ``positions`` is float32 (count, 3)."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(positions))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(positions, np.float32).ravel())
    return mesh


def write_floats(mesh: bpy.types.Mesh, name: str, values: np.ndarray) -> None:
    """Write one float per vertex to the named attribute, which is made where it is missing."""
    _write(mesh, name, "FLOAT", np.ascontiguousarray(values, np.float32))


def write_booleans(mesh: bpy.types.Mesh, name: str, values: np.ndarray) -> None:
    """Write one boolean per vertex to the named attribute, which is made where it is missing."""
    _write(mesh, name, "BOOLEAN", np.ascontiguousarray(values, bool))


def read_floats(mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    """Float32 (vertices,) of the named attribute; raises KeyError where it is missing."""
    data = mesh.attributes[name].data
    values = np.empty(len(data), np.float32)
    data.foreach_get("value", values)
    return values


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


def plane_mesh(name: str, width: float, height: float, uv_name: str) -> bpy.types.Mesh:
    """An upright plane in XZ whose lower left corner is the origin, with UVs from 0 to 1."""
    mesh = bpy.data.meshes.new(name)
    corners = [(0, 0, 0), (width, 0, 0), (width, 0, height), (0, 0, height)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    uv = mesh.attributes.new(uv_name, "FLOAT2", "CORNER")
    uv.data.foreach_set("vector", np.array([0, 0, 1, 0, 1, 1, 0, 1], np.float32))
    return mesh


def _write(mesh: bpy.types.Mesh, name: str, kind: Literal["FLOAT", "BOOLEAN"], values: np.ndarray) -> None:
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, kind, "POINT")
    attribute.data.foreach_set("value", values)
