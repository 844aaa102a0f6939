"""The frame around a network that opens: title, legend, labels, camera, light and ground."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents
from mathutils import Vector

from nn_blender.core.blocks.arranging import LEGEND_BAND, TITLE_BAND, arrange
from nn_blender.core.blocks.at_first import ALL, blocks_for
from nn_blender.core.blocks.dividing import find_hierarchy
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.layout.legible import text_lines
from nn_blender.core.layout.picture import UNIT, Picture
from nn_blender.core.network import Network
from nn_blender.core.normalisation import Normalisation
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.parts import Parts
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.network.text_objects import text_object
from nn_blender.scene.remove import remove_network
from nn_blender.scene.set_theme import set_theme
from nn_blender.scene.stage.frame import add_frame_stage, set_moves_along, show_frame
from nn_blender.scene.stage.legend import show_normalisation
from nn_blender.scene.stage.part_labels import show_labels

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))
from network_zoo import five_branches, unet

SIZES = [(1600, 900), (900, 1600), (1000, 1000), (2100, 900)]


def show(network: Network, picture: Picture) -> Parts:
    parts = network_parts(bpy.context.scene, network, "id-1")
    show_labels(parts, picture)
    show_frame(parts, network, picture.frame)
    add_frame_stage(parts, picture)
    bpy.context.view_layer.update()
    return parts


def pictured(network: Network, wanted: str = "none", size: tuple[int, int] = (1600, 900)) -> tuple[Parts, Picture]:
    render = bpy.context.scene.render
    render.resolution_x, render.resolution_y = size
    root = find_hierarchy(network)
    picture = arrange(network, root, dict.fromkeys(blocks_for(network, root, wanted), 1.0), aspect=size[0] / size[1])
    return show(network, picture), picture


def seen(points: list[Vector]) -> np.ndarray:
    """Float (count, 3): where points of the world are in the picture, from its lower left corner, 0 to 1, and depth."""
    scene = bpy.context.scene
    return np.array([world_to_camera_view(scene, scene.camera, point) for point in points])


def letters(parts: Parts) -> Iterator[list[Vector]]:
    """Corners in the world of every letter of the labels that is there."""
    label = parts.find("label", "", "parts")
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for instance in depsgraph.object_instances:
        if instance.is_instance and instance.parent.original == label:
            yield [instance.matrix_world @ Vector(corner) for corner in instance.object.bound_box]


def words(parts: Parts) -> list[str]:
    """The texts of the labels that have a size, in the order of their vertices."""
    store, label = parts.find("texts", "", "parts"), parts.find("label", "", "parts")
    texts = get_modifier_input(network_modifier(store), "Texts").split("\n")
    sizes = np.empty(len(texts), np.float32)
    label.data.attributes["size"].data.foreach_get("value", sizes)
    return [text for text, size in zip(texts, sizes, strict=True) if size > 0]


def box(obj: bpy.types.Object) -> list[Vector]:
    return [obj.matrix_world @ Vector(corner) for corner in obj.bound_box]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", [unet, five_branches])
def test_all_texts_are_in_the_picture_and_it_is_full(make, size: tuple[int, int]) -> None:
    parts, picture = pictured(make(), size=size)
    points = [point for obj in objects(parts.root, "title") for point in box(obj)]
    points += [point for corners in letters(parts) for point in corners]
    places = seen(points)
    assert (places[:, :2] > 0).all()
    assert (places[:, :2] < 1).all()
    camera = bpy.context.scene.camera.data
    assert (places[:, 2] > camera.clip_start).all()
    assert (places[:, 2] < camera.clip_end).all()
    assert picture.caption is not None
    rects = [thing.rect for thing in (*picture.books, *picture.labels, *picture.boards, picture.caption)]
    ends = [(rect.x, rect.v) for rect in rects] + [(rect.right, rect.bottom) for rect in rects]
    wide, high = np.ptp([*ends, *(point for route in picture.routes for point in route.points)], axis=0)
    width = camera.ortho_scale / UNIT
    assert max(wide / width, high / (width * size[1] / size[0])) >= 0.8


def test_a_scene_of_another_ratio_shows_the_whole_frame() -> None:
    parts, _picture = pictured(unet())
    bpy.context.scene.render.resolution_x = 400
    network = unet()
    picture = arrange(network, find_hierarchy(network))
    show_frame(parts, network, picture.frame)
    bpy.context.view_layer.update()
    places = seen([point for corners in letters(parts) for point in corners])
    assert ((places[:, :2] > 0) & (places[:, :2] < 1)).all()


def test_letters_are_as_high_in_the_picture_as_it_says() -> None:
    parts, picture = pictured(unet())
    lines = text_lines(picture)
    biggest = max(line.size for line in lines)
    assert biggest * 1080 / picture.frame.height >= 14
    ink = bpy.data.materials.new("Ink")
    used = sorted({letter for line in lines if line.size == biggest for letter in line.text if letter != " "})
    objs = [text_object(letter, letter, 1.0, ink, "LEFT") for letter in used]
    for obj in objs:
        bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.update()
    highest = max(obj.dimensions.y for obj in objs)
    heights = [float(np.ptp(seen(corners)[:, 1])) * picture.frame.height for corners in letters(parts)]
    assert max(heights) == pytest.approx(biggest * highest, rel=0.02)


def test_labels_say_what_the_picture_says_at_its_places() -> None:
    parts, picture = pictured(unet())
    lines = text_lines(picture)
    assert sorted(words(parts)) == sorted(line.text for line in lines)
    places = seen([Vector(np.mean(corners, axis=0)) for corners in letters(parts)])
    frame = picture.frame
    count = 0
    for line in lines:
        x, v = line.place
        middle, up = (x - frame.x) / frame.width, 1 - (v - frame.v) / frame.height
        near = np.abs(places[:, 0] - middle) * frame.width < len(line.text) * line.size / 2
        near &= (places[:, 1] > up - 0.2 * line.size / frame.height) & (places[:, 1] < up + line.size / frame.height)
        assert near.any(), line
        count += len(line.text.replace(" ", ""))
    assert len(places) == count


def test_texts_are_filled_anew_only_where_they_were_not_shown_before() -> None:
    network = unet()
    root = find_hierarchy(network)
    parts, picture = pictured(network)
    store = parts.find("texts", "", "parts")
    before = get_modifier_input(network_modifier(store), "Texts")
    (block,) = blocks_for(network, root, "1")[:1] or (next(part.id for part in root.children if part.children),)
    opened = arrange(network, root, {block: 1.0})
    show_labels(parts, opened)
    assert sorted(words(parts)) == sorted(line.text for line in text_lines(opened))
    after = get_modifier_input(network_modifier(store), "Texts")
    assert after.startswith(before)
    show_labels(parts, picture)
    assert sorted(words(parts)) == sorted(line.text for line in text_lines(picture))
    assert get_modifier_input(network_modifier(store), "Texts") == after


def test_names_that_cannot_be_read_are_counted_and_not_drawn() -> None:
    parts, picture = pictured(five_branches(12), ALL)
    lines = text_lines(picture)
    width = picture.frame.width
    here = [line for line in lines if line.narrowest < width <= line.widest]
    assert len(here) < len(lines)
    assert any(line.text.startswith("+") for line in here)
    assert len(list(letters(parts))) == sum(len(line.text.replace(" ", "")) for line in here)
    # Nearer, there is more.
    bpy.context.scene.camera.data.ortho_scale /= 50
    bpy.context.view_layer.update()
    assert len(list(letters(parts))) > sum(len(line.text.replace(" ", "")) for line in here)


def test_long_names_have_smaller_letters_and_are_in_the_picture() -> None:
    network = replace(unet(), name="a name of a network that is far too long for one line " * 3)
    parts, _picture = pictured(network)
    title = parts.find("title", "", "name")
    places = seen(box(title))
    assert ((places[:, :2] > 0) & (places[:, :2] < 1)).all()
    assert title.data.size < 0.052
    assert parts.find("title", "", "facts").data.size == pytest.approx(0.0235)


def built(tmp_path: Path, theme: str | None = None) -> bpy.types.Collection:
    scene, contents = bpy.context.scene, made_contents(tmp_path)
    scene.render.resolution_x, scene.render.resolution_y = 1600, 900
    opening = Opening.of(contents.network)
    root = build_network(scene, contents, "id-1", opening=opening, theme=theme)
    bpy.context.view_layer.update()
    return root


def test_the_title_is_in_the_upper_band_and_the_legend_in_the_lower_one(tmp_path: Path) -> None:
    root = built(tmp_path)
    titles = seen([point for obj in objects(root, "title") for point in box(obj)])
    assert (titles[:, 1] > 1 - TITLE_BAND).all()
    legend = [obj for obj in objects(root, "legend") if obj.type != "EMPTY"]
    assert {obj["nn_part"] for obj in legend} >= {"rule", "low", "zero", "high", "strip"}
    drawn = [obj for obj in legend if obj.type == "MESH" or obj.data.body]
    places = [seen(box(obj)) for obj in drawn]
    assert all(((place[:, 1] > 0) & (place[:, 1] < LEGEND_BAND)).all() for place in places)
    beside = [place[:, 0] for obj, place in zip(drawn, places, strict=True) if obj["nn_part"] != "zero"]
    apart = sorted((place.min(), place.max()) for place in beside)
    assert all(end < start for (_, end), (start, _) in pairwise(apart))
    assert apart[-1][1] < 1


def test_words_of_another_length_move_the_legend(tmp_path: Path) -> None:
    root = built(tmp_path)
    rule = next(obj for obj in objects(root, "legend") if obj.get("nn_part") == "rule")
    before = rule.data.body
    show_normalisation(root, Normalisation("fixed", dark=0.0, bright=123.0))
    bpy.context.view_layer.update()
    assert rule.data.body != before
    parts = {obj["nn_part"]: seen(box(obj))[:, 0] for obj in objects(root, "legend") if obj.type != "EMPTY"}
    assert parts["high"].max() < parts["rule"].min()


def test_view_all_shows_the_network_and_renders_have_ground_everywhere(tmp_path: Path) -> None:
    root = built(tmp_path)
    (ground,), (frame,) = objects(root, "floor"), objects(root, "frame")
    size = frame.matrix_world.to_scale().x
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for obj in root.all_objects:
        if obj.visible_get() and obj.type in ("MESH", "FONT"):
            evaluated = obj.evaluated_get(depsgraph)
            corners = [obj.matrix_world @ Vector(corner) for corner in evaluated.bound_box]
            assert max((corner - frame.matrix_world.translation).length for corner in corners) < 4 * size, obj.name
    half = max(abs(vertex.co.x) for vertex in ground.evaluated_get(depsgraph).data.vertices)
    assert half == pytest.approx(0.5)


def test_a_theme_changes_ground_light_background_and_texts(tmp_path: Path) -> None:
    root = built(tmp_path)
    scene = bpy.context.scene

    def looks() -> dict[str, list[float]]:
        found = {light.name: [light.data.energy, *light.data.color] for light in objects(root, "light")}
        found["world"] = list(scene.world.color)
        (ground,) = objects(root, "floor")
        for material in (ground.data.materials[0], bpy.data.materials["NN made Part Label"]):
            for node in material.node_tree.nodes:
                found[f"{material.name} {node.name}"] = [
                    number
                    for socket in node.inputs
                    if hasattr(socket, "default_value") and hasattr(socket.default_value, "__len__")
                    for number in (socket.default_value if not isinstance(socket.default_value, str) else ())
                ]
        return found

    studio = looks()
    set_theme(scene, "paper")
    paper = looks()
    for name in (*(light.name for light in objects(root, "light")), "world"):
        assert paper[name] != studio[name], name
    for material in ("Ground", "Part Label"):
        assert any(paper[name] != studio[name] for name in studio if material in name)
    assert all(light.data.type == "SUN" for light in objects(root, "light"))
    set_theme(scene, "studio")
    for name, values in looks().items():
        assert values == pytest.approx(studio[name]), name


def test_the_camera_follows_the_frame_until_somebody_moves_it(tmp_path: Path) -> None:
    network = unet()
    root = find_hierarchy(network)
    parts, picture = pictured(network)
    camera = bpy.context.scene.camera
    opened = arrange(network, root, dict.fromkeys(blocks_for(network, root, ALL), 1.0))
    show_frame(parts, network, opened.frame)
    assert camera.data.ortho_scale == pytest.approx(UNIT * opened.frame.width)
    camera.location.x += 1.0
    place = camera.location.copy()
    show_frame(parts, network, picture.frame)
    assert camera.location == place
    assert camera.data.ortho_scale == pytest.approx(UNIT * opened.frame.width)


@pytest.mark.parametrize("scale", [0.1, 5.0])
@pytest.mark.parametrize("is_along", [False, True])
def test_a_scaled_network_is_seen_as_one_that_is_not(is_along: bool, scale: float) -> None:
    parts, picture = pictured(unet())
    camera = bpy.context.scene.camera
    before = seen([point for corners in letters(parts) for point in corners])
    set_moves_along(parts.anchor, camera, is_along)
    parts.anchor.scale = (scale,) * 3
    show_frame(parts, unet(), picture.frame)
    bpy.context.view_layer.update()
    places = seen([point for corners in letters(parts) for point in corners])
    np.testing.assert_allclose(places[:, :2], before[:, :2], atol=1e-3)
    assert (places[:, 2] > camera.data.clip_start).all()
    assert (places[:, 2] < camera.data.clip_end).all()


def test_nothing_of_the_stage_stays_behind_and_the_ground_goes_on_to_the_next_network(tmp_path: Path) -> None:
    scene = bpy.context.scene
    first = built(tmp_path)
    contents = made_contents(tmp_path)
    second = build_network(scene, contents, "id-2", opening=Opening.of(contents.network))
    assert not any(objects(second, "floor"))
    remove_network(scene, first)
    (ground,) = objects(second, "floor")
    assert network_modifier(ground) is not None
    remove_network(scene, second)
    assert not bpy.data.objects
    assert not bpy.data.worlds
    assert not [group.name for group in bpy.data.node_groups]
