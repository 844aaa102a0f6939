"""The panel Why This Answer?: what it says, what its rows do, and what of it outlives undo and the file."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest
from drawn import drawn_by

from nn_blender.scene.base import contract
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.explanations.reasons import kept_reasons, reasons_of
from nn_blender.scene.network.description import require_description
from nn_blender.scene.neurons.reason_marks import are_reasons_marked
from nn_blender.scene.samples.timeline import show_sample, shown_sample
from nn_blender.ui.explanations import why_operators
from nn_blender.ui.explanations.why_panel import NN_PT_why
from nn_blender.ui.samples.input_settings import is_edited

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def imported(with_tensorflow: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=12, shown=4)
    bpy.context.window_manager.nn.why_class = why_operators.PREDICTED


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def found() -> object:
    return why_operators.shown_reasons(bpy.context, root()).reasons


def test_before_and_after_reasons_are_found_the_panel_asks_about_the_sample_that_is_shown(imported: None) -> None:
    about = require_description(root())
    show_sample(bpy.context.scene, root(), 1)
    name, label = about.samples[1].sample.name, about.samples[1].answer.best
    before = drawn_by(NN_PT_why)
    assert before[0] == f"Why {label} for {name}?"
    assert "Predicted Class" in before
    assert not any("Measured" in text for text in before)
    assert bpy.ops.nn.find_reasons() == {"FINISHED"}
    reasons = found()
    texts = drawn_by(NN_PT_why)
    assert label == str(reasons.target)
    for neurons in (reasons.speak_for, reasons.speak_against):
        columns = []
        for one in neurons:
            at = texts.index(f"{one.layer} · {one.neuron}")
            columns.append(texts[at + 1 : at + 3])
            assert list(map(float, columns[-1])) == pytest.approx([one.loss, one.estimate], abs=0.005)
        assert all(len({len(text.partition(".")[2]) for text in column}) == 1 for column in zip(*columns, strict=True))
    assert f"Most for {label}" in texts
    assert f"the answer is {reasons.turn.answer}" in " ".join(texts)
    for one in reasons.similar:
        assert one.sample.name in texts
    assert "11 other samples" in " ".join(texts)
    show_sample(bpy.context.scene, root(), 2)
    assert f"Most for {label}" not in drawn_by(NN_PT_why)


def test_any_class_can_be_explained(imported: None) -> None:
    assert bpy.ops.nn.choose_class(index="3") == {"FINISHED"}
    name = require_description(root()).samples[0].sample.name
    assert " ".join(drawn_by(NN_PT_why)[:2]) == f"What speaks for 3 on {name}?"
    bpy.ops.nn.find_reasons()
    assert found().target == 3
    assert found().turn.answer == 3
    assert "Most for 3" in drawn_by(NN_PT_why)
    bpy.ops.nn.choose_class(index="-1")
    assert why_operators.shown_reasons(bpy.context, root()) is None


def test_the_neurons_that_turn_the_answer_are_disabled_by_one_click_and_enabled_by_undo(imported: None) -> None:
    with pytest.raises(RuntimeError, match="Find the reasons"):
        bpy.ops.nn.switch_turn()
    bpy.ops.nn.find_reasons()
    turn = found().turn
    bpy.ops.nn.switch_turn("EXEC_DEFAULT", True)
    about = require_description(root())
    assert about.current_samples[0].answer.best == str(turn.answer)
    off = {(path, neuron) for path, one in about.intervention.intervention.layers.items() for neuron in one.factors}
    assert off == {tuple(one) for one in turn.neurons}
    assert "Out of date" in " ".join(drawn_by(NN_PT_why))
    bpy.ops.ed.undo()
    assert require_description(root()).intervention is None
    # What was found was no step, and it is there again.
    assert found().turn == turn
    assert "Out of date" not in " ".join(drawn_by(NN_PT_why))


def test_a_click_on_a_row_chooses_the_neuron_or_goes_to_the_sample(imported: None) -> None:
    bpy.ops.nn.find_reasons()
    one = found().speak_for[0]
    bpy.ops.nn.choose_neuron(layer=one.layer, neuron=one.neuron)
    assert root().nn.neurons.neuron == one.neuron
    assert bpy.context.scene.nn.chosen == "NEURON"
    numbers = {shown.sample.values: k for k, shown in enumerate(require_description(root()).samples)}
    number = next(numbers[one.sample.values] for one in found().similar if one.sample.values in numbers)
    bpy.ops.nn.go_to_sample(sample=number, inspect=True)
    assert shown_sample(bpy.context.scene, root()) == number


def test_reasons_are_kept_in_the_file_and_shown_without_tensorflow(
    imported: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bpy.ops.nn.find_reasons()
    before = drawn_by(NN_PT_why)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    monkeypatch.setattr("nn_blender.ui.common.needs.worker_python", lambda: None)
    assert drawn_by(NN_PT_why) == before
    assert not bpy.ops.nn.find_reasons.poll()


def test_what_others_wrote_in_place_of_reasons_is_passed_over(imported: None) -> None:
    for nonsense in ("no json", json.dumps({"reasons": [{"sample": 3}]}), 7):
        root()[contract.REASONS] = nonsense
        assert kept_reasons(root()) == ()
        assert "Find" not in " ".join(drawn_by(NN_PT_why))


def test_reasons_of_few_answers_are_kept_and_those_of_one_replace_each_other(imported: None) -> None:
    for _ in range(2):
        bpy.ops.nn.find_reasons()
    sample = require_description(root()).samples[0].sample
    assert len(kept_reasons(root())) == 1
    assert reasons_of(root(), sample, None) is not None
    assert reasons_of(root(), sample, 1) is None


def test_undo_brings_back_what_was_found_last_where_more_was_found_than_is_kept(
    imported: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("scene.explanations.reasons", "actions.explanations.why"):
        monkeypatch.setattr(f"nn_blender.{module}.MOST_KEPT", 2)
    for asked in (1, 2, 3, 4, 1):
        bpy.ops.nn.choose_class(index=str(asked))
        bpy.ops.nn.find_reasons()
    for name in ("found", "something else"):
        root()["step"] = name
        bpy.ops.ed.undo_push(message=name)
    bpy.ops.ed.undo()
    assert [one.asked for one in kept_reasons(root())] == [1, 4]
    bpy.ops.ed.undo()
    assert [one.asked for one in kept_reasons(root())] == [1, 4]


def test_a_similar_sample_that_is_not_in_the_scene_is_brought_there(imported: None) -> None:
    bpy.ops.nn.find_reasons()
    shown = {one.sample.values for one in require_description(root()).samples}
    other = next(one.sample for one in found().similar if one.sample.values not in shown)
    assert bpy.ops.nn.bring_sample(name=other.name) == {"FINISHED"}
    about = require_description(root())
    assert about.samples[0].sample.values == other.values
    assert len(about.samples) == 4
    assert about.evaluated == 12
    assert not is_edited(root())
    assert not bpy.ops.nn.measure_again.poll()


def test_the_neurons_are_marked_and_the_marks_removed_each_in_one_step(imported: None) -> None:
    assert not bpy.ops.nn.mark_reasons.poll()
    bpy.ops.nn.find_reasons()
    bpy.ops.nn.mark_reasons("EXEC_DEFAULT", True)
    numbers = [obj for obj in objects(root(), "reason number") if contract.LAYER in obj]
    assert len(numbers) == len(found().speak_for) + len(found().speak_against)
    words = [obj.data.body for obj in objects(root(), "legend") if obj.get(contract.PART) == "reason mark"]
    assert words == [f"orange: neurons for {found().target} on digit-000.png, blue: against it, 1 = most (measured)"]
    bpy.ops.ed.undo()
    assert not are_reasons_marked(root())
    bpy.ops.ed.redo()
    bpy.ops.nn.unmark_reasons("EXEC_DEFAULT", True)
    assert not are_reasons_marked(root())
    assert not any(obj.get(contract.PART) == "reason mark" for obj in objects(root(), "legend"))
