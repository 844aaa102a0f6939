"""A network's looks come from the theme that its root collection names, and are switched without anything else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents

from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.colour_maps import Colour, Ramp
from nn_blender.scene.base.find import data_blocks, network_modifier, networks, objects
from nn_blender.scene.base.theme import Theme
from nn_blender.scene.base.themes import THEMES, theme_of
from nn_blender.scene.base.themes.paper import PAPER
from nn_blender.scene.base.themes.studio import STUDIO
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.looks.map_looks import MapLook, set_map_look
from nn_blender.scene.maps.closeups import add_closeup
from nn_blender.scene.set_theme import set_theme

DATA = Path(__file__).parents[1] / "data"


def other_colours(part: object) -> object:
    """Every colour and ramp of a part of a theme in colours that no other theme has."""
    if dataclasses.is_dataclass(part):
        fields = [field.name for field in dataclasses.fields(part)]
        return dataclasses.replace(part, **{name: other_colours(getattr(part, name)) for name in fields})
    if isinstance(part, tuple) and isinstance(part[0], tuple):
        return tuple((place, other_colours(colour)) for place, colour in part)
    return tuple(0.9 - 0.5 * channel for channel in part) if isinstance(part, tuple) else part


def other_sizes(part: object) -> object:
    return dataclasses.replace(part, **{name: size / 2 for name, size in vars(part).items()})


OTHER = dataclasses.replace(
    other_colours(STUDIO), name="other", letters=other_sizes(STUDIO.letters), gaps=other_sizes(STUDIO.gaps)
)


def colours_in_nodes(tree: bpy.types.NodeTree) -> set[tuple[float, ...]]:
    found = set()
    for node in tree.nodes:
        if node.bl_idname == "ShaderNodeValToRGB":
            found |= {tuple(element.color)[:3] for element in node.color_ramp.elements}
        found |= {
            tuple(socket.default_value)[:3]
            for socket in node.inputs
            if socket.type == "RGBA" and not socket.is_linked and socket.enabled
        }
    # White is what Blender gives sockets that nobody set.
    return {tuple(round(channel, 4) for channel in colour) for colour in found} - {(1.0, 1.0, 1.0)}


def colours_of(root: bpy.types.Collection) -> dict[str, set[tuple[float, ...]]]:
    """The colours in every material, light and world of a network, by name; colour maps are no part of its theme."""
    found = {"world": colours_in_nodes(bpy.context.scene.world.node_tree)}
    for block in data_blocks(root[contract.NETWORK]):
        if isinstance(block, bpy.types.Light):
            found[block.name] = {tuple(round(channel, 4) for channel in block.color)}
        elif isinstance(block, bpy.types.Material):
            found[block.name] = colours_in_nodes(block.node_tree)
    return {name: colours for name, colours in found.items() if colours}


def build(folder: Path) -> bpy.types.Collection:
    scene = bpy.context.scene
    root = build_network(scene, made_contents(folder), "id-1")
    add_closeup(scene, root, "conv", 1)
    return root


def test_a_network_has_the_studio_theme_until_it_is_given_another(tmp_path: Path) -> None:
    root = build(tmp_path)
    assert root[contract.THEME] == "studio"
    assert theme_of(root) is STUDIO
    del root[contract.THEME]
    assert theme_of(root) is STUDIO
    root[contract.THEME] = "a theme of a later version"
    assert theme_of(root) is STUDIO


@pytest.fixture
def in_other_theme(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Gives every network another theme from then on, in an empty file."""

    def change() -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        monkeypatch.setattr(THEMES, "find", lambda name: OTHER)

    return change


def test_no_colour_stays_when_the_theme_is_another(tmp_path: Path, in_other_theme: Callable[[], None]) -> None:
    studio = colours_of(build(tmp_path))
    in_other_theme()
    other = colours_of(build(tmp_path))
    assert len(studio) > 12
    assert studio.keys() == other.keys()
    assert {name: colours & other[name] for name, colours in studio.items() if colours & other[name]} == {}


