"""A small made-up network with made-up measurements: known numbers for tests of the scene."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.hierarchy import Part, hierarchy_from_dict
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.inputs import decide_inputs
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.maps.packing import PLANES, Atlas, AtlasLayout, PackedMaps, as_pairs
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import decide_outputs
from nn_blender.core.recording import Recording, Sample, SampleValue
from nn_blender.scene.build import build_network
from nn_blender.scene.network.contents import Contents

IMAGE = ("height", "width", "channel")


def made_network(name: str = "made", classes: int = 10) -> Network:
    layers = (
        Layer("conv", "Conv2D", (12, 12, 6), IMAGE, 60, ("picture",), "relu"),
        Layer("norm", "BatchNormalization", (12, 12, 6), IMAGE, 24, ("conv",)),
        Layer("pool", "MaxPooling2D", (6, 6, 6), IMAGE, 0, ("norm",)),
        Layer("flat", "Flatten", (216,), ("unit",), 0, ("pool",)),
        Layer("odd", "Mystery", (-1, -1), ("time", "head"), 0, ("flat",)),
        Layer("hidden", "Dense", (40,), ("unit",), 8680, ("odd",), "relu"),
        Layer("output", "Dense", (classes,), ("unit",), 41 * classes, ("hidden",), "softmax"),
    )
    parameters = sum(layer.parameters for layer in layers)
    inputs = (TensorSpec("picture", (12, 12, 1)),)
    return Network(name, f"/models/{name}.keras", "0" * 64, layers, inputs, ("output",), parameters, "3.15.1")


def made_hierarchy(contents: Contents) -> Part:
    """Blocks "front" with "pair" inside, and "back", around the layers of the made network."""
    leaves = {layer.path: {"name": layer.path, "layer": layer.path} for layer in contents.network.layers}

    def block(name: str, *children: dict) -> dict:
        return {"id": name, "name": name, "repeats": 1, "children": list(children)}

    pair = block("pair", leaves["conv"], leaves["norm"])
    front = block("front", pair, leaves["pool"])
    back = block("back", leaves["flat"], leaves["odd"], leaves["hidden"])
    picture = {"name": "picture", "input": "picture"}
    whole = {"id": "", "name": "made", "repeats": 1, "children": [picture, front, back, leaves["output"]]}
    return hierarchy_from_dict(whole, contents.network)


def build_in_blocks(scene: bpy.types.Scene, contents: Contents, network_id: str) -> bpy.types.Collection:
    """The made network in the blocks of `made_hierarchy`, all of them closed."""
    answers = answers_of(contents.network, contents.outputs, contents.classes)
    hierarchy = made_hierarchy(contents)
    opening = Opening.of(contents.network, answers=answers, root=hierarchy, inputs=contents.inputs)
    return build_network(scene, contents, network_id, opening=opening)


def made_recording(network: Network, samples: int = 3, seed: int = 0) -> Recording:
    random = np.random.default_rng(seed)
    activations = random.normal(0.3, 1.0, (samples, network.neurons)).astype(np.float32)
    logits = random.normal(0, 2, (samples, network.layers[-1].neurons))
    outputs = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    activations[:, network.neuron_slices()["output"]] = outputs
    names = tuple(
        Sample(f"picture-{k}.png", (SampleValue(f"/pictures/picture-{k}.png"),), str(k)) for k in range(samples)
    )
    return Recording(names, activations, outputs)


def made_contents(folder: Path, samples: int = 3, classes: int = 10, **choices: object) -> Contents:
    network = made_network(classes=classes)
    recording = made_recording(network, samples)
    atlases = tuple(
        made_atlas(folder, path, neurons, side, samples)
        for path, neurons, side in (("", 1, 12), ("conv", 6, 12), ("norm", 6, 12), ("pool", 6, 6))
    )
    return Contents(
        network=network,
        recording=recording,
        classes=tuple(str(k) for k in range(classes)),
        inputs=tuple(replace(one, preprocessing=Preprocessing((12, 12), 1)) for one in decide_inputs(network)),
        outputs=decide_outputs(network),
        atlases=atlases,
        **choices,
    )


def made_atlas(folder: Path, layer: str, neurons: int, side: int, samples: int) -> PackedMaps:
    """Every cell's lower left has one level of its own, ``10 * sample + neuron + 1``; its upper right quarter 200."""
    columns = int(np.ceil(np.sqrt(neurons)))
    rows = -(-neurons // columns)
    planes = PLANES if layer else 1
    blocks = -(-samples // planes)
    pixels = np.zeros((blocks * rows * side, columns * side, 4), np.uint8)
    pixels[..., 3] = 255
    for sample in range(samples):
        block, plane = divmod(sample, planes)
        channels = plane if layer else slice(3)
        for neuron in range(neurons):
            top, left = (block * rows + neuron // columns) * side, neuron % columns * side
            pixels[top : top + side, left : left + side, channels] = 10 * sample + neuron + 1
            pixels[top : top + side // 2, left + side // 2 : left + side, channels] = 200
    name = layer or "input"
    write_png(folder / f"{name}.png", pixels)
    layout = AtlasLayout(columns, rows, 1, blocks, side, side, planes=planes)
    if not layer:
        atlas = Atlas.of(layout, layer=layer, file=f"{name}.png", low=0.0, high=1.0, input="picture")
        return PackedMaps(atlas, folder / atlas.file)
    ranges = np.stack([np.zeros((samples, neurons)), np.ones((samples, neurons))]).astype(np.float32)
    atlas = Atlas.of(layout, layer=layer, file=f"{name}.png", low=0.0, high=1.0, ranges=f"{name}.npy")
    return PackedMaps(atlas, folder / atlas.file, as_pairs(ranges))


def with_ranges(maps: PackedMaps, ranges: np.ndarray) -> PackedMaps:
    """The same maps with other values; ``ranges`` is float32 (2, samples, cells)."""
    atlas = replace(maps.atlas, low=float(ranges[0].min()), high=float(ranges[1].max()))
    return replace(maps, atlas=atlas, ranges=as_pairs(ranges))


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Write uint8 (height, width) grey or (height, width, 4) RGBA pixels."""
    height, width = pixels.shape[:2]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 6 if pixels.ndim == 3 else 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def made_composite(folder: Path, layer: str, side: int, samples: int) -> PackedMaps:
    """Mean at level 100 of 0 to 1, maximum at level 200 of 1 to 2, the middle neuron strongest."""
    pixels = np.zeros((samples * side, side, 4), np.uint8)
    pixels[:] = (100, 200, 128, 255)
    write_png(folder / "composite.png", pixels)
    ranges = np.empty((2, samples, 2), np.float32)
    ranges[:, :, 0], ranges[:, :, 1] = [[0], [1]], [[1], [2]]
    ranges[1, 0, 0], ranges[0, 0, 1] = 2.0, 0.0
    layout = AtlasLayout(1, 1, 1, samples, side, side)
    atlas = Atlas.of(layout, layer=layer, file="composite.png", low=0.0, high=2.0, channels=3, ranges="composite.npy")
    return PackedMaps(atlas, folder / atlas.file, as_pairs(ranges))
