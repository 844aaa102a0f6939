"""Normalisation, colour maps, summaries, large maps: what is seen follows the measured numbers by the stated rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_composite, made_contents, with_ranges
from test_scene_pictures import SIDE, hide_all_but, pixel_of, render_face_of

from nn_blender.core.normalisation import Normalisation
from nn_blender.scene.base import meshes
from nn_blender.scene.base.colour_maps import COLOUR_MAPS, DIVERGING_RAMP, GREY_RAMP, ColourMap, Ramp
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.themes.studio import STUDIO
from nn_blender.scene.base.versions import get_modifier_input, set_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.looks.map_looks import MapLook, get_map_look, set_map_look
from nn_blender.scene.looks.normalisation import get_normalisation
from nn_blender.scene.looks.visibility import PARTS, is_shown, objects_of, show_part
from nn_blender.scene.maps.closeups import add_closeup, closeups, remove_closeup, shown_maps
from nn_blender.scene.maps.summaries import set_composite, show_faces
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.orders import set_order
from nn_blender.scene.stage.labels import show_measures
from nn_blender.scene.stage.legend import show_normalisation


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=3)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_network, contents, "id-1")


def evaluated(obj: bpy.types.Object, attribute: str) -> np.ndarray:
    return meshes.read_floats(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data, attribute)


def expected_glow(rule: Normalisation, contents: Contents) -> np.ndarray:
    """Glow of the layer ``hidden`` for the first sample, as the rule says it."""
    everything = np.abs(contents.recording.activations)
    values = everything[:, contents.network.neuron_slices()["hidden"]]
    bright = {"layer": values.max(), "neuron": values.max(0), "network": everything.max(), "fixed": rule.bright}
    high, dark = bright[rule.rule], rule.dark if rule.rule == "fixed" else 0.0
    if rule.scale == "linear":
        return np.clip((values[0] - dark) / (high - dark), 0, 1)
    bottom = dark or high / 1000
    return np.clip(np.log10(values[0] / bottom) / np.log10(high / bottom), 0, 1)


@pytest.mark.parametrize("scale", ["linear", "logarithmic"])
@pytest.mark.parametrize(
    ("rule", "dark"), [("layer", 0.3), ("neuron", 0), ("network", 0), ("fixed", 0), ("fixed", 0.4)]
)
def test_glow_follows_the_rule(
    root: bpy.types.Collection, contents: Contents, rule: str, scale: str, dark: float
) -> None:
    normalisation = Normalisation(rule, scale, dark, 1.7)
    show_normalisation(root, normalisation)
    bpy.context.scene.frame_set(1)
    hidden = next(objects(root, "neurons", "hidden"))
    glow = expected_glow(normalisation, contents)
    np.testing.assert_allclose(evaluated(hidden, "glow"), glow, atol=2e-6)
    sign = np.sign(evaluated(hidden, "activation"))
    np.testing.assert_allclose(evaluated(hidden, "tone"), glow * sign, atol=2e-6)
    assert get_normalisation(root).rule == read_description(root).normalisation.rule == rule


def test_the_legend_states_the_rule(root: bpy.types.Collection, contents: Contents) -> None:
    def words() -> dict[str, str]:
        return {obj["nn_part"]: obj.data.body for obj in objects(root, "legend") if obj.type == "FONT"}

    assert words() == {
        "rule": "activation (measured), by the highest of its layer",
        "low": "negative",
        "zero": "0",
        "high": "highest",
    }
    largest = np.abs(contents.recording.activations).max()
    show_normalisation(root, Normalisation("network", "logarithmic"))
    assert words()["high"] == f"{largest:.3g}"
    assert "logarithmic" in words()["rule"]
    show_normalisation(root, Normalisation("fixed", "linear", 0.5, 2.0))
    assert (words()["zero"], words()["high"]) == ("≤ 0.5", "≥ 2")


def in_display(ramp: Ramp, place: np.ndarray) -> np.ndarray:
    positions = [position for position, _ in ramp]
    linear = np.stack([np.interp(place, positions, [colour[i] for _, colour in ramp]) for i in range(3)], -1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


@pytest.mark.parametrize(
    ("colours", "rule"), [("viridis", "samples"), ("magma", "map"), ("diverging", "layer"), ("grey", "layer")]
)
def test_maps_have_the_colour_of_their_values(tmp_path: Path, colours: str, rule: str) -> None:
    assert_maps_have_the_colour_of_their_values(tmp_path, colours, rule)


def test_a_colour_map_at_the_end_of_the_list_may_be_centred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COLOUR_MAPS, "appended", ColourMap("Appended", "", DIVERGING_RAMP, centred=True))
    assert_maps_have_the_colour_of_their_values(tmp_path, "appended", "samples")


def assert_maps_have_the_colour_of_their_values(tmp_path: Path, colours: str, rule: str) -> None:
    contents = made_contents(tmp_path, samples=3)
    ranges = np.random.default_rng(3).uniform(-2, 2, (2, 3, 6)).astype(np.float32)
    ranges.sort(axis=0)
    low, high = float(ranges[0].min()), float(ranges[1].max())
    atlases = tuple(with_ranges(maps, ranges) if maps.layer == "conv" else maps for maps in contents.atlases)
    root = build_network(bpy.context.scene, dataclasses.replace(contents, atlases=atlases), "id-1")
    set_map_look(root, MapLook(colours, rule, False))
    assert get_map_look(root) == MapLook(colours, rule, False)
    slab, cards = next(objects(root, "slab", "conv")), next(objects(root, "card", "conv"))
    hide_all_but(root, slab, cards)
    bpy.context.scene.frame_set(1 + 24 * 2)
    pixels, extent = render_face_of(slab, tmp_path / "maps.png")
    pitch = cards.data.vertices[0].co.y - cards.data.vertices[1].co.y
    shown = [pixels[pixel_of(slab, at.co.y - 0.2 * pitch, at.co.z + 0.2 * pitch - slab.location.z, extent)] for at in
             cards.data.vertices]  # fmt: skip
    own_low, own_high = ranges[:, 2].astype(np.float64)
    values = own_low + 200 / 255 * (own_high - own_low)
    start, end = {"samples": (low, high), "layer": (own_low.min(), own_high.max()), "map": (own_low, own_high)}[rule]
    if COLOUR_MAPS[colours].centred:
        end = np.maximum(np.abs(start), np.abs(end))
        start = -end
    expected = in_display(STUDIO.ramp(COLOUR_MAPS[colours].ramp), (values - start) / (end - start))
    np.testing.assert_allclose(shown, expected, atol=3.5)


def drawn(obj: bpy.types.Object) -> int:
    """How many instances an object shows."""
    bpy.context.view_layer.update()
    instances = bpy.context.evaluated_depsgraph_get().object_instances
    return sum(1 for shown in instances if shown.is_instance and shown.parent.original == obj)


def test_summaries_show_mean_maximum_and_strongest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = made_contents(tmp_path, samples=2)
    contents = dataclasses.replace(contents, composites=(made_composite(tmp_path, "conv", 12, 2),))
    root = build_network(bpy.context.scene, contents, "id-1")
    (card,) = objects(root, "composite")
    # Maps that are large enough to be seen need no summary.
    assert not drawn(card)
    show_faces(root, "composite")
    assert drawn(card)
    assert not card.hide_render
    assert all(cards.hide_render for cards in objects(root, "card"))
    set_map_look(root, MapLook("grey", "samples"))
    slab = next(objects(root, "slab", "conv"))
    hide_all_but(root, slab, card)
    bpy.context.scene.frame_set(25)
    colours = {}
    for kind in ("mean", "max", "strongest"):
        set_composite(root, kind)
        pixels, _ = render_face_of(slab, tmp_path / f"{kind}.png")
        colours[kind] = pixels[SIDE // 2, SIDE // 2]
    # Second sample of made_composite: mean at level 100 of 0..1 in a range of 0..2, maximum at 200 of 1..2 in 0..2.
    for kind, value in (("mean", 100 / 255), ("max", 1 + 200 / 255)):
        np.testing.assert_allclose(colours[kind], in_display(GREY_RAMP, np.array(value / 2)), atol=3)
    # The middle one of the neurons is green, not grey.
    red, green, blue = colours["strongest"]
    assert green > blue + 30 > red + 60
    # On a centred map 0 is in the middle, and the strongest of the neurons is as bright as it is above 0.
    monkeypatch.setitem(COLOUR_MAPS, "appended", ColourMap("Appended", "", GREY_RAMP, centred=True))
    set_map_look(root, MapLook("appended", "samples"))
    pixels, _ = render_face_of(slab, tmp_path / "centred.png")
    np.testing.assert_allclose(pixels[SIDE // 2, SIDE // 2], colours["strongest"], atol=3)
    set_composite(root, "mean")
    pixels, _ = render_face_of(slab, tmp_path / "centred.png")
    share = 0.5 + 100 / 255 / 4
    np.testing.assert_allclose(pixels[SIDE // 2, SIDE // 2], in_display(GREY_RAMP, np.array(share)), atol=3)


def test_a_large_map_shows_the_neuron_and_says_which(root: bpy.types.Collection, contents: Contents) -> None:
    scene = bpy.context.scene
    add_closeup(scene, root, "conv", 4)
    add_closeup(scene, root, "conv", 4)
    add_closeup(scene, root, "pool", 0)
    assert sorted(closeups(root)) == [("conv", 4), ("pool", 0)]
    holders = sorted(obj.location.x for obj in objects(root, "closeup holder"))
    assert holders[1] - holders[0] > 3
    scene.frame_set(25)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    card = next(objects(root, "closeup", "conv"))
    assert any(instance.is_instance and instance.parent.original == card for instance in depsgraph.object_instances)
    texts = [store for store in objects(root, "texts", "conv") if store["nn_part"] == "closeup 4"]
    from nn_blender.scene.base.versions import get_modifier_input

    value = contents.recording.activations[1, contents.network.neuron_slices()["conv"]][4]
    body = get_modifier_input(texts[0].modifiers[0], "Texts")
    assert f"conv, neuron 4\nactivation {value:.4g}\nmap 0 to 1" in body
    before = len(bpy.data.objects)
    remove_closeup(scene, root, "conv", 4)
    assert closeups(root) == [("pool", 0)]
    assert len(bpy.data.objects) == before - 5
    assert (shown_maps(root, "conv"), shown_maps(root, "hidden")) == (6, 0)


def count_instances(obj: bpy.types.Object) -> int:
    found = bpy.context.evaluated_depsgraph_get().object_instances
    return sum(one.is_instance and one.parent.original == obj for one in found)


def test_layers_without_new_maps_keep_no_old_ones(contents: Contents, tmp_path: Path) -> None:
    """Pictures of more samples may not fit any more."""
    contents = dataclasses.replace(contents, composites=(made_composite(tmp_path, "conv", 12, 3),))
    root = build_network(bpy.context.scene, contents, "id-1")
    add_closeup(bpy.context.scene, root, "conv", 4)
    add_closeup(bpy.context.scene, root, "pool", 0)
    kept = tuple(atlas for atlas in contents.atlases if atlas.layer != "conv")
    update_network(bpy.context.scene, root, dataclasses.replace(contents, atlases=kept, composites=()))
    for role in ("card", "composite"):
        (cards,) = objects(root, role, "conv")
        assert count_instances(cards) == 0
        assert not meshes.sampled_names(cards.data, "map_range")
    assert (closeups(root), shown_maps(root, "conv")) == ([("pool", 0)], 0)
    for blocks in (bpy.data.images, bpy.data.materials):
        assert not [block for block in blocks if block.get("nn_layer") == "conv" or "Cards conv" in block.name]
    update_network(bpy.context.scene, root, contents)
    assert shown_maps(root, "conv") == 6
    (cards,) = objects(root, "card", "conv")
    assert count_instances(cards) == 6
    show_faces(root, "composite")
    bpy.context.view_layer.update()
    (summary,) = objects(root, "composite", "conv")
    assert count_instances(summary) == 1


@pytest.mark.parametrize("face", ["card", "composite", ""])
def test_maps_that_come_back_look_as_was_chosen(contents: Contents, tmp_path: Path, face: str) -> None:
    contents = dataclasses.replace(contents, composites=(made_composite(tmp_path, "conv", 12, 3),))
    root = build_network(bpy.context.scene, contents, "id-1")
    show_faces(root, face)
    shown = {obj.name: (obj.hide_viewport, obj.hide_render) for obj in root.all_objects}
    set_order(bpy.context.scene, root, "conv", "activation")
    slots = meshes.read_integers(next(objects(root, "neurons", "conv")).data, "slot")
    without = dataclasses.replace(contents, atlases=contents.atlases[:1], composites=())
    assert not without.atlases[0].layer
    update_network(bpy.context.scene, root, without)
    set_map_look(root, MapLook("viridis", smooth=True))
    update_network(bpy.context.scene, root, contents)
    assert {obj.name: (obj.hide_viewport, obj.hide_render) for obj in root.all_objects} == shown
    (cards,) = objects(root, "card", "conv")
    np.testing.assert_array_equal(meshes.read_integers(cards.data, "slot"), slots)
    assert get_modifier_input(network_modifier(cards), "Sorted")
    material = get_modifier_input(network_modifier(cards), "Material")
    pictures = [node for node in material.node_tree.nodes if node.type == "TEX_IMAGE"]
    assert {node.interpolation for node in pictures if node.outputs["Color"].is_linked} == {"Linear"}


def without_maps(contents: Contents) -> Contents:
    kept = tuple(atlas for atlas in contents.atlases if not atlas.layer)
    return dataclasses.replace(contents, atlases=kept, composites=())


def own_material(modifier: bpy.types.Modifier, kind: str) -> bpy.types.Material | None:
    """A material as a user may give it to maps: none, a plain one, a copy of ours, or one with a name of its own."""
    if kind == "none":
        return None
    ours = get_modifier_input(modifier, "Material")
    material = bpy.data.materials.new("Mine") if kind == "plain" else ours.copy()
    if kind == "renamed":
        material.name = "A glossy copy"
    set_modifier_input(modifier, "Material", material)
    return material


@pytest.mark.parametrize("shown", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("kind", ["none", "plain", "copy", "renamed"])
def test_maps_that_come_back_are_shown_with_the_users_own_material(
    contents: Contents, kind: str, shown: tuple[bool, bool]
) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    (cards,) = objects(root, "card", "conv")
    modifier = network_modifier(cards)
    modifier.show_viewport, modifier.show_render = shown
    own = own_material(modifier, kind)
    for _ in range(2):
        update_network(bpy.context.scene, root, without_maps(contents))
        assert (modifier.show_viewport, modifier.show_render) == (False, False)
    update_network(bpy.context.scene, root, contents)
    assert (modifier.show_viewport, modifier.show_render) == shown
    material = get_modifier_input(modifier, "Material")
    assert material == own if own else material.name.endswith("Cards conv")
    (image,) = (image for image in bpy.data.images if image.get("nn_role") == "atlas" and image["nn_layer"] == "conv")
    nodes = material.node_tree.nodes if material.node_tree else ()
    pictures = {node.image for node in nodes if node.type == "TEX_IMAGE"}
    assert pictures == (set() if kind == "plain" else {image})


@pytest.mark.parametrize("hidden", [(True, False), (False, True)])
def test_maps_that_come_first_are_hidden_where_the_others_are(contents: Contents, hidden: tuple[bool, bool]) -> None:
    kept = tuple(atlas for atlas in contents.atlases if atlas.layer != "conv")
    root = build_network(bpy.context.scene, dataclasses.replace(contents, atlases=kept), "id-1")
    for cards in objects(root, "card"):
        cards.hide_viewport, cards.hide_render = hidden
    update_network(bpy.context.scene, root, contents)
    (cards,) = objects(root, "card", "conv")
    assert (cards.hide_viewport, cards.hide_render) == hidden


def test_smooth_maps_leave_the_users_own_textures(root: bpy.types.Collection) -> None:
    (cards,) = objects(root, "card", "conv")
    material = get_modifier_input(network_modifier(cards), "Material")
    nodes, links = material.node_tree.nodes, material.node_tree.links
    ours = [node for node in nodes if node.type == "TEX_IMAGE"]
    for node in ours:
        node.extension = "EXTEND"
    own = nodes.new("ShaderNodeTexImage")
    own.image, own.interpolation = bpy.data.images.new("grain", 4, 4), "Cubic"
    shader = next(node for node in nodes if node.type == "EMISSION")
    for output, name in (("Alpha", "Strength"), ("Color", "Color")):
        links.new(own.outputs[output], shader.inputs[name])
    set_map_look(root, MapLook(smooth=True))
    assert own.interpolation == "Cubic"
    assert shader.inputs["Strength"].links[0].from_node == own
    assert {node.interpolation for node in ours} == {"Linear"}
    alphas = [node for node in nodes if node.type == "TEX_IMAGE" and node not in (*ours, own)]
    assert [(node.interpolation, node.extension) for node in alphas] == [("Closest", "EXTEND")] * len(ours)
    assert len(ours) == 2


def test_measures_come_and_go(root: bpy.types.Collection, contents: Contents) -> None:
    scene = bpy.context.scene
    before = {obj.name for obj in root.all_objects}
    show_measures(scene, root, True)
    from nn_blender.scene.base.versions import get_modifier_input

    store = next(obj for obj in objects(root, "texts", "hidden") if obj["nn_part"] == "measures")
    values = contents.recording.activations[2, contents.network.neuron_slices()["hidden"]].astype(np.float64)
    expected = f"mean {values.mean():.3g}\nstd. dev. {values.std():.3g}\nactive {(values > 0).mean():.0%}"
    assert get_modifier_input(store.modifiers[0], "Texts").endswith(expected)
    show_measures(scene, root, False)
    assert {obj.name for obj in root.all_objects} == before


def test_parts_are_shown_and_hidden_and_keyed(root: bpy.types.Collection) -> None:
    scene = bpy.context.scene
    add_closeup(scene, root, "conv", 1)
    for part in PARTS:
        if part in ("composite", "connections", "cover", "book", "tray", "ribbon"):  # A row has none of them.
            continue
        if part.startswith("explanation"):  # Nothing is explained.
            continue
        assert is_shown(root, part), part
        show_part(root, part, show=False)
        assert not is_shown(root, part), part
    scene.tool_settings.use_keyframe_insert_auto = True
    scene.frame_set(10)
    show_part(root, "neurons", show=True)
    scene.tool_settings.use_keyframe_insert_auto = False
    assert all(obj.animation_data.action for obj in objects_of(root, "neurons"))