def test_letters_and_gaps_are_those_of_the_theme(tmp_path: Path, in_other_theme: Callable[[], None]) -> None:
    def sizes() -> list[float]:
        root = build(tmp_path)
        texts = [obj.data.size for role in ("title", "legend") for obj in objects(root, role) if obj.type == "FONT"]
        stores = [get_modifier_input(network_modifier(obj), "Size") for obj in objects(root, "texts", "")
                  if obj["nn_part"] not in ("names", "facts")]  # fmt: skip
        names = next(obj for obj in objects(root, "label") if obj["nn_part"] == "names")
        return [*texts, *stores, *meshes.read_floats(names.data, "size")]

    studio = sizes()
    in_other_theme()
    assert len(studio) > 12
    np.testing.assert_allclose(sizes(), np.array(studio) / 2, rtol=1e-6)


def look_of(root: bpy.types.Collection) -> dict[str, object]:
    """All that a theme decides, by the parts of the network."""
    colours = {name.removeprefix(root.name): found for name, found in colours_of(root).items()}
    solid = {
        f"{material[contract.PART]} in Solid": [round(channel, 4) for channel in material.diffuse_color]
        for material in data_blocks(root["nn_network"])
        if isinstance(material, bpy.types.Material)
    }
    lights = {
        light.name: (light.type, round(light.energy, 2), [round(channel, 4) for channel in light.color])
        for light in data_blocks(root["nn_network"])
        if isinstance(light, bpy.types.Light)
    }
    return {**colours, **solid, **lights}


def values_of(root: bpy.types.Collection) -> dict[str, np.ndarray]:
    return {
        f"{obj.name} {name}": meshes.read_floats(obj.data, name)
        for obj in objects(root, "neurons")
        for name in [attribute.name for attribute in obj.data.attributes]
        if name.startswith("activation.")
    }


