"""Node trees that are described first and made in one go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
import pytest

from nn_blender.scene.base import meshes
from nn_blender.scene.nodes import deferred_updates
from nn_blender.scene.nodes.deferred_updates import DeferringTree, deferring_tree, without_updates
from nn_blender.scene.nodes.graph import Graph


def halves(name: str) -> Graph:
    """Stores half of a vertex's index as ``half``."""
    graph = Graph.geometry_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    index = graph.add("GeometryNodeInputIndex").outputs[0]
    graph.output("Geometry", graph.store(graph.input("Geometry"), "half", graph.math("MULTIPLY", index, 0.5)))
    return graph


def evaluated(group: bpy.types.NodeTree, attribute: str) -> np.ndarray:
    mesh = bpy.data.meshes.new("Points")
    mesh.from_pydata([(float(x), 0.0, 0.0) for x in range(4)], [], [])
    obj = bpy.data.objects.new("Points", mesh)
    bpy.context.scene.collection.objects.link(obj)
    obj.modifiers.new("Wired", "NODES").node_group = group
    return meshes.read_floats(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data, attribute)


def test_a_built_group_computes_what_was_described() -> None:
    assert evaluated(halves("Halves").build(), "half").tolist() == [0.0, 0.5, 1.0, 1.5]


FORMULAS = [
    lambda x: x + 2.5,
    lambda x: 2.5 + x,
    lambda x: x - 2.5,
    lambda x: 1.0 - x,
    lambda x: x * x,
    lambda x: 3.0 * x,
    lambda x: x / 4.0,
    lambda x: 6.0 / (x + 1.0),
    lambda x: x % 2.0,
    lambda x: 2.0**x,
    lambda x: -x,
    lambda x: abs(x - 2.0),
    lambda x: x > 1.5,
    lambda x: x >= 2.0,
    lambda x: x < 1.5,
    lambda x: x <= 2.0,
    lambda x: (1.0 - x) * 2.0 - x / (x + 1.0),
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_sockets_are_written_like_numbers(formula: Callable[[Any], Any]) -> None:
    graph = Graph.geometry_group("Formula", {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    index = graph.add("GeometryNodeInputIndex").outputs[0]
    graph.output("Geometry", graph.store(graph.input("Geometry"), "result", formula(index)))
    expected = [float(formula(float(x))) for x in range(4)]
    assert evaluated(graph.build(), "result").tolist() == pytest.approx(expected)


def test_in_a_shader_a_condition_is_a_number() -> None:
    graph = Graph.shader_group("Formula", {"Value": "Float"}, {"Above": "Float", "Below": "Float"})
    graph.output("Above", graph.input("Value") > 0.5)
    graph.output("Below", graph.input("Value") < 0.5)
    operations = [node.operation for node in graph.build().nodes if node.bl_idname == "ShaderNodeMath"]
    assert operations == ["GREATER_THAN", "LESS_THAN"]


def test_groups_can_use_each_other_at_once() -> None:
    graph = Graph.geometry_group("Outer", {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    stored = graph.run(halves("Inner").build())
    graph.output("Geometry", graph.store(stored, "whole", graph.math("MULTIPLY", graph.attribute("half"), 2.0)))
    assert evaluated(graph.build(), "whole").tolist() == [0.0, 1.0, 2.0, 3.0]


def test_nothing_is_left_behind() -> None:
    before = set(bpy.data.node_groups)
    group = halves("Halves").build()
    assert set(bpy.data.node_groups) - before == {group}
    assert not DeferringTree.is_registered


def test_one_tree_serves_all_changes_inside_a_with() -> None:
    with deferring_tree() as tree:
        halves("First").build()
        halves("Second").build()
        kinds = [one.bl_idname for one in bpy.data.node_groups]
        assert kinds.count(tree.bl_idname) == 1
    assert not DeferringTree.is_registered


def test_an_error_is_raised_and_nothing_is_left_behind() -> None:
    before = set(bpy.data.node_groups)
    graph = halves("Broken")
    graph.add("ShaderNodeMath", {"No Such Socket": 1.0})
    with pytest.raises(KeyError, match="ShaderNodeMath has no socket No Such Socket"):
        graph.build()
    assert not DeferringTree.is_registered
    assert set(bpy.data.node_groups) == before


def test_a_lost_empty_tree_does_not_keep_others_from_being_made() -> None:
    with pytest.raises(ReferenceError), deferring_tree() as tree:
        bpy.data.node_groups.remove(tree)
    assert not DeferringTree.is_registered
    assert evaluated(halves("Halves").build(), "half").tolist() == [0.0, 0.5, 1.0, 1.5]


def test_changes_are_made_without_blender_asking_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeferringTree, "update", lambda self: None)
    made = []
    without_updates(lambda: made.append(1))
    assert made == [1]
    assert evaluated(halves("Halves").build(), "half").tolist() == [0.0, 0.5, 1.0, 1.5]


def test_changes_happen_while_blender_checks_the_empty_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def update(tree: bpy.types.NodeTree) -> None:
        asked.append(len(deferred_updates._changes))
        original(tree)

    original = DeferringTree.update
    monkeypatch.setattr(DeferringTree, "update", update)
    halves("Halves").build()
    # Once for the nodes, once for the links; a tree may be checked again with nothing left to do.
    assert sum(asked) == 2
