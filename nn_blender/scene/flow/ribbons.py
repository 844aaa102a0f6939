"""Ribbons between what is seen, along which data flows: one object for all routes of a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from typing import Any

import bpy
import numpy as np

from ...core.blocks.hierarchy import Part
from ...core.blocks.ways import Ends, routes_of_part
from ...core.errors import UserError
from ...core.layout.picture import SKIP, Route
from ...core.network import Network
from ..base import contract, meshes
from ..base.find import first_of, objects
from ..base.parts import Parts, set_nodes
from ..looks import materials
from ..network.description import read_description
from ..nodes.ribbons import make_ribbons
from .ribbon_shapes import Ribbon, ribbon_of

ROLE = "ribbon"


def show_routes(
    parts: Parts, network: Network, root_part: Part, routes: Sequence[Route], least: float | Sequence[float] = 0.0
) -> tuple[bpy.types.Object, list[tuple[Route, Ribbon]]]:
    """Put ribbons along routes into the scene, instead of those that are there.

    Gives their object, and the routes that are long enough for one with their ribbons, in order.

    What was hidden stays hidden, and the ways of the layer or block that was chosen stay lit.

    Args:
        root_part: the network's hierarchy.
        least: radius that ribbons have at least, in picture units; see `ribbon_shapes.thinnest`. For all, or for each.
    """
    each = zip(routes, levels_of(root_part, routes), np.broadcast_to(least, len(routes)), strict=True)
    pairs = [(route, ribbon_of(route, level, float(least))) for route, level, least in each]
    shown = [(route, ribbon) for route, ribbon in pairs if ribbon is not None]
    obj = ribbons_object(parts)
    fill_ribbons(obj, [route for route, _ in shown], [len(ribbon.points) for _, ribbon in shown])
    write_ribbons(obj.data, [ribbon for _, ribbon in shown])
    write_hidden(parts.root)
    light(obj, network, root_part, obj.get(contract.LIT_LAYER, ""))
    return obj, shown


def light_routes(root: bpy.types.Collection, part: str) -> None:
    """Light up where the data of a layer, an input or a block comes from and goes to, and nothing else.

    Args:
        part: its id; in a closed block it lights the ways of that block. One that there is not lights nothing.
    """
    about = read_description(root)
    if about is None or about.opening is None:
        return
    for obj in objects(root, ROLE):
        if obj.get(contract.LIT_LAYER, "") != part and not obj.data.is_editmode:
            light(obj, about.network, about.opening.root, part)


def lit_part(root: bpy.types.Collection) -> str:
    """Id of the layer, input or block whose ways are lit; empty where there is none."""
    obj = first_of(root, ROLE)
    return str(obj.get(contract.LIT_LAYER, "")) if obj is not None else ""


def hide_edge(root: bpy.types.Collection, source: str, target: str, hide: bool) -> None:
    """Hide the ribbon from one part of a network to another, or show it again; also whenever it is drawn again.

    Args:
        source, target: ids of parts, as routes have them.

    Raises:
        UserError: ``flow.no_edge`` where one that is not drawn is to be hidden; ``scene.edit_mode`` where the mesh of
            the ribbons is in Edit Mode.
    """
    meshes.refuse_edited(objects(root, ROLE))
    if hide and (source, target) not in drawn_ends(root):
        message = f"No ribbon leads from {source!r} to {target!r}."
        raise UserError("flow.no_edge", message, "Choose two parts that are seen and joined by a ribbon.")
    edges = [edge for edge in hidden_edges(root) if edge != (source, target)]
    root[contract.HIDDEN_EDGES] = json.dumps([*edges, (source, target)] if hide else edges)
    write_hidden(root)


def show_all_edges(root: bpy.types.Collection) -> None:
    """Show all ribbons again that `hide_edge` hid.

    Raises:
        UserError: ``scene.edit_mode``, as for `hide_edge`.
    """
    meshes.refuse_edited(objects(root, ROLE))
    root.pop(contract.HIDDEN_EDGES, None)
    write_hidden(root)


def keep_hidden_edges(root: bpy.types.Collection, parts: Set[str]) -> None:
    """Forget the edges that are hidden and that do not lead from one of these parts to another, by their ids."""
    kept = [ends for ends in hidden_edges(root) if parts >= set(ends)]
    if contract.HIDDEN_EDGES in root:
        root[contract.HIDDEN_EDGES] = json.dumps(kept)


def drawn_ends(root: bpy.types.Collection) -> list[Ends]:
    """Source and target of all ribbons of a network, hidden or not."""
    return [(source, target) for obj in objects(root, ROLE) for source, target in ends_of(obj)]


def hidden_edges(root: bpy.types.Collection) -> list[Ends]:
    """Source and target of the edges that are hidden, drawn or not."""
    return [(source, target) for source, target in json.loads(root.get(contract.HIDDEN_EDGES, "[]"))]


def ends_of(obj: bpy.types.Object) -> list[list[str]]:
    """Source and target of every ribbon, in the order of their numbers."""
    return [[source, target] for source, target, _kind in json.loads(obj.get(contract.ROUTES, "[]"))]


def kinds_of(obj: bpy.types.Object) -> list[str]:
    """Of every ribbon, in the order of their numbers."""
    return [kind for _source, _target, kind in json.loads(obj.get(contract.ROUTES, "[]"))]


def skipping_ends(root: bpy.types.Collection) -> set[Ends]:
    """Source and target of the ribbons along which data skips layers."""
    objs = objects(root, ROLE)
    return {
        (ends[0], ends[1])
        for obj in objs
        for ends, kind in zip(ends_of(obj), kinds_of(obj), strict=True)
        if kind == SKIP
    }


def levels_of(root_part: Part, routes: Sequence[Route]) -> list[int]:
    """For each route, how many trays are below it."""
    depths: dict[str, int] = {}

    def count(part: Part, depth: int) -> None:
        depths[part.id] = depth
        for child in part.children:
            count(child, depth + 1)

    count(root_part, 0)
    # What is at depth 1 stands on the floor; a route from one edge of a tray to its children runs above that tray.
    return [
        max(max(depths.get(end, 1) for end in (route.source, route.target)) - (route.source != route.target), 0)
        for route in routes
    ]


def ribbons_object(parts: Parts) -> bpy.types.Object:
    """What has the ribbons; made where it is missing."""
    name = f"{parts.name} Data Flow"
    obj = parts.mesh_object((ROLE, "", ""), name, lambda: bpy.data.meshes.new(name), contract.BLOCKS_COLLECTION)
    set_nodes(obj, parts.group(make_ribbons), {"Material": parts.material(materials.ribbon)}, {})
    return obj


def fill_ribbons(obj: bpy.types.Object, routes: Sequence[Route], counts: Sequence[int]) -> None:
    """Give the object a chain of edges for every route, of so many vertices each, all still at the origin."""
    mesh: Any = obj.data
    mesh.clear_geometry()
    mesh.vertices.add(sum(counts))
    ends = np.cumsum(counts, dtype=np.int64)
    starts = np.delete(np.arange(sum(counts)), ends - 1) if counts else np.zeros(0, np.int64)
    mesh.edges.add(len(starts))
    mesh.edges.foreach_set("vertices", np.stack([starts, starts + 1], axis=1).astype(np.int32).ravel())
    meshes.write_integers(mesh, contract.ROUTE, np.repeat(np.arange(len(counts)), counts))
    meshes.write_floats(mesh, contract.SKIP, np.repeat([float(route.kind == SKIP) for route in routes], counts))
    obj[contract.ROUTES] = json.dumps([(route.source, route.target, route.kind) for route in routes])


def write_ribbons(mesh: Any, ribbons: Sequence[Ribbon]) -> None:
    """Put the vertices of ribbons where they are."""
    points = np.concatenate([ribbon.points for ribbon in ribbons]) if ribbons else np.zeros((0, 3))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(points, np.float32).ravel())
    widths = np.concatenate([ribbon.widths for ribbon in ribbons]) if ribbons else np.zeros(0)
    meshes.write_floats(mesh, contract.TUBE_WIDTH, widths)


def light(obj: bpy.types.Object, network: Network, root_part: Part, part: str) -> None:
    """Light up the ways of a part among those that are drawn, at every moment of a film; see `light_routes`."""
    if part and root_part.way_to(part):
        obj[contract.LIT_LAYER] = part
    else:
        obj.pop(contract.LIT_LAYER, None)
        part = ""
    mesh: Any = obj.data
    ends = [(source, target) for source, target in ends_of(obj)]
    numbers = meshes.read_integers(mesh, contract.ROUTE)

    def lit(drawn: tuple[int, ...]) -> np.ndarray:
        routes = routes_of_part(network, root_part, [ends[number] for number in drawn], part) if part else ()
        values = np.zeros(len(ends), np.float32)
        values[[drawn[number] for number in routes]] = 1.0
        return values[numbers]

    meshes.write_floats(mesh, contract.LIT, lit(tuple(range(len(ends)))))
    known: dict[tuple[int, ...], np.ndarray] = {}
    for name in meshes.sampled_names(mesh, contract.TUBE_WIDTH):
        drawn = tuple(np.unique(numbers[meshes.read_floats(mesh, name) > 0]).tolist())
        if drawn not in known:
            known[drawn] = lit(drawn)
        meshes.write_floats(mesh, contract.LIT + name.removeprefix(contract.TUBE_WIDTH), known[drawn])
    mesh.update()
    obj.update_tag()


def write_hidden(root: bpy.types.Collection) -> None:
    """Bring the ribbons that are drawn in line with the edges that are hidden."""
    hidden = hidden_edges(root)
    for obj in objects(root, ROLE):
        mesh: Any = obj.data
        values = np.array([tuple(ends) in hidden for ends in ends_of(obj)], bool)
        meshes.write_booleans(mesh, contract.HIDDEN, values[meshes.read_integers(mesh, contract.ROUTE)])
        mesh.update()
        obj.update_tag()