def in_paper(folder: Path) -> dict[str, object]:
    """How a network looks that has had the other theme from the beginning."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    root = build_network(bpy.context.scene, made_contents(folder), "id-1", theme="paper")
    add_closeup(bpy.context.scene, root, "conv", 1)
    return look_of(root)


def test_a_switched_network_looks_as_if_it_had_been_made_so_and_back_as_before(tmp_path: Path) -> None:
    paper = in_paper(tmp_path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    root = build(tmp_path)
    studio, values = look_of(root), values_of(root)
    blocks = {block.as_pointer(): block.name for block in data_blocks("id-1")}
    set_theme(bpy.context.scene, "paper")
    assert root[contract.THEME] == "paper"
    assert look_of(root) == paper
    assert {name for name in studio if studio[name] == paper[name]} == {"Bar Change in Solid", "Legend in Solid"}
    assert {block.as_pointer(): block.name for block in data_blocks("id-1")} == blocks
    assert values_of(root).keys() == values.keys()
    for name, activations in values_of(root).items():
        np.testing.assert_array_equal(activations, values[name])
    set_theme(bpy.context.scene, "studio")
    assert look_of(root) == studio
    assert {block.as_pointer(): block.name for block in data_blocks("id-1")} == blocks


def test_what_users_changed_stays_when_the_theme_is_another(tmp_path: Path) -> None:
    root = build(tmp_path)
    slab = next(objects(root, "slab")).data.materials[0]
    shader = next(node for node in slab.node_tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    shader.inputs["Roughness"].default_value = 0.123
    slab.diffuse_color = (1.0, 0.0, 0.0, 1.0)
    note = slab.node_tree.nodes.new("ShaderNodeRGB")
    key = next(obj.data for obj in objects(root, "light") if obj.data["nn_part"] == "key")
    key.energy *= 2
    title = next(objects(root, "title"))
    title.location.x += 3.0
    place, energy = title.location.copy(), key.energy
    set_map_look(root, MapLook("viridis"))
    before, maps = look_of(root), ramps_of(root, "Map Colours")
    set_theme(bpy.context.scene, "paper")
    assert shader.inputs["Roughness"].default_value == pytest.approx(0.123)
    assert tuple(slab.diffuse_color) == (1.0, 0.0, 0.0, 1.0)
    assert note.name in slab.node_tree.nodes
    key = bpy.data.lights[key.name]
    assert (key.type, key.energy) == ("SUN", pytest.approx(2 * PAPER.lights.key.power))
    assert title.location == place
    assert ramps_of(root, "Map Colours") == maps != []
    set_theme(bpy.context.scene, "studio")
    assert look_of(root) == before
    assert bpy.data.lights[key.name].energy == pytest.approx(energy)


def test_a_theme_whose_colours_are_others_in_a_later_version_is_still_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = build(tmp_path)
    set_theme(bpy.context.scene, "paper")
    paper = look_of(root)
    set_theme(bpy.context.scene, "studio")
    find = THEMES.find
    monkeypatch.setattr(
        THEMES, "find", lambda name: dataclasses.replace(OTHER, name="studio") if name == "studio" else find(name)
    )
    set_theme(bpy.context.scene, "paper")
    assert look_of(root) == paper


def ramps_of(root: bpy.types.Collection, part: str) -> list[list[tuple[float, ...]]]:
    trees = [
        getattr(block, "node_tree", None) or block
        for block in data_blocks(root["nn_network"])
        if block.get(contract.PART) == part and isinstance(block, bpy.types.Material | bpy.types.ShaderNodeTree)
    ]
    return [
        [(stop.position, *stop.color[:3]) for stop in node.color_ramp.elements]
        for tree in trees
        for node in tree.nodes
        if node.bl_idname == "ShaderNodeValToRGB"
    ]


def stops(ramp: Ramp) -> np.ndarray:
    return np.array([(place, *colour) for place, colour in ramp])


def test_the_legend_and_the_maps_have_the_colours_of_the_theme(tmp_path: Path) -> None:
    root = build(tmp_path)
    for theme in (STUDIO, PAPER):
        set_theme(bpy.context.scene, theme.name)
        (legend,), (maps,) = ramps_of(root, "Legend"), ramps_of(root, "Map Colours")
        np.testing.assert_allclose(legend, stops(theme.glow.signed), atol=1e-6)
        np.testing.assert_allclose(maps, stops(theme.glow.signed), atol=1e-6)
    set_map_look(root, MapLook("diverging"))
    np.testing.assert_allclose(ramps_of(root, "Map Colours")[0], stops(PAPER.glow.change), atol=1e-6)
    set_map_look(root, MapLook("viridis"))
    viridis = ramps_of(root, "Map Colours")
    set_theme(bpy.context.scene, "studio")
    assert ramps_of(root, "Map Colours") == viridis
    set_map_look(root, MapLook())
    np.testing.assert_allclose(ramps_of(root, "Map Colours")[0], stops(STUDIO.glow.signed), atol=1e-6)


def test_a_network_keeps_its_theme_when_it_is_measured_again_and_shares_it_with_the_next_one(tmp_path: Path) -> None:
    scene, contents = bpy.context.scene, made_contents(tmp_path)
    root = build_network(scene, contents, "id-1", theme="paper")
    look = look_of(root)
    update_network(scene, root, contents)
    assert root[contract.THEME] == "paper"
    assert look_of(root) == look
    second = build_network(scene, contents, "id-2", with_stage=False)
    assert second[contract.THEME] == "paper"
    inks = [next(obj for obj in objects(one, "title")).data.materials[0].diffuse_color[:3] for one in (root, second)]
    np.testing.assert_allclose(inks, [PAPER.ink.text] * 2, atol=1e-6)
    build_network(scene, contents, "id-3", theme="studio")
    assert {one[contract.THEME] for one in networks(scene)} == {"studio"}
    assert tuple(scene.world.color) == pytest.approx(STUDIO.ground.distance)


def test_a_scene_that_was_saved_before_there_were_themes_follows_them(tmp_path: Path) -> None:
    paper = in_paper(tmp_path)
    bpy.ops.wm.open_mainfile(filepath=str(DATA / "scenes" / "format_1.blend"))
    scene = bpy.context.scene
    (root,) = networks(scene)
    slots = {obj.name: [slot.material.name for slot in obj.material_slots] for obj in root.all_objects}
    set_theme(scene, "paper")
    look = {name.removeprefix("NN digits"): found for name, found in look_of(root).items()}
    for part in (" Slab", " Neuron", " Ink", " Dim Ink", " Bar", " Legend", " Floor", " Frame", " Cross", "world"):
        assert look[part] == paper[part], part
    assert {obj.name: [slot.material.name for slot in obj.material_slots] for obj in root.all_objects} == slots
    assert not [material.name for material in bpy.data.materials if material.users == 0]
    key = bpy.data.lights["NN digits Key"]
    assert (key.type, key.energy) == ("SUN", pytest.approx(PAPER.lights.key.power))
    set_theme(scene, "studio")
    set_theme(scene, "paper")
    assert {name.removeprefix("NN digits"): found for name, found in look_of(root).items()} == look


def picture_of(scene: bpy.types.Scene, file: Path, engine: str) -> np.ndarray:
    """A small render: float32 (36, 64, 3), linear, the highest row first."""
    scene.render.engine = engine
    scene.cycles.samples, scene.cycles.use_denoising = 4, False
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y = 64, 36
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.filepath = str(file)
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(str(file))
    pixels = np.empty(64 * 36 * 4, np.float32)
    picture.pixels.foreach_get(pixels)
    return pixels.reshape(36, 64, 4)[::-1, :, :3]


@pytest.mark.parametrize("engine", ["CYCLES", "BLENDER_WORKBENCH"])
def test_studio_is_dark_and_paper_white(engine: str, tmp_path: Path) -> None:
    scene = bpy.context.scene
    build_network(scene, made_contents(tmp_path), "id-1")
    studio = picture_of(scene, tmp_path / "studio.exr", engine)
    set_theme(scene, "paper")
    paper = picture_of(scene, tmp_path / "paper.exr", engine)
    # Half of the pixels and more are of the ground, which Workbench lights in a way of its own.
    assert np.median(studio) < 0.05
    assert np.median(paper) > {"CYCLES": 0.7, "BLENDER_WORKBENCH": 0.2}[engine]
    if engine == "CYCLES":
        # Light that is brighter than white eats the edges of letters; some grain is of the few samples.
        assert np.percentile(paper, 99) < 1.05


def luminance(colour: Colour) -> float:
    return float(np.dot(colour, (0.2126, 0.7152, 0.0722)))


def contrast(one: Colour, other: Colour) -> float:
    """As the Web Content Accessibility Guidelines define it: 1 to 21."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", list(THEMES), ids=[theme.name for theme in THEMES])
