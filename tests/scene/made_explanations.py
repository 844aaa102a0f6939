"""Explanations with known values, packed as the worker packs them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from made import write_png

from nn_blender.core.description.explanation import ExplainedTarget, Explanation
from nn_blender.core.explanations import Target
from nn_blender.core.maps.packing import PLANES, Atlas, AtlasLayout, PackedMaps, as_pairs, to_levels
from nn_blender.scene.base.find import objects
from nn_blender.scene.network.description import require_description
from nn_blender.scene.show_explanation import explanation_key, show_explanation

CLASSES, OUTPUTS = ((7, 1, 5), (2, 3, 4)), ((0.98, 0.5, 0.25), (0.01, 0.4, 0.2))
SIDE = 12


def packed_values(folder: Path, name: str, values: np.ndarray, network_input: str) -> PackedMaps:
    """Float32 (samples, height, width) as an atlas with a cell per sample, each with a range of its own."""
    samples, height, width = values.shape
    blocks = math.ceil(samples / PLANES)
    layout = AtlasLayout(1, 1, 1, blocks, height, width, planes=PLANES)
    pixels = np.zeros((*layout.size, 4), np.uint8)
    pixels[..., 3] = 255
    ranges = np.stack([values.min((1, 2)), values.max((1, 2))])[:, :, np.newaxis]
    for sample, (low, high) in enumerate(ranges[..., 0].T):
        levels = to_levels(values[sample][..., np.newaxis], np.array([low]), np.array([high]))[..., 0]
        pixels[(*layout.block(sample), layout.plane(sample))] = levels
    write_png(folder / f"{name}.png", pixels)
    about = {"low": float(values.min()), "high": float(values.max()), "ranges": f"{name}.npy", "input": network_input}
    atlas = Atlas.of(layout, layer="", file=f"{name}.png", **about)
    return PackedMaps(atlas, folder / atlas.file, as_pairs(ranges.astype(np.float32)))


def made_explanation(
    root: bpy.types.Collection,
    method: str = "gradient",
    samples: tuple[int, ...] = (0, 1, 2),
    classes: tuple[tuple[int, ...], ...] = ((7, 2, 5),),
    outputs: tuple[tuple[float, ...], ...] = ((0.98, 0.5, 0.25),),
    **more: object,
) -> Explanation:
    """Of the top classes, as many as are given, for each sample."""
    about = require_description(root)
    targets = tuple(
        ExplainedTarget(Target(rank=rank), indices, tuple(4.0 for _ in indices), probabilities)
        for rank, (indices, probabilities) in enumerate(zip(classes, outputs, strict=True))
    )
    inputs = (about.network.inputs[0].name,)
    return replace(Explanation(method, samples, targets, inputs, key=explanation_key(about)), **more)


def halves(*pairs: tuple[float, float]) -> np.ndarray:
    """Maps of which the left half has one value and the right half another, a pair per sample."""
    values = np.zeros((len(pairs), SIDE, SIDE), np.float32)
    for sample, (left, right) in enumerate(pairs):
        values[sample, :, : SIDE // 2], values[sample, :, SIDE // 2 :] = left, right
    return values


TWO = (halves((0.0, 2.0), (1.0, 3.0), (0.5, 1.0)), halves((4.0, 1.0), (0.0, 6.0), (0.25, 0.5)))
"""What two classes have; the largest of each sample are 4, 6 and 1."""


def show(
    root: bpy.types.Collection,
    folder: Path,
    values: Sequence[np.ndarray] = TWO,
    network_input: str = "picture",
    **more: Any,
) -> None:
    """Explain as many classes as there are values."""
    pictures = [(k, packed_values(folder, f"map-{k}", one, network_input)) for k, one in enumerate(values)]
    given = {"classes": CLASSES[: len(values)], "outputs": OUTPUTS[: len(values)], **more}
    show_explanation(bpy.context.scene, root, made_explanation(root, **given), pictures)


def find(root: bpy.types.Collection, role: str, part: str = "") -> bpy.types.Object:
    return next(obj for obj in objects(root, role) if obj.get("nn_part", "") == part)
