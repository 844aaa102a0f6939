"""Quantities on neurons: written in one place, named by the registry, and shown without further ado."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_recording

from nn_blender.core import quantities
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.quantities import MAP, NEURON, OUTPUT, QUANTITIES, Quantity
from nn_blender.core.quantities.activation import ACTIVATION
from nn_blender.core.quantities.influence import INFLUENCE
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.layers.neuron_values import write_quantity
from nn_blender.scene.looks.level_of_detail import set_follows
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.nodes.glow import CHANGE_TONE, UNKNOWN_TONE
from nn_blender.scene.show_intervention import Change, show_change, show_intact
from nn_blender.scene.stage.legend import set_colour_by

SURPRISE = """
from . import DERIVED, QUANTITIES, Quantity
SURPRISE = QUANTITIES.register(
    Quantity("surprise", "surprise", DERIVED, "activation - mean", unit="spreads", is_change=True, low="as ever",
             high="as never", per_sample={per_sample}, colour_number=7, colour_description="Surprising neurons glow")
)
"""


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture(params=[False, True], ids=["one value", "per sample"])
def surprise(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quantity]:
    """A quantity from a file of its own, which nothing else knows of."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "surprise.py").write_text(SURPRISE.format(per_sample=request.param))
    list(QUANTITIES)
    monkeypatch.setattr(quantities, "__path__", [*quantities.__path__, str(folder)])
    monkeypatch.setattr(QUANTITIES, "_entries", dict(QUANTITIES._entries))
    monkeypatch.setattr(QUANTITIES, "_discovered", False)
    yield QUANTITIES.find("surprise")
    sys.modules.pop(f"{quantities.__name__}.surprise")


def neurons(root: bpy.types.Collection, layer: str) -> bpy.types.Object:
    return next(objects(root, "neurons", layer))


def legend(root: bpy.types.Collection) -> dict[str, str]:
    return {obj["nn_part"]: obj.data.body for obj in objects(root, "legend") if obj.type == "FONT"}


def evaluated(obj: bpy.types.Object, attribute: str) -> np.ndarray:
    return meshes.read_floats(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data, attribute)


def test_a_quantity_in_a_file_of_its_own_is_written_shown_and_explained(contents: Contents, surprise: Quantity) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    set_follows(next(objects(root, "anchor")), "off")
    obj = neurons(root, "hidden")
    values = np.linspace(-2.0, 4.0, 40, dtype=np.float32)
    values[3] = np.nan
    write_quantity(obj, surprise, np.stack([values, -values]) if surprise.per_sample else values)
    name = "surprise.0" if surprise.per_sample else "surprise"
    np.testing.assert_array_equal(meshes.read_floats(obj.data, name), values)
    assert get_modifier_input(network_modifier(obj), "Surprise Highest") == 4.0

    set_colour_by(root, "surprise")
    assert root[contract.COLOUR_BY] == 7
    assert legend(root) == {
        "rule": "surprise (derived, in spreads), by the largest of its layer",
        "low": "as ever",
        "zero": "0",
        "high": "as never",
    }
    expected = np.where(np.isnan(values), UNKNOWN_TONE, values / 4.0 + CHANGE_TONE)
    np.testing.assert_allclose(evaluated(obj, "tone"), expected, rtol=1e-6)
    bpy.context.scene.frame_set(1 + root[contract.FRAMES_PER_SAMPLE])
    sign = -1.0 if surprise.per_sample else 1.0
    expected = np.where(np.isnan(values), UNKNOWN_TONE, sign * values / 4.0 + CHANGE_TONE)
    np.testing.assert_allclose(evaluated(obj, "tone"), expected, rtol=1e-6)
    set_colour_by(root, "influence")
    assert (evaluated(obj, "tone") == UNKNOWN_TONE).all()
    set_colour_by(root, "activation")
    assert legend(root)["rule"].startswith("activation (measured)")


def test_the_attributes_of_a_network_are_quantities_of_the_registry(contents: Contents) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    others = {"position", "enabled", "gain", "replace"}
    for role, of in (("neurons", NEURON), ("card", MAP), ("bars", OUTPUT)):
        names = {name for obj in objects(root, role) for name in obj.data.attributes.keys()} - others  # noqa: SIM118
        found = {name.partition(".")[0]: "." in name for name in names if not name.startswith(".")}
        assert found
        for name, is_per_sample in found.items():
            assert (QUANTITIES.find(name).of, QUANTITIES.find(name).per_sample) == (of, is_per_sample)


def test_what_the_colours_reach_is_written_with_the_values(contents: Contents) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    obj = neurons(root, "hidden")
    largest = np.abs(contents.recording.activations[:, contents.network.neuron_slices()["hidden"]])
    assert get_modifier_input(network_modifier(obj), "Highest") == pytest.approx(largest.max(), rel=1e-6)
    np.testing.assert_allclose(meshes.read_floats(obj.data, "peak"), largest.max(axis=0), rtol=1e-6)
    for values, highest in (([0.5, -3.0, np.inf], 3.0), ([0.0, np.nan, 0.0], 1.0), ([np.nan] * 3, 0.0)):
        write_quantity(obj, INFLUENCE, np.resize(np.array(values, np.float32), 40))
        assert get_modifier_input(network_modifier(obj), "Influence Highest") == highest


def test_colours_reach_the_same_under_an_intervention(contents: Contents) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    obj = neurons(root, "hidden")
    reach = get_modifier_input(network_modifier(obj), "Highest")
    peaks = meshes.read_floats(obj.data, "peak")
    recording = made_recording(contents.network, samples=2, seed=5)
    intervention = Intervention.from_texts(contents.network, ["hidden:3"], [])
    show_change(bpy.context.scene, root, contents.network, Change(intervention, recording))
    assert get_modifier_input(network_modifier(obj), "Changed")
    assert get_modifier_input(network_modifier(obj), "Highest") == reach
    np.testing.assert_array_equal(meshes.read_floats(obj.data, "peak"), peaks)
    show_intact(bpy.context.scene, root)
    assert not get_modifier_input(network_modifier(obj), "Changed")


def test_one_sample_is_written_beside_the_others(contents: Contents) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    obj = neurons(root, "hidden")
    before = meshes.read_samples(obj.data, "activation")
    write_quantity(obj, ACTIVATION, np.full(40, 9.0, np.float32), sample=1)
    np.testing.assert_array_equal(meshes.read_samples(obj.data, "activation"), [before[0], np.full(40, 9.0)])