def test_texts_and_marks_can_be_read_on_their_ground(theme: Theme) -> None:
    for ink in (theme.ink.text, theme.ink.dim, theme.ink.right, theme.ink.wrong):
        assert contrast(ink, theme.ground.distance) > 4.5
    assert contrast(theme.ink.cross, theme.glow.disabled) > 4.5
    assert contrast(theme.plain.bar_full, theme.ground.distance) > 4.5
    assert min(contrast(mark, theme.ground.distance) for mark in (theme.glow.less, theme.glow.more)) > 3
    strengths = [luminance(colour) for _, colour in theme.glow.positive]
    assert strengths in (sorted(strengths), sorted(strengths, reverse=True))
    assert contrast(theme.glow.positive[0][1], theme.glow.positive[-1][1]) > 9


# By Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009.
NO_RED = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])
NO_GREEN = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]])
NO_BLUE = np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]])


def lab(linear: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB under D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    shares = to_xyz @ np.clip(linear, 0, 1) / to_xyz.sum(axis=1)
    x, y, z = np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", [np.eye(3), NO_RED, NO_GREEN, NO_BLUE], ids=["all", "no red", "no green", "no blue"])
@pytest.mark.parametrize("theme", list(THEMES), ids=[theme.name for theme in THEMES])
def test_what_differs_in_meaning_differs_for_every_kind_of_colour_vision(theme: Theme, sight: np.ndarray) -> None:
    glow = theme.glow

    def differ(one: Colour, other: Colour) -> float:
        return float(np.linalg.norm(lab(sight @ one) - lab(sight @ other)))

    def at(ramp: Ramp, share: float) -> Colour:
        places = [place for place, _ in ramp]
        return tuple(float(np.interp(share, places, [colour[k] for _, colour in ramp])) for k in range(3))  # type: ignore

    for share in (0.15, 0.75, 1.0):
        for ramp in (glow.signed, glow.change):
            above, below = at(ramp, 0.5 + share / 2), at(ramp, 0.5 - share / 2)
            assert differ(above, below) > 9, f"{share} above and below 0"
    # Thin marks are told apart only by colours that are far from each other.
    assert differ(glow.less, glow.more) > 75
    assert differ(glow.signed[-1][1], glow.nothing) > 50
    assert differ(glow.not_finite, glow.signed[-1][1]) > 30
    assert differ(glow.not_finite, glow.nothing) > 30
    assert differ(glow.disabled, glow.signed[-1][1]) > 30
    assert differ(glow.unknown, glow.disabled) > 15
