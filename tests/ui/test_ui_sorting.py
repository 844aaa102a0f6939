"""Sorting neurons from the sidebar: the order is that of the measured numbers."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.layers.statistics import layer_class_means, layer_statistic
from nn_blender.scene.neurons.placing import is_sorted

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def root(with_tensorflow: None) -> bpy.types.Collection:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=12, shown=4)
    return networks(bpy.context.scene)[0]


def mesh(root: bpy.types.Collection, layer: str) -> bpy.types.Mesh:
    return next(objects(root, "neurons", layer)).data


def order(root: bpy.types.Collection, layer: str) -> np.ndarray:
    """The neurons in reading order."""
    return np.argsort(meshes.read_integers(mesh(root, layer), "slot"))


def test_neurons_stand_by_what_was_measured(root: bpy.types.Collection) -> None:
    bpy.context.scene.frame_set(30)
    bpy.ops.nn.sort_neurons(by="activation", every_layer=True)
    for layer in ("conv_1", "dense_1", "digit"):
        values = meshes.read_floats(mesh(root, layer), "activation.1")[order(root, layer)]
        assert (np.diff(values) <= 0).all()
        assert values[0] > values[-1]
    bpy.ops.nn.sort_neurons(by="mean", every_layer=True)
    assert (np.diff(layer_statistic(root, "dense_1", "mean")[order(root, "dense_1")]) <= 0).all()
    bpy.ops.nn.sort_neurons(by="class", every_layer=True)
    means = layer_class_means(root, "dense_1").astype(np.float64)[:, order(root, "dense_1")]
    best = means.argmax(axis=0)
    assert (np.diff(best) >= 0).all()
    ahead = means.max(axis=0) - (means.sum(axis=0) - means.max(axis=0)) / (len(means) - 1)
    assert (np.diff(ahead)[np.diff(best) == 0] <= 1e-9).all()
    bpy.ops.nn.sort_neurons(by="index", every_layer=True)
    assert not any(is_sorted(root, layer) for layer in ("conv_1", "dense_1", "digit"))


def test_one_layer_is_sorted_and_undo_takes_it_back(root: bpy.types.Collection) -> None:
    layers = next(child for child in root.children if child["nn_role"] == "layers")
    bpy.context.scene.nn.layer = [slab["nn_layer"] for slab in layers.objects].index("conv_2")
    with pytest.raises(RuntimeError, match="influence first"):
        bpy.ops.nn.sort_neurons(by="influence")
    bpy.ops.ed.undo_push(message="choose")
    bpy.ops.nn.sort_neurons("EXEC_DEFAULT", True, by="mean")
    assert is_sorted(root, "conv_2")
    assert not is_sorted(root, "conv_1")
    bpy.ops.ed.undo()
    assert not is_sorted(networks(bpy.context.scene)[0], "conv_2")
