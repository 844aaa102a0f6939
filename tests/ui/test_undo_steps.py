"""One step of undo per action of the user, whatever its button is called."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy
import numpy as np
import pytest

import nn_blender
from nn_blender.engine.jobs import Job, Progress
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.network.description import read_description
from nn_blender.ui import CLASSES
from nn_blender.ui.common import reruns
from nn_blender.ui.common.jobs import jobs
from nn_blender.ui.common.undo_steps import undo_steps

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture(autouse=True)
def can_undo(registered: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    # One step to be at and one to go back to.
    for name in ("start", "look"):
        bpy.ops.ed.undo_push(message=name)


def import_digits() -> None:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=3, shown=3)


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def values(layer: str) -> np.ndarray:
    return meshes.read_samples(next(objects(root(), "neurons", layer)).data, "activation")


@pytest.fixture
def other_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every button and every title of a job is called something else."""
    nn_blender.unregister()
    for cls in CLASSES:
        if issubclass(cls, bpy.types.Operator):
            monkeypatch.setattr(cls, "bl_label", f"Something Else {len(cls.bl_label)}")
    monkeypatch.setattr(reruns, "TITLE", "Something Else")
    nn_blender.register()


def test_undo_does_not_depend_on_what_buttons_are_called(with_tensorflow: None, other_labels: None) -> None:
    import_digits()
    intact = values("digit")
    bpy.ops.nn.choose_neuron("EXEC_DEFAULT", True, layer="conv_2", neuron=3)
    bpy.ops.nn.switch_layer("EXEC_DEFAULT", True)
    changed = values("digit")
    assert np.abs(changed - intact).max() > 0
    bpy.ops.nn.compare("EXEC_DEFAULT", True)
    bpy.ops.nn.show_side_by_side("EXEC_DEFAULT", True)
    assert len(networks(bpy.context.scene)) == 2
    bpy.ops.ed.undo()
    assert len(networks(bpy.context.scene)) == 1
    assert read_description(root()).comparison
    np.testing.assert_array_equal(values("digit"), changed)
    # Comparing was no step.
    bpy.ops.ed.undo()
    assert not read_description(root()).comparison
    np.testing.assert_array_equal(values("digit"), intact)
    # Choosing a neuron in a panel was no step.
    assert root().nn.neurons.neuron == 3
    bpy.ops.ed.undo()
    assert not networks(bpy.context.scene)


class Writes:
    """A job that writes into the scene and then waits for more."""

    def __init__(self) -> None:
        self.is_over = False

    def run(self) -> Generator[Progress, None, None]:
        try:
            bpy.context.scene["written"] = 1
            while True:
                yield Progress()
        finally:
            self.is_over = True


def begin(monkeypatch: pytest.MonkeyPatch, writes_before_push: bool) -> Writes:
    """Let a job run to its first pause, as a window does."""
    job = Writes()
    monkeypatch.setattr(Job, "wait", Job.step)
    monkeypatch.setattr(jobs, "_finish", lambda result: None)
    jobs.start(job.run(), "Whatever", undo_step="Write", writes_before_push=writes_before_push)
    return job


@pytest.fixture
def unfinished() -> Generator[None, None, None]:
    yield
    jobs.cancel()


def test_undo_takes_back_what_a_job_has_written_and_ends_it(monkeypatch: pytest.MonkeyPatch, unfinished: None) -> None:
    job = begin(monkeypatch, writes_before_push=True)
    bpy.ops.ed.undo()
    assert job.is_over
    assert "written" not in bpy.context.scene


def test_undo_lets_a_job_run_that_writes_only_at_its_end(monkeypatch: pytest.MonkeyPatch, unfinished: None) -> None:
    job = begin(monkeypatch, writes_before_push=False)
    bpy.ops.ed.undo()
    assert not job.is_over


def test_nothing_waits_to_be_a_step_in_the_next_file(monkeypatch: pytest.MonkeyPatch) -> None:
    undo_steps.waiting = "Switch Neurons"
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not undo_steps.waiting
