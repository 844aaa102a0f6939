"""Bakes how blocks open into attributes, one set for each moment of a film, so that it plays without the extension."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import bpy
import numpy as np

from ...core.blocks.hierarchy import Part
from ...core.layout.picture import Picture, Route, Tray
from ...core.network import Network
from ..base import contract, meshes
from ..base.parts import Parts
from ..blocks.trays import VERTICES, fill_trays, name_trays, tray_points, trays_object, write_trays
from ..flow.ribbon_shapes import Ribbon, ribbon_of
from ..flow.ribbons import fill_ribbons, levels_of, light, ribbons_object, write_hidden, write_ribbons
from ..nodes.labels import SIZE
from ..nodes.lod_of_layers import MOVING
from ..nodes.moments import NARROWEST, NUMBERS, WIDEST, make_moments
from ..stage.part_labels import fill_labels, write_labels

_Key = tuple[str, str, int]
"""Source and target of a route, and how many of the same ends come before it."""


def write_moments(
    parts: Parts,
    obj: bpy.types.Object,
    positions: Sequence[np.ndarray],
    widths: Sequence[np.ndarray] | None = None,
    sizes: Sequence[np.ndarray] | None = None,
    opened: Sequence[np.ndarray] | None = None,
    more: Mapping[str, Sequence[np.ndarray]] | None = None,
) -> None:
    """Write where the vertices of a mesh are at every moment, instead of what was written there before.

    The node group `nodes.moments.make_moments`, which is to be among those of the object, shows them.

    Args:
        positions: (vertices, 3) for each moment, in the object's space.
        widths, sizes, opened: (vertices,) for each moment, where the mesh has those attributes.
        more: other attributes of `nodes.moments.NUMBERS`, likewise.
    """
    parts.group(make_moments)
    clear_moments(obj)
    mesh: Any = obj.data
    for moment, where in enumerate(positions):
        meshes.write_vectors(mesh, contract.sampled(contract.AT, moment), where)
    given = {contract.TUBE_WIDTH: widths, contract.SIZE: sizes, contract.OPENED: opened, **(more or {})}
    for name, values in given.items():
        for moment, numbers in enumerate(values or ()):
            meshes.write_floats(mesh, contract.sampled(name, moment), numbers)
    mesh.update()
    obj.update_tag()


def clear_moments(obj: bpy.types.Object) -> None:
    """Remove what `write_moments` wrote: the object stays as it is, whatever the moment."""
    mesh: Any = obj.data
    for quantity in (contract.AT, *NUMBERS, *MOVING):
        for name in meshes.sampled_names(mesh, quantity):
            mesh.attributes.remove(mesh.attributes[name])
    mesh.update_tag()
    obj.update_tag()


def bake_trays(parts: Parts, moments: Sequence[Sequence[Tray]]) -> None:
    """Put the trays of several moments into the scene, each where it is at every one.

    At a moment at which its block is closed, a tray is a point in the middle of where it is next seen.
    """
    found = [{tray.part: tray for tray in trays if tray.opened > 0} for trays in moments]
    levels = {part: tray.level for trays in found for part, tray in trays.items()}
    order = sorted(levels, key=lambda part: levels[part])
    obj = trays_object(parts)
    fill_trays(obj.data, [levels[part] for part in order])
    name_trays(obj, order)
    positions, opened = [], []
    for moment in range(len(moments)):
        points, shares = [np.zeros((0, 3))], np.zeros(len(order))
        for number, part in enumerate(order):
            nearest = _nearest([part in trays for trays in found], moment)
            own = tray_points(found[nearest][part])
            if nearest == moment:
                shares[number] = found[moment][part].opened
            else:
                own = np.broadcast_to(own.mean(axis=0), own.shape)
            points.append(own)
        positions.append(np.concatenate(points))
        opened.append(np.repeat(shares, VERTICES))
    if moments:
        write_trays(obj.data, positions[-1])
        meshes.write_floats(obj.data, contract.OPENED, opened[-1])
    write_moments(parts, obj, positions, opened=opened)


def bake_routes(
    parts: Parts,
    network: Network,
    root_part: Part,
    moments: Sequence[Sequence[Route]],
    least: float | Sequence[float] = 0.0,
) -> None:
    """Put ribbons along the routes of several moments into the scene, each where it is at every one.

    At a moment at which there is no such route, its ribbon has no width.

    Args:
        root_part: the network's hierarchy.
        least: see `flow.ribbons.show_routes`; for all moments, or for each.
    """
    leasts = np.broadcast_to(least, len(moments))
    keyed = [_keyed(root_part, routes) for routes in moments]
    films: dict[_Key, tuple[Route, list[Ribbon]]] = {}
    for key in dict.fromkeys(key for routes in keyed for key in routes):
        film = _film([routes.get(key) for routes in keyed], leasts)
        if film is not None:
            films[key] = film
    obj = ribbons_object(parts)
    fill_ribbons(obj, [route for route, _ in films.values()], [len(film[0].points) for _, film in films.values()])
    shown = [[film[moment] for _, film in films.values()] for moment in range(len(moments))]
    if moments:
        write_ribbons(obj.data, shown[-1])
    positions = [np.concatenate([np.zeros((0, 3)), *(ribbon.points for ribbon in ribbons)]) for ribbons in shown]
    widths = [np.concatenate([np.zeros(0), *(ribbon.widths for ribbon in ribbons)]) for ribbons in shown]
    write_moments(parts, obj, positions, widths=widths)
    write_hidden(parts.root)
    light(obj, network, root_part, obj.get(contract.LIT_LAYER, ""))


def bake_labels(parts: Parts, pictures: Sequence[Picture]) -> None:
    """Put the labels of several moments into the scene, each where it is at every one; else it has no size."""
    obj, moments = fill_labels(parts, pictures)
    if moments:
        write_labels(obj.data, moments[-1])
    more = {name: [places.values[name] for places in moments] for name in (SIZE, contract.OPACITY, WIDEST, NARROWEST)}
    write_moments(parts, obj, [places.positions for places in moments], more=more)


def _keyed(root_part: Part, routes: Sequence[Route]) -> dict[_Key, tuple[Route, int]]:
    """Routes by their keys, each with how many trays are below it."""
    keyed: dict[_Key, tuple[Route, int]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for route, level in zip(routes, levels_of(root_part, routes), strict=True):
        ends = route.source, route.target
        keyed[*ends, seen[ends]] = route, level
        seen[ends] += 1
    return keyed


def _film(
    routes: Sequence[tuple[Route, int] | None], leasts: Sequence[float] | np.ndarray
) -> tuple[Route, list[Ribbon]] | None:
    """The ribbon of one route at every moment, with as many points at each; and the route as it is at last."""

    def made(shaft: int | None) -> list[Ribbon | None]:
        pairs = zip(routes, leasts, strict=True)
        return [ribbon_of(own[0], own[1], float(least), shaft) if own else None for own, least in pairs]

    ribbons = made(None)
    if len({len(ribbon.points) for ribbon in ribbons if ribbon is not None}) > 1:
        ribbons = made(max(ribbon.shaft for ribbon in ribbons if ribbon is not None))
    are_there = [ribbon is not None for ribbon in ribbons]
    if not any(are_there):
        return None
    film = []
    for moment, ribbon in enumerate(ribbons):
        nearest = ribbons[_nearest(are_there, moment)]
        assert nearest is not None
        film.append(ribbon or replace(nearest, widths=np.zeros_like(nearest.widths)))
    return next(own[0] for own in reversed(routes) if own is not None), film


def _nearest(are_there: Sequence[bool], moment: int) -> int:
    """The moment closest to one at which something is there; of two, the later one."""
    return min((k for k, is_there in enumerate(are_there) if is_there), key=lambda k: (abs(k - moment), -k))
