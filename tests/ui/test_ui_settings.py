"""Settings of a network that is in the scene: they change the scene at once, and undo takes them back."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents

import nn_blender
from nn_blender.core.normalisation import Normalisation
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.base.meshes import read_floats
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.looks.map_looks import MapLook, get_map_look
from nn_blender.scene.looks.normalisation import get_normalisation
from nn_blender.scene.looks.visibility import PARTS, is_shown
from nn_blender.scene.maps.atlas_images import texture_pixels
from nn_blender.scene.network.description import read_description
from nn_blender.ui.inspector.layer import shown_measures
from nn_blender.ui.looks.glow import legend_words
from nn_blender.ui.maps.feature_maps import describe_memory
from nn_blender.ui.maps.thumbnails import Thumbnails, thumbnails
from nn_blender.ui.samples.sample_panel import chosen_samples

SIDE = 12


@pytest.fixture
def made(tmp_path: Path) -> None:
    scene = bpy.context.scene
    show_whole_timeline(scene, build_network(scene, made_contents(tmp_path), "made", with_stage=False))
    bpy.ops.ed.undo_push(message="Start")


def the_network() -> bpy.types.Collection:
    """Undo makes all data-blocks anew, so it is asked for again and again."""
    (root,) = networks(bpy.context.scene)
    return root


def marker_frames() -> list[int]:
    return sorted(marker.frame for marker in bpy.context.scene.timeline_markers)


@pytest.mark.usefixtures("made")
def test_timing_moves_markers_and_undo_moves_them_back() -> None:
    assert marker_frames() == [1, 25, 49]
    bpy.context.scene.frame_set(30)
    timing = the_network().nn.timing
    timing.frames = 10
    timing.fade = 40
    bpy.ops.ed.undo_push(message="Frames per Sample")
    assert (timing.frames, timing.fade) == (10, 9)
    assert marker_frames() == [1, 11, 21]
    assert (bpy.context.scene.frame_current, bpy.context.scene.frame_end) == (11, 30)
    bpy.ops.ed.undo()
    assert (the_network().nn.timing.frames, the_network().nn.timing.fade) == (24, 0)
    assert marker_frames() == [1, 25, 49]
    bpy.ops.ed.redo()
    assert marker_frames() == [1, 11, 21]


@pytest.mark.usefixtures("made")
def test_glow_and_maps_are_the_scenes_own_properties() -> None:
    root = the_network()
    glow, maps = root.nn.glow, root.nn.maps
    glow.rule, glow.scale, glow.bright = "fixed", "logarithmic", 2.5
    assert get_normalisation(root) == Normalisation("fixed", "logarithmic", 0.0, 2.5)
    assert (glow.rule, glow.scale, glow.bright) == ("fixed", "logarithmic", 2.5)
    maps.colours, maps.rule, maps.smooth = "magma", "map", True
    assert get_map_look(root) == MapLook("magma", "map", True)
    maps.face = "PLAIN"
    assert not any(is_shown(root, part) for part in ("card", "composite"))
    maps.face = "MAPS"
    assert is_shown(root, "card")
    maps.summary = "strongest"
    assert root[contract.COMPOSITE] == 2
    about = read_description(root)
    assert describe_memory(about) == [("Textures", f"{texture_pixels(root) * 4 / 1e6:.3g} MB in memory")]


@pytest.mark.usefixtures("made")
def test_the_theme_is_one_step_of_undo_and_that_of_all_networks_of_the_scene(tmp_path: Path) -> None:
    second = build_network(bpy.context.scene, made_contents(tmp_path), "second", with_stage=False)

    def inks() -> set[tuple[float, ...]]:
        titles = [title for root in networks(bpy.context.scene) for title in objects(root, "title")]
        return {tuple(round(c, 3) for c in title.data.materials[0].diffuse_color[:3]) for title in titles}

    assert [item.identifier for item in second.nn.bl_rna.properties["theme"].enum_items] == ["studio", "paper"]
    studio = inks()
    assert second.nn.theme == "studio"
    bpy.ops.ed.undo_push(message="before")
    second.nn.theme = "paper"
    bpy.ops.ed.undo_push(message="Theme")
    assert [root.nn.theme for root in networks(bpy.context.scene)] == ["paper", "paper"]
    assert not inks() & studio
    bpy.ops.ed.undo()
    assert [root.nn.theme for root in networks(bpy.context.scene)] == ["studio", "studio"]
    assert inks() == studio
    bpy.ops.ed.redo()
    assert [root.nn.theme for root in networks(bpy.context.scene)] == ["paper", "paper"]


@pytest.mark.usefixtures("made")
def test_the_legend_names_what_is_brightest() -> None:
    about = read_description(the_network())
    low, high = about.ranges["hidden"]
    words = dict(legend_words(about, Normalisation(), "hidden"))
    assert words["Brightest"] == "the highest of its layer"
    assert float(words["hidden"]) == pytest.approx(max(-low, high), rel=5e-3)
    assert "Negative" in words
    assert dict(legend_words(about, Normalisation("fixed", "linear", 0.5, 2.0), ""))["Brightest"] == (
        "from 2, dark up to 0.5"
    )


@pytest.mark.usefixtures("made")
def test_a_click_in_the_list_goes_to_that_sample_and_the_list_follows_the_frame() -> None:
    root, scene = the_network(), bpy.context.scene
    names = [attribute.name for attribute in next(objects(root, "neurons")).data.attributes]
    bpy.context.window_manager.nn.sample_row = names.index("activation.2")
    assert scene.frame_current == 49
    scene.frame_set(25)
    assert names[bpy.context.window_manager.nn.sample_row] == "activation.1"
    bpy.context.window_manager.nn.sample_row = names.index("position")
    assert scene.frame_current == 25


@pytest.mark.usefixtures("made")
def test_steps_and_keys_pass_over_what_the_filter_hides() -> None:
    root, scene = the_network(), bpy.context.scene
    root.nn.samples.text = "picture-2"
    assert chosen_samples(root) == [2]
    bpy.ops.nn.show_sample(step=1)
    assert scene.frame_current == 49
    bpy.ops.nn.filter_by_class(label="0")
    assert chosen_samples(root) == []
    with pytest.raises(RuntimeError, match="No sample passes"):
        bpy.ops.nn.show_sample(step=1)


def test_the_keys_are_there_while_the_extension_is() -> None:
    keymaps = bpy.context.window_manager.keyconfigs.addon.keymaps

    def keys() -> dict[str, int]:
        items = keymaps["3D View"].keymap_items if "3D View" in keymaps else []
        ours = [item for item in items if item.idname == "nn.show_sample"]
        return {item.type: item.properties.step for item in ours if item.alt and not item.ctrl and not item.shift}

    assert keys() == {"PAGE_DOWN": 1, "PAGE_UP": -1}
    nn_blender.unregister()
    assert keys() == {}
    nn_blender.register()
    assert keys() == {"PAGE_DOWN": 1, "PAGE_UP": -1}


@pytest.mark.usefixtures("made")
def test_thumbnails_are_the_cells_of_the_atlas() -> None:
    root = the_network()
    for sample in range(3):
        expected = np.full((SIDE, SIDE), 10 * sample + 1, np.float32)
        expected[SIDE // 2 :, SIDE // 2 :] = 200  # The upper right quarter; Blender's lowest row comes first.
        cell = thumbnails.cell(root, sample)
        assert cell.shape == (SIDE, SIDE, 4)
        assert np.array_equal(np.rint(cell[..., 0] * 255), expected)
        assert (cell[..., 3] == 1).all()
    assert thumbnails.cell(root, 3) is None


@pytest.mark.usefixtures("made")
def test_icons_hold_the_cells_pixels_and_are_freed() -> None:
    root, store = the_network(), Thumbnails()
    store.cell(root, 0)
    store.icon(root, 2)
    store.large(root, 1)
    icon, large = store._previews.values()
    pixels = np.array(icon.icon_pixels_float).reshape(32, 32, 4)
    assert {round(level * 255) for level in pixels[..., 0].ravel()} == {21, 200}
    pixels = np.array(large.image_pixels_float).reshape(*large.image_size, 4)
    assert large.image_size[0] >= 128
    assert np.array_equal(np.rint(pixels[:: large.image_size[0] // SIDE, 0, 0] * 255), np.full(SIDE, 11))
    store.forget()
    assert store._previews is None


@pytest.mark.usefixtures("made")
def test_large_maps_come_and_go_and_a_wrong_neuron_is_refused() -> None:
    root = the_network()
    layers = next(child for child in root.children if child.get(contract.ROLE) == "layers")
    order = [slab.get(contract.LAYER) for slab in layers.objects]
    bpy.context.scene.nn.layer = order.index("hidden")
    with pytest.raises(RuntimeError, match="layer with feature maps"):
        bpy.ops.nn.add_closeup()
    bpy.context.scene.nn.layer = order.index("norm")
    root.nn.maps.neuron = 6
    with pytest.raises(RuntimeError, match="Neuron 6 of norm is not in the scene, which shows 0 to 5"):
        bpy.ops.nn.add_closeup()
    root.nn.maps.neuron = 4
    bpy.ops.nn.add_closeup()
    (card,) = objects(root, "closeup")
    assert (card[contract.LAYER], card[contract.PART]) == ("norm", "4")
    bpy.ops.nn.remove_closeup(layer="norm", neuron=4)
    assert list(objects(root, "closeup")) == []


@pytest.mark.usefixtures("made")
def test_measures_of_a_layer_are_those_of_its_activations() -> None:
    root = the_network()
    (neurons,) = objects(root, "neurons", "hidden")
    values = read_floats(neurons.data, "activation.1").astype(np.float64)
    measures = shown_measures(root, "hidden", 1)
    assert measures.mean == pytest.approx(values.sum() / 40)
    assert measures.spread == pytest.approx(np.sqrt(((values - values.mean()) ** 2).sum() / 40))
    assert measures.active == np.count_nonzero(values > 0) / 40
    root.nn.layers.measures = True
    assert any(objects(root, "measures", "hidden"))
    root.nn.layers.measures = False
    assert not any(objects(root, "measures"))


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    "part",
    sorted(
        part
        for part in PARTS.keys() - {"connections", "composite", "closeup", "book", "tray", "ribbon", "cover"}
        if not part.startswith("explanation")
    ),
)
def test_parts_of_the_network_are_hidden_and_come_back(part: str) -> None:
    root = the_network()
    before = is_shown(root, part)
    bpy.ops.nn.show_part(part=part)
    assert is_shown(root, part) is not before
    bpy.ops.nn.show_part(part=part)
    assert is_shown(root, part) is before
