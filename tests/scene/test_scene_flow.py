"""Trays of open blocks, and ribbons along which data flows: where they are, which are seen, in which colours."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import bpy
import numpy as np
import pytest

from nn_blender.core.blocks.graph import LayerGraph
from nn_blender.core.blocks.hierarchy import NETWORK, Part, make_leaf, make_part
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.errors import UserError
from nn_blender.core.layout.picture import ELEVATION, SKIP, UNIT, Picture, Rect, Route, Tray, world_point
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.parts import Parts
from nn_blender.scene.base.themes.paper import PAPER
from nn_blender.scene.base.themes.studio import STUDIO
from nn_blender.scene.blocks.trays import THICKNESS, show_trays
from nn_blender.scene.build import build_network
from nn_blender.scene.flow.legend import flow_entries
from nn_blender.scene.flow.ribbon_shapes import RADIUS, thinnest
from nn_blender.scene.flow.ribbons import (
    drawn_ends,
    hidden_edges,
    hide_edge,
    light_routes,
    show_routes,
    skipping_ends,
)
from nn_blender.scene.looks.visibility import show_part
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.opening.moments import bake_routes, bake_trays, clear_moments, write_moments
from nn_blender.scene.set_theme import set_theme

VECTOR = (8,)


def dense(path: str, *inputs: str) -> Layer:
    return Layer(path, "Dense", VECTOR, ("unit",), 9, inputs)


NET = Network(
    "net",
    "",
    "",
    (dense("stem", "in"), dense("a", "stem"), dense("b", "a"), dense("add", "stem", "b"), dense("head", "add")),
    (TensorSpec("in", VECTOR),),
    ("head",),
    45,
)


def hierarchy() -> Part:
    """in, stem, unit (a, b, add), head: inside the unit, what comes in skips a and b."""
    graph = LayerGraph(NET)
    leaves = {name: make_leaf(graph, name, name) for name in graph.names}
    unit = make_part(graph, "unit", "unit", [leaves[name] for name in ("a", "b", "add")])
    return make_part(graph, "", "net", [leaves["in"], leaves["stem"], unit, leaves["head"]], kind=NETWORK)


def picture(*opened: str) -> Picture:
    return Opening.of(NET, opened, root=hierarchy()).picture


def parts_of_net() -> Parts:
    return network_parts(bpy.context.scene, NET, "id-1")


def build(*opened: str) -> bpy.types.Collection:
    opening = Opening.of(NET, opened, root=hierarchy())
    return build_network(bpy.context.scene, Contents(NET), "id-1", with_stage=False, opening=opening)


def the(root: bpy.types.Collection, role: str) -> bpy.types.Object:
    return next(objects(root, role))


def evaluated(obj: bpy.types.Object) -> bpy.types.Mesh:
    return obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()


def vertices(obj: bpy.types.Object) -> np.ndarray:
    mesh = evaluated(obj)
    found = np.zeros(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


def attribute(obj: bpy.types.Object, name: str) -> np.ndarray:
    data = evaluated(obj).attributes[name].data
    found = np.zeros(len(data), np.float32)
    data.foreach_get("value", found)
    return found


def seen(points: np.ndarray) -> np.ndarray:
    """Where in the picture the camera sees points of the anchor's space."""
    v = -(points[:, 1] * math.sin(ELEVATION) + points[:, 2] * math.cos(ELEVATION))
    return np.stack([points[:, 0], v], axis=1) / UNIT


def distance_to(route: Route, points: np.ndarray) -> np.ndarray:
    """How far points of the picture are from a route's polyline."""
    way = np.array(route.points)
    starts, steps = way[:-1], np.diff(way, axis=0)
    share = ((points[:, None] - starts) * steps).sum(2) / np.maximum((steps**2).sum(1), 1e-12)
    nearest = starts + np.clip(share, 0, 1)[..., None] * steps
    return np.linalg.norm(points[:, None] - nearest, axis=2).min(axis=1)


def islands(obj: bpy.types.Object) -> int:
    """How many pieces the evaluated mesh has."""
    mesh = evaluated(obj)
    above = list(range(len(mesh.vertices)))

    def top(vertex: int) -> int:
        while above[vertex] != vertex:
            above[vertex] = above[above[vertex]]
            vertex = above[vertex]
        return vertex

    for edge in mesh.edges:
        above[top(edge.vertices[0])] = top(edge.vertices[1])
    return len({top(vertex) for vertex in range(len(mesh.vertices))})


def route(*points: tuple[float, float], **about: object) -> Route:
    return replace(Route("in", "stem", "main", points), **about)


