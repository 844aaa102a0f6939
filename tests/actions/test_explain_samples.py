"""Explanations in the scene hold what the worker measured, and stay as they are where that fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.explanations.explain_samples import Asked, explain_samples
from nn_blender.actions.interventions.rerun import rerun
from nn_blender.actions.interventions.side_by_side import show_side_by_side
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.actions.requests import model_of
from nn_blender.core.errors import Cancelled, UserError
from nn_blender.core.explanations import Target
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.maps.packing import PLANES, AtlasLayout, cut_cell, to_values
from nn_blender.core.requests.explanations import ExplainedBatch, ExplainRequest
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base.find import network_modifier, networks, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.network.description import change_description, require_description

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
SHOWN = 4
TOP = (Target(rank=0), Target(rank=1))


@pytest.fixture(autouse=True)
def digits(kept_workers: None) -> Iterator[None]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    options = ImportOptions(file=DIGITS / "digits.keras", max_samples=SHOWN, shown=SHOWN)
    Job(import_network(PYTHON, options), "import").wait(timeout=180)
    yield
    workers.close_all()


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def explain(asked: Asked, samples: tuple[int, ...] = tuple(range(SHOWN))) -> None:
    Job(explain_samples(PYTHON, root(), asked, samples), "explain").wait(timeout=120)


def measured(asked: Asked) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
    """What the worker says of all samples, asked directly: indices and scores, and values by target."""
    about = require_description(root())
    batches: list[ExplainedBatch] = []
    worker = workers.get("direct", PYTHON)
    request = ExplainRequest(
        model=model_of(about), samples=about.shown_samples, inputs=about.inputs, methods=(asked.method,),
        targets=asked.targets, layer=asked.layer, steps=asked.steps,
    )  # fmt: skip
    Job(worker.stream(request, batches.append), "direct").wait(timeout=120)
    indices, scores = (
        np.concatenate([worker.take_array(getattr(batch, name)) for batch in batches], axis=1)
        for name in ("indices", "scores")
    )
    values = {
        number: np.concatenate(
            [worker.take_array(one.values) for batch in batches for one in batch.maps if one.target == number]
        )
        for number in range(len(asked.targets))
    }
    return indices, scores, values


def in_scene(target: int, sample: int) -> np.ndarray:
    """A map as the scene has it, float (height, width)."""
    card = next(obj for obj in objects(root(), "explanation card") if obj["nn_part"] == str(target))
    image = next(
        image for image in bpy.data.images
        if image.get("nn_role") == "explanation atlas" and image["nn_part"].startswith(f"{target} ")
    )  # fmt: skip
    pixels = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], 4)[::-1]
    number = int(card.data.attributes[f"explained.{sample}"].data[0].vector[0])
    low, high = card.data.attributes[f"map_range.{sample}"].data[0].vector[:2]
    across, down = (side // 28 for side in image.size)
    layout = AtlasLayout(1, 1, across, down, 28, 28, planes=PLANES)
    return to_values(cut_cell(np.rint(pixels * 255).astype(np.uint8), layout, number)[..., 0], low, high)


def test_maps_in_the_scene_are_those_that_the_worker_measured() -> None:
    asked = Asked("grad-cam", TOP)
    explain(asked, (2, 0, 1, 3))
    indices, scores, values = measured(asked)
    explanation = require_description(root()).explanation
    assert explanation.samples == (0, 1, 2, 3)
    for target in (0, 1):
        assert explanation.targets[target].indices == tuple(indices[target].tolist())
        assert explanation.targets[target].scores == pytest.approx(scores[target].tolist(), rel=1e-5)
        for sample in range(SHOWN):
            own = values[target][sample]
            np.testing.assert_allclose(in_scene(target, sample), own, atol=np.ptp(own) / 255 + 1e-6)
    about = require_description(root())
    assert explanation.targets[0].indices == tuple(int(shown.answer.best) for shown in about.samples)
    assert explanation.layer == "dropout"


def test_values_that_add_up_say_to_what() -> None:
    explain(Asked("integrated-gradients", TOP[:1], steps=64), (1,))
    explanation = require_description(root()).explanation
    (target,) = explanation.targets
    assert explanation.samples == (1,)
    assert target.sums[0] == pytest.approx(target.totals[0], rel=0.02)


def test_the_sample_that_is_looked_at_is_shown_first() -> None:
    steps = explain_samples(PYTHON, root(), Asked("gradient"), (2, 0, 1, 3))
    seen = []
    for _ in steps:
        explanation = require_description(root()).explanation
        seen.append(explanation.samples if explanation else ())
    assert list(dict.fromkeys(seen)) == [(), (2,)]
    assert require_description(root()).explanation.samples == (0, 1, 2, 3)


def test_an_error_and_cancelling_leave_what_is_shown() -> None:
    with pytest.raises(UserError, match="no_such"):
        explain(Asked("grad-cam", layer="no_such"))
    assert require_description(root()).explanation is None
    assert not list(objects(root(), "explanation"))
    explain(Asked("gradient"), (0,))
    before = require_description(root()).explanation
    job = Job(explain_samples(PYTHON, root(), Asked("grad-cam"), (0, 1)), "explain")
    job.step()
    job.cancel()
    with pytest.raises(Cancelled):
        job.wait(timeout=10)
    assert require_description(root()).explanation == before


def test_an_explanation_says_under_which_intervention_it_was_made() -> None:
    set_neurons(root(), "conv_2", range(8), enabled=False)
    Job(rerun(PYTHON, root()), "rerun").wait(timeout=120)
    explain(Asked("gradient"), (0,))
    about = require_description(root())
    assert about.explanation.intervention == about.intervention.intervention.key


def test_before_and_after_an_intervention_stand_beside_each_other() -> None:
    explain(Asked("gradient", TOP, with_intact=True), (0,))
    before = require_description(root()).explanation.targets
    assert [one.is_intact for one in before] == [False, False]
    set_neurons(root(), "conv_2", range(8), enabled=False)
    Job(rerun(PYTHON, root()), "rerun").wait(timeout=120)
    explain(Asked("gradient", TOP, with_intact=True), (0,))
    after = require_description(root()).explanation.targets
    assert [one.is_intact for one in after] == [False, True, False, True]
    for intact, one in zip(before, after[1::2], strict=True):
        assert one.scores == pytest.approx(intact.scores, rel=1e-5)
        assert one.indices == intact.indices
    assert after[0].scores != pytest.approx(after[1].scores, rel=1e-3)
    texts = {obj["nn_part"]: obj for obj in objects(root(), "explanation texts")}
    assert get_modifier_input(network_modifier(texts["1"]), "Texts").startswith("before: 6 · ")
    explain(Asked("gradient", TOP), (0,))
    assert len(list(objects(root(), "explanation card"))) == 2


def test_a_second_network_beside_the_explained_one_has_no_room_for_maps() -> None:
    explain(Asked("gradient"), (0,))
    off = Intervention.from_texts(require_description(root()).network, ("conv_2:0-7",))
    Job(show_side_by_side(PYTHON, root(), off), "beside").wait(timeout=180)
    first, second = (require_description(one).opening for one in networks(bpy.context.scene))
    assert None not in (first.maps, first.picture.maps)
    assert (second.maps, second.picture.maps) == (None, None)


def test_samples_that_cannot_be_read_are_left_out() -> None:
    about = require_description(root())
    first = about.samples[1]
    gone = replace(first.sample, values=(replace(first.sample.values[0], file="/gone.png"),))
    change_description(root(), samples=(about.samples[0], replace(first, sample=gone), *about.samples[2:]))
    explain(Asked("gradient"), (0, 1, 2))
    assert require_description(root()).explanation.samples == (0, 2)


def test_a_neuron_is_explained() -> None:
    explain(Asked("projection", (Target(5, layer="conv_1"),)), (0,))
    explanation = require_description(root()).explanation
    assert explanation.targets[0].indices == (5,)
    assert explanation.targets[0].outputs == (None,)
