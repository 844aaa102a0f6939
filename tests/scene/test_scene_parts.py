"""A network's parts: found again by what is written on them, made once, by recipes that say what they need."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest
from made import made_contents, made_recording

from nn_blender.core.interventions.intervention import Intervention
from nn_blender.scene.base.parts import Parts, node_group
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.looks import materials
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.nodes.graph import Graph
from nn_blender.scene.nodes.lod import make_lod
from nn_blender.scene.nodes.neurons import make_neurons
from nn_blender.scene.nodes.timeline import SAMPLE, make_timeline, use_timeline
from nn_blender.scene.show_intervention import Change, show_change, show_intact


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_network, contents, "id-1")


def parts_of(root: bpy.types.Collection, contents: Contents) -> Parts:
    return network_parts(bpy.context.scene, contents.network, "id-1", root)


def test_a_node_group_made_by_its_recipe_is_found_again_and_not_made_twice(
    root: bpy.types.Collection, contents: Contents
) -> None:
    before = {(group.name, group["nn_part"]) for group in bpy.data.node_groups}
    neurons = parts_of(root, contents).group(make_neurons)
    assert neurons.name == "NN made Neurons"
    assert (neurons["nn_network"], neurons["nn_role"], neurons["nn_part"]) == ("id-1", "nodes", "Neurons")
    assert parts_of(root, contents).group(make_neurons) == neurons
    assert {(group.name, group["nn_part"]) for group in bpy.data.node_groups} == before


def test_a_renamed_material_is_found_by_what_is_written_on_it(root: bpy.types.Collection, contents: Contents) -> None:
    ink = parts_of(root, contents).material(materials.ink)
    ink.name = "mine"
    assert parts_of(root, contents).material(materials.ink) == ink


def test_a_recipe_with_an_argument_makes_one_group_for_each(root: bpy.types.Collection, contents: Contents) -> None:
    parts = parts_of(root, contents)
    neurons, maps = (parts.group(make_lod, tier) for tier in ("Neurons", "Maps"))
    assert (neurons["nn_part"], maps["nn_part"]) == ("Detail of Neurons", "Detail of Maps")


def test_a_new_node_group_needs_no_more_than_its_recipe(root: bpy.types.Collection, contents: Contents) -> None:
    @node_group("Sample Number")
    def make_sample_number(name: str, parts: Parts) -> bpy.types.NodeTree:
        graph = Graph.geometry_group(name, {}, {"Number": "Float"})
        graph.output("Number", use_timeline(graph, parts).outputs[SAMPLE])
        return graph.build()

    parts = parts_of(root, contents)
    group = parts.group(make_sample_number)
    used = [node.node_tree for node in group.nodes if node.bl_idname == "GeometryNodeGroup"]
    assert used == [parts.group(make_timeline)]
    assert parts_of(root, contents).group(make_sample_number) == group
    assert group.name == "NN made Sample Number"


def test_every_action_looks_through_the_file_once(
    root: bpy.types.Collection, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    make = Parts.__init__

    def counted(self: Parts, *arguments: object) -> None:
        made.append(self)
        make(self, *arguments)

    monkeypatch.setattr(Parts, "__init__", counted)
    recording = dataclasses.replace(
        made_recording(contents.network, samples=2, seed=7), samples=contents.recording.samples
    )
    intervention = Intervention.from_texts(contents.network, ["hidden:3"], [])
    show_change(bpy.context.scene, root, contents.network, Change(intervention, recording))
    assert len(made) == 1
    show_intact(bpy.context.scene, root)
    assert len(made) == 2
    show_change(bpy.context.scene, root, contents.network, Change(intervention, recording))
    update_network(bpy.context.scene, root, contents)
    assert len(made) == 4
    assert not root["nn_recorded"]