def test_ribbons_lie_on_the_routes():
    shown = picture("unit")
    parts = parts_of_net()
    show_routes(parts, NET, hierarchy(), shown.routes)
    obj = parts.find("ribbon")
    points, numbers = seen(vertices(obj)), attribute(obj, contract.ROUTE).round()
    assert islands(obj) == len(shown.routes)
    for number, own in enumerate(shown.routes):
        ribbon = points[numbers == number]
        head = 2.9 * RADIUS * own.scale
        # Only where the way gives room for its arrow head it is beside its route.
        assert distance_to(own, ribbon).max() < head + (3 * head if own.has_head else 0)
        start, end = np.array(own.points[0]), np.array(own.points[-1])
        assert np.linalg.norm(ribbon - start, axis=1).min() < head
        assert np.linalg.norm(ribbon - end, axis=1).min() < head


def test_ribbons_hang_above_the_trays_that_they_lead_over():
    shown = picture("unit")
    parts = parts_of_net()
    show_routes(parts, NET, hierarchy(), shown.routes)
    show_trays(parts, shown.trays)
    assert vertices(parts.find("ribbon"))[:, 2].min() > vertices(parts.find("tray"))[:, 2].max()


def test_arrow_head_is_where_a_route_has_one_and_points_along_the_data():
    parts = parts_of_net()
    bent = ((0.0, 0.0), (0.2, 0.05), (0.3, 0.9), (0.5, 1.0))
    show_routes(parts, NET, hierarchy(), [route(*bent), route(*bent, has_head=False)])
    obj = parts.find("ribbon")
    points, numbers = seen(vertices(obj)), attribute(obj, contract.ROUTE).round()
    ends = [points[numbers == number] for number in (0, 1)]
    tip, base = (ring.mean(axis=0) for ring in (ends[0][-10:], ends[0][-20:-10]))
    assert tip == pytest.approx((0.5, 1.0), abs=1e-5)
    assert base[1] == pytest.approx(tip[1], abs=1e-4)
    assert base[0] < tip[0] - 4 * RADIUS
    across = [np.linalg.norm(ring - ring.mean(axis=0), axis=1).max() for ring in (ends[0][-20:-10], ends[1][-10:])]
    assert across[0] > 2 * RADIUS > 1.2 * across[1]


def test_every_closed_target_has_an_arrow_head_and_no_open_one():
    shown = picture("unit")
    assert Counter((own.target, own.has_head) for own in shown.routes)["unit", True] == 0
    parts = parts_of_net()
    show_routes(parts, NET, hierarchy(), shown.routes)
    obj = parts.find("ribbon")
    widths, numbers = attribute(obj, contract.TUBE_WIDTH), attribute(obj, contract.ROUTE).round()
    with_head = [np.ptp(widths[numbers == number]) > 0 for number in range(len(shown.routes))]
    assert with_head == [own.has_head for own in shown.routes]


def test_ribbons_are_never_thinner_than_a_few_pixels():
    parts = parts_of_net()
    frame = Rect(0.0, 0.0, 160.0, 90.0)
    show_routes(parts, NET, hierarchy(), [route((0.0, 0.0), (5.0, 0.0), has_head=False)], thinnest(frame))
    height = np.ptp(seen(vertices(parts.find("ribbon")))[:, 1])
    assert height / frame.height * 1080 == pytest.approx(3.2, rel=0.03)


def test_trays_fill_their_rectangles_and_only_open_blocks_have_them():
    parts = parts_of_net()
    shown = picture("unit")
    show_trays(parts, shown.trays)
    obj = parts.find("tray")
    points = vertices(obj)
    (tray,) = shown.trays
    top = seen(points[points[:, 2] > 0])
    assert top.min(axis=0) == pytest.approx((tray.rect.x, tray.rect.v), abs=1e-4)
    assert top.max(axis=0) == pytest.approx((tray.rect.right, tray.rect.bottom), abs=1e-4)
    assert points[:, 2].max() == pytest.approx(UNIT * THICKNESS)
    show_trays(parts, picture().trays)
    assert len(vertices(obj)) == 0
    show_trays(parts, [Tray("unit", Rect(0, 0, 1, 1), 0, 0.0)])
    assert len(vertices(obj)) == 0


def test_corners_of_trays_are_round_in_the_picture():
    parts = parts_of_net()
    show_trays(parts, [Tray("unit", Rect(0.0, 0.0, 6.0, 3.0), 0, 1.0)])
    points = vertices(parts.find("tray"))
    corner = seen(points[points[:, 2] > 0])
    corner = corner[(corner < 0.1 + 1e-6).all(axis=1)]
    outline = np.linalg.norm(corner - 0.1, axis=1)
    assert np.sum(np.isclose(outline, 0.1, atol=1e-4)) == 9


