"""What a picture shows equals what was measured: pixels of small renders."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, write_png

from nn_blender.core.maps.packing import cut_cell
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.themes.studio import STUDIO
from nn_blender.scene.build import build_network
from nn_blender.scene.looks.map_looks import MapLook, set_map_look
from nn_blender.scene.network.contents import Contents

SIDE = 256


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=3)


def render_face_of(slab: bpy.types.Object, file: Path) -> tuple[np.ndarray, float]:
    """The slab seen straight from where the data comes: (SIDE, SIDE, 3) from 0 to 255, and its extent in units."""
    scene = bpy.context.scene
    extent = max(slab.dimensions.y, slab.dimensions.z) * 1.05
    camera = scene.camera
    camera.data.type = "ORTHO"
    camera.data.ortho_scale = extent
    camera.parent = None
    camera.location = slab.matrix_world.translation + type(slab.location)((-1.0, 0.0, 0.0))
    camera.rotation_euler = (np.pi / 2, 0.0, -np.pi / 2)
    camera.data.clip_end = 1.2
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.pixel_filter_type = "BOX"
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    for light in bpy.data.lights:
        light.energy = 0.0
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.0
    scene.render.filepath = str(file)
    scene.render.image_settings.file_format = "PNG"
    bpy.ops.render.render(write_still=True)
    return read_pixels(file) * 255, extent


def read_pixels(file: Path) -> np.ndarray:
    """Float32 (height, width, 3) from 0 to 1, the lowest row first."""
    picture = bpy.data.images.load(str(file))
    width, height = picture.size
    pixels = np.empty(width * height * 4, np.float32)
    picture.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)[:, :, :3]


def hide_all_but(root: bpy.types.Collection, *shown: bpy.types.Object) -> None:
    for other in tuple(root.all_objects):
        other.hide_render = other.type == "MESH" and other not in shown


def pixel_of(slab: bpy.types.Object, y: float, z: float, extent: float) -> tuple[int, int]:
    """Row from below and column of a place on the slab's face, given in the slab's own coordinates."""
    return int((z / extent + 0.5) * SIDE), int((-y / extent + 0.5) * SIDE)


def displayed(tone: np.ndarray) -> np.ndarray:
    """The colour of a signed share of the range as an 8-bit display value: the theme's ramp, then the sRGB curve."""
    positions = [position for position, _ in STUDIO.glow.signed]
    places = np.asarray(tone) / 2 + 0.5
    channels = [np.interp(places, positions, [colour[i] for _, colour in STUDIO.glow.signed]) for i in range(3)]
    linear = np.stack(channels, -1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


def displayed_channel(linear: float) -> float:
    return 255 * (linear * 12.92 if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055)


def test_spheres_have_the_colour_of_their_activation(contents: Contents, tmp_path: Path) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    slab, neurons = next(objects(root, "slab", "hidden")), next(objects(root, "neurons", "hidden"))
    hide_all_but(root, slab, neurons)
    bpy.context.scene.frame_set(25)
    pixels, extent = render_face_of(slab, tmp_path / "hidden.png")
    values = contents.recording.activations[:, contents.network.neuron_slices()["hidden"]]
    expected = displayed(values[1] / np.abs(values).max())
    shown = [
        pixels[pixel_of(slab, vertex.co.y, vertex.co.z - slab.location.z, extent)] for vertex in neurons.data.vertices
    ]
    # A sphere also reflects a little of its neighbours' light, so a few differ by more.
    differences = np.abs(np.array(shown) - expected)
    assert np.median(differences) < 1.5
    assert np.quantile(differences, 0.95) < 12


def test_cards_show_their_cell_of_the_atlas(contents: Contents, tmp_path: Path) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    slab, cards = next(objects(root, "slab", "conv")), next(objects(root, "card", "conv"))
    hide_all_but(root, slab, cards)
    for sample in (0, 2):
        bpy.context.scene.frame_set(1 + 24 * sample)
        pixels, extent = render_face_of(slab, tmp_path / f"conv-{sample}.png")
        pitch = cards.data.vertices[0].co.y - cards.data.vertices[1].co.y
        for levels, y, z in ((10 * sample + np.arange(6) + 1, 0.2, -0.2), (np.full(6, 200), -0.2, 0.2)):
            shown = [
                pixels[pixel_of(slab, at.co.y + y * pitch, at.co.z + z * pitch - slab.location.z, extent)]
                for at in cards.data.vertices
            ]
            np.testing.assert_allclose(shown, displayed(levels / 255), atol=2.5)


def conv_alone(contents: Contents, smooth: bool) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Slab and cards of the layer ``conv``, with nothing else to be seen."""
    root = build_network(bpy.context.scene, contents, "id-1")
    set_map_look(root, MapLook(smooth=smooth))
    slab, cards = next(objects(root, "slab", "conv")), next(objects(root, "card", "conv"))
    hide_all_but(root, slab, cards)
    return slab, cards


def displayed_pink() -> np.ndarray:
    return np.array([displayed_channel(channel) for channel in STUDIO.glow.not_finite])


@pytest.mark.parametrize("smooth", [False, True])
def test_what_is_not_finite_is_marked_for_its_own_sample_alone(
    contents: Contents, tmp_path: Path, smooth: bool
) -> None:
    """Three samples share the pixels; the second one's first map and all three's second map are not finite."""
    pixels = np.full((2 * 12, 3 * 12, 4), 255, np.uint8)
    pixels[..., :3] = (40, 120, 220)
    pixels[:12, :12, 3], pixels[:12, 12:24, 3] = 255 - round(2 * 255 / 7), 0
    write_png(tmp_path / "conv.png", pixels)
    slab, cards = conv_alone(contents, smooth)
    pink = displayed_pink()
    for sample, level in enumerate((40, 120, 220)):
        bpy.context.scene.frame_set(1 + 24 * sample)
        picture, extent = render_face_of(slab, tmp_path / f"conv-{sample}.png")
        at = [picture[pixel_of(slab, one.co.y, one.co.z - slab.location.z, extent)] for one in cards.data.vertices]
        np.testing.assert_allclose(at[0], pink if sample == 1 else displayed(level / 255), atol=2.5)
        np.testing.assert_allclose(at[1], pink, atol=2.5)
        np.testing.assert_allclose(at[2:], [displayed(level / 255)] * 4, atol=2.5)
        atlas = next(maps.atlas for maps in contents.atlases if maps.layer == "conv")
        cells = [cut_cell(pixels, atlas, sample, neuron) for neuron in (0, 1, 2)]
        assert [int(cell[8, 3, 3]) for cell in cells] == [0 if sample == 1 else 255, 0, 255]
        assert (cells[2][..., 0] == level).all()


def test_smooth_maps_mark_no_other_sample_at_the_edge_of_what_is_not_finite(contents: Contents, tmp_path: Path) -> None:
    """In the left half of the first map, the third sample is not finite; the first and the second one are."""
    pixels = np.full((2 * 12, 3 * 12, 4), 255, np.uint8)
    pixels[..., :3] = (40, 120, 220)
    pixels[:12, :6, 3] = 255 - round(4 * 255 / 7)
    write_png(tmp_path / "conv.png", pixels)
    slab, _ = conv_alone(contents, smooth=True)
    pink = displayed_pink()
    marked = []
    for sample in range(3):
        bpy.context.scene.frame_set(1 + 24 * sample)
        picture, _ = render_face_of(slab, tmp_path / f"conv-{sample}.png")
        marked.append(int((np.abs(picture - pink).max(axis=-1) < 10).sum()))
    assert marked[:2] == [0, 0]
    assert marked[2] > 20


def test_cards_show_samples_of_the_next_block_and_fade_to_them(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=5, fade_frames=24)
    root = build_network(bpy.context.scene, contents, "id-1")
    slab, cards = next(objects(root, "slab", "conv")), next(objects(root, "card", "conv"))
    hide_all_but(root, slab, cards)
    colours = [displayed((10 * sample + 1) / 255) for sample in range(5)]
    pitch = cards.data.vertices[0].co.y - cards.data.vertices[1].co.y
    for frame, expected in ((1 + 24 * 3, colours[3]), (1 + 24 * 4, colours[4])):
        bpy.context.scene.frame_set(frame)
        picture, extent = render_face_of(slab, tmp_path / f"conv-{frame}.png")
        first = cards.data.vertices[0].co
        shown = picture[pixel_of(slab, first.y + 0.2 * pitch, first.z - 0.2 * pitch - slab.location.z, extent)]
        np.testing.assert_allclose(shown, expected, atol=2.5)
    # Half-way from the third sample, blue of the first block, to the fourth, red of the second one.
    bpy.context.scene.frame_set(1 + 24 * 2 + 12)
    picture, extent = render_face_of(slab, tmp_path / "between.png")
    shown = picture[pixel_of(slab, first.y + 0.2 * pitch, first.z - 0.2 * pitch - slab.location.z, extent)]
    linear = [np.where(one <= 10.3, one / 12.92, 255 * ((one / 255 + 0.055) / 1.055) ** 2.4) for one in colours]
    halves = (linear[2] + linear[3]) / 2 / 255
    np.testing.assert_allclose(shown, [displayed_channel(channel) for channel in halves], atol=2.5)


def test_the_same_file_gives_the_same_picture_twice(contents: Contents, tmp_path: Path) -> None:
    build_network(bpy.context.scene, contents, "id-1")
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 4
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    pictures = []
    for name in ("first", "second"):
        scene.render.filepath = str(tmp_path / f"{name}.png")
        bpy.ops.render.render(write_still=True)
        pictures.append(read_pixels(tmp_path / f"{name}.png"))
    np.testing.assert_array_equal(*pictures)