def test_trays_stand_on_one_another():
    parts = parts_of_net()
    rect = Rect(0.0, 0.0, 3.0, 2.0)
    show_trays(parts, [Tray("inner", Rect(1.0, 1.0, 1.0, 0.5), 1, 1.0), Tray("unit", rect, 0, 1.0)])
    heights, levels = vertices(parts.find("tray"))[:, 2], attribute(parts.find("tray"), contract.LEVEL)
    assert heights[levels == 1].min() == pytest.approx(heights[levels == 0].max())


def test_layers_stand_on_the_tray_of_their_block():
    root = build("unit")
    top = vertices(the(root, "tray"))[:, 2].max()
    stands = {obj[contract.LAYER]: obj for obj in objects(root, "stand") if contract.LAYER in obj}
    assert [stands[path].location.z for path in ("a", "b", "add")] == pytest.approx([top] * 3)
    assert stands["stem"].location.z == 0.0
    books = {book.shown: book for book in picture("unit").books}
    for path in ("a", "stem"):
        place = np.array([stands[path].location])
        assert seen(place)[0] == pytest.approx(books[path].foot, abs=1e-5)


def test_ribbons_of_both_kinds_take_the_colours_of_every_theme():
    root = build("unit")
    material = the(root, "ribbon").evaluated_get(bpy.context.evaluated_depsgraph_get()).data.materials[0]
    colours = material.original.node_tree.nodes
    for theme in (STUDIO, PAPER, STUDIO):
        set_theme(bpy.context.scene, theme.name)
        found = {
            tuple(round(channel, 4) for channel in socket.default_value)[:3]
            for node in colours
            for socket in node.inputs
            if socket.type == "RGBA" and not socket.is_linked and socket.enabled
        }
        for colour in (theme.flow.main, theme.flow.skip, theme.flow.lit):
            assert tuple(round(channel, 4) for channel in colour) in found


def test_skips_are_told_from_the_main_path_on_the_ribbons_and_in_the_legend():
    root = build("unit")
    obj = the(root, "ribbon")
    routes = picture("unit").routes
    skips, numbers = attribute(obj, contract.SKIP), attribute(obj, contract.ROUTE).round()
    for number, own in enumerate(routes):
        assert set(skips[numbers == number]) == {float(own.kind == SKIP)}
    assert flow_entries(root) == [("data flow", "flow.main"), ("skip", "flow.skip")]


def test_legend_names_no_skip_where_none_is_seen_and_nothing_where_ribbons_are_hidden():
    root = build()
    assert flow_entries(root) == [("data flow", "flow.main")]
    show_part(root, "ribbon", show=False)
    assert flow_entries(root) == []


def lit_ends(root: bpy.types.Collection, routes: tuple[Route, ...]) -> set[tuple[str, str]]:
    obj = the(root, "ribbon")
    lit, numbers = attribute(obj, contract.LIT), attribute(obj, contract.ROUTE).round()
    return {(routes[int(number)].source, routes[int(number)].target) for number in numbers[lit > 0.5]}


def test_layer_in_a_closed_block_lights_the_ways_of_the_block():
    root = build()
    light_routes(root, "b")
    assert lit_ends(root, picture().routes) == {("stem", "unit"), ("unit", "head")}
    light_routes(root, None)
    assert lit_ends(root, picture().routes) == set()


def test_ways_of_the_chosen_layer_stay_lit_when_its_block_opens():
    root = build()
    light_routes(root, "b")
    parts = network_parts(bpy.context.scene, NET, "id-1", root)
    show_routes(parts, NET, hierarchy(), picture("unit").routes)
    assert lit_ends(root, picture("unit").routes) == {("a", "b"), ("b", "add")}


def test_hidden_edges_are_not_drawn_and_stay_hidden_while_blocks_open():
    root = build()
    before = islands(the(root, "ribbon"))
    hide_edge(root, "stem", "unit", True)
    assert islands(the(root, "ribbon")) == before - 1
    parts = network_parts(bpy.context.scene, NET, "id-1", root)
    show_routes(parts, NET, hierarchy(), picture("unit").routes)
    assert islands(the(root, "ribbon")) == len(picture("unit").routes) - 1
    assert hidden_edges(root) == [("stem", "unit")]
    hide_edge(root, "stem", "unit", False)
    assert islands(the(root, "ribbon")) == len(picture("unit").routes)


def test_edge_that_is_not_drawn_cannot_be_hidden():
    root = build()
    with pytest.raises(UserError) as caught:
        hide_edge(root, "in", "head", True)
    assert caught.value.code == "flow.no_edge"
    assert hidden_edges(root) == []


def set_moment(root: bpy.types.Collection, moment: float) -> None:
    anchor = the(root, "anchor")
    anchor[contract.MOMENT] = moment
    anchor.update_tag()
    bpy.context.view_layer.update()


def test_half_a_moment_is_the_mean_of_two():
    parts = parts_of_net()
    ways = [[route((0.0, v), (2.0, v)), route((0.0, 3 + v), (2.0, 3 + v))] for v in (0.0, 1.0)]
    bake_routes(parts, NET, hierarchy(), ways)
    trays = [[Tray("unit", Rect(0.0, v, 1.0 + v, 1.0), 0, 1.0)] for v in (0.0, 1.0)]
    bake_trays(parts, trays)
    for role in ("ribbon", "tray"):
        places = {}
        for moment in (0.0, 0.5, 1.0, 1.5):
            set_moment(parts.root, moment)
            places[moment] = vertices(parts.find(role))
        assert np.ptp(places[0.0] - places[1.0], axis=0).max() < 5  # The same vertices in the same order.
        assert not np.allclose(places[0.0], places[1.0])
        assert np.allclose(places[0.5], (places[0.0] + places[1.0]) / 2, atol=1e-4)
        assert np.allclose(places[1.5], places[1.0], atol=1e-5)


def test_moments_show_what_the_pictures_show_one_by_one():
    root = build()
    parts = network_parts(bpy.context.scene, NET, "id-1", root)
    pictures = [picture(), picture("unit")]
    shown = []
    for one in pictures:
        show_trays(parts, one.trays)
        show_routes(parts, NET, hierarchy(), one.routes)
        shown.append([vertices(parts.find(role)) for role in ("tray", "ribbon")])
    bake_trays(parts, [one.trays for one in pictures])
    bake_routes(parts, NET, hierarchy(), [one.routes for one in pictures])
    for moment, (trays, ribbons) in enumerate(shown):
        set_moment(root, float(moment))
        baked = vertices(parts.find("tray"))
        assert len(baked) == len(trays)
        assert np.allclose(baked, trays, atol=1e-4)
        found, wanted = seen(vertices(parts.find("ribbon"))), seen(ribbons)
        assert found.min(axis=0) == pytest.approx(wanted.min(axis=0), abs=1e-3)
        assert found.max(axis=0) == pytest.approx(wanted.max(axis=0), abs=1e-3)
        assert islands(parts.find("ribbon")) == len(pictures[moment].routes)


def test_showing_a_picture_ends_what_was_baked():
    root = build("unit")
    parts = network_parts(bpy.context.scene, NET, "id-1", root)
    before = [vertices(parts.find(role)) for role in ("tray", "ribbon")]
    bake_trays(parts, [(), picture("unit").trays])
    bake_routes(parts, NET, hierarchy(), [picture().routes, picture("unit").routes])
    show_trays(parts, picture("unit").trays)
    show_routes(parts, NET, hierarchy(), picture("unit").routes, thinnest(picture("unit").frame))
    set_moment(root, 0.0)
    for role, points in zip(("tray", "ribbon"), before, strict=True):
        assert np.allclose(vertices(parts.find(role)), points, atol=1e-5)


def test_cleared_moments_leave_the_object_as_it_is():
    parts = parts_of_net()
    show_trays(parts, [Tray("unit", Rect(0.0, 0.0, 2.0, 1.0), 0, 1.0)])
    obj = parts.find("tray")
    before = vertices(obj)
    write_moments(parts, obj, [before + 1.0, before + 2.0])
    set_moment(parts.root, 0.5)
    assert np.allclose(vertices(obj), before + 1.5, atol=1e-5)
    clear_moments(obj)
    set_moment(parts.root, 0.5)
    assert np.allclose(vertices(obj), before, atol=1e-6)


def test_world_points_and_points_of_the_picture_are_the_same_places():
    place = np.array([world_point((1.5, -0.5), 0.3)]) * UNIT
    assert seen(place)[0] == pytest.approx((1.5, -0.5))


def test_ribbons_of_skips_are_told_from_others_by_their_ends_too() -> None:
    root = build("unit")
    skips = {(route.source, route.target) for route in picture("unit").routes if route.kind == SKIP}
    assert skips
    assert skipping_ends(root) == skips & set(drawn_ends(root))
    assert skipping_ends(root) != set(drawn_ends(root))
