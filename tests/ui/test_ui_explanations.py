"""The panel Explain: what can be asked for, what it shows, undo, and what it says where nothing can be explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from drawn import drawn_by, layout, texts_of
from made import build_in_blocks, made_contents
from made_explanations import made_explanation, packed_values
from test_scene_explanations import TWO

from nn_blender.actions import settings
from nn_blender.core.description.answers import Answer, Predicted
from nn_blender.core.explanations import METHODS
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.build import show_whole_timeline
from nn_blender.scene.explanations.texts import name_of_target
from nn_blender.scene.looks.explanation_look import ExplanationLook, get_look
from nn_blender.scene.network.description import require_description
from nn_blender.scene.show_explanation import show_explanation
from nn_blender.ui.common import knowing
from nn_blender.ui.explanations import explain_settings, why_operators, why_panel
from nn_blender.ui.explanations.explain_operators import NN_OT_explain
from nn_blender.ui.explanations.explain_panel import NN_PT_explain, completeness
from nn_blender.ui.explanations.why_operators import class_names

OUTDATED = "Of the network before its switches changed"
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def imported(with_tensorflow: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=5, shown=3)


@pytest.fixture
def built(tmp_path: Path) -> bpy.types.Collection:
    """A made network without TensorFlow, with an explanation of two classes."""
    root = build_in_blocks(bpy.context.scene, made_contents(tmp_path, samples=3), "id-1")
    show_whole_timeline(bpy.context.scene, root)
    explanation = made_explanation(
        root, classes=((7, 1, 5), (2, 3, 4)), outputs=((0.98, 0.5, 0.25), (0.01, 0.4, 0.2)), notes=("A note",)
    )
    pictures = [(k, packed_values(tmp_path, f"map-{k}", values, "picture")) for k, values in enumerate(TWO)]
    show_explanation(bpy.context.scene, root, explanation, pictures)
    return root


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def explanation() -> object:
    return require_description(root()).explanation


def said() -> str:
    """All that the panel shows: long texts are in several lines."""
    return " ".join(drawn_by(NN_PT_explain))


def explain(**options: object) -> None:
    knowing.forget()
    assert bpy.ops.nn.explain("EXEC_DEFAULT", True, **options) == {"FINISHED"}


def test_every_method_can_be_chosen_by_its_label_with_what_it_means() -> None:
    items = explain_settings.NN_PG_explain.bl_rna.properties["method"].enum_items
    assert {(item.identifier, item.name, item.description) for item in items} == {
        (method.name, method.label, method.description) for method in METHODS
    }


def test_explaining_is_one_step_of_undo(imported: None) -> None:
    known = {obj.name for obj in bpy.data.objects}
    explain()
    first = explanation()
    assert first.method == "grad-cam"
    assert first.samples == (0, 1, 2)
    assert len(first.targets) == 3
    assert len(list(objects(root(), "explanation card"))) == 3
    root().nn.explain.method = "gradient"
    explain()
    assert explanation().method == "gradient"
    bpy.ops.ed.undo()
    assert explanation() == first
    bpy.ops.ed.undo()
    assert explanation() is None
    assert {obj.name for obj in bpy.data.objects} == known
    bpy.ops.ed.redo()
    assert explanation() == first
    bpy.ops.nn.remove_explanation("EXEC_DEFAULT", True)
    assert explanation() is None
    bpy.ops.ed.undo()
    assert explanation() == first


def test_only_the_sample_that_is_shown_is_explained(imported: None) -> None:
    bpy.context.scene.frame_set(25)
    root().nn.explain.count = 1
    explain(only_shown=True)
    assert explanation().samples == (1,)
    assert len(list(objects(root(), "explanation card"))) == 1
    bpy.context.scene.frame_set(1)
    assert "The sample that is shown was not explained" in said()


@pytest.mark.parametrize(
    ("only_shown", "said"), [(True, "the sample that is shown, and no other"), (False, "the samples")]
)
def test_both_buttons_say_what_they_explain(only_shown: bool, said: str) -> None:
    told = NN_OT_explain.description(bpy.context, SimpleNamespace(only_shown=only_shown))
    assert told.startswith(f"Explain {said}")


def test_two_classes_stand_side_by_side(imported: None) -> None:
    chosen = root().nn.explain
    chosen.target = "CLASS"
    knowing.forget()
    with pytest.raises(RuntimeError, match="Choose a class first"):
        bpy.ops.nn.explain("EXEC_DEFAULT", True)
    chosen.class_name = "eleven"
    with pytest.raises(RuntimeError, match="The network has no class eleven"):
        bpy.ops.nn.explain("EXEC_DEFAULT", True)
    chosen.class_name, chosen.beside = "3", "8"
    explain()
    assert [one.target.index for one in explanation().targets] == [3, 8]
    about = require_description(root())
    assert [name_of_target(about, one, 0) for one in explanation().targets] == ["3", "8"]


def test_maps_of_the_top_classes_are_shown_whatever_target_was_chosen(imported: None) -> None:
    chosen = root().nn.explain
    for target in ("CLASS", "NEURON"):
        chosen.target = target
        knowing.forget()
        assert bpy.ops.nn.explain_top_classes("EXEC_DEFAULT", True, only_shown=True) == {"FINISHED"}
        assert [one.target.rank for one in explanation().targets] == [0, 1, 2]
        assert chosen.target == "PREDICTED"
    chosen.method = "projection"
    knowing.forget()
    with pytest.raises(RuntimeError, match="explains neurons"):
        bpy.ops.nn.explain_top_classes("EXEC_DEFAULT", True)


def test_the_chosen_neuron_is_explained(imported: None) -> None:
    root().nn.explain.method = "projection"
    knowing.forget()
    with pytest.raises(RuntimeError, match="explains neurons"):
        bpy.ops.nn.explain("EXEC_DEFAULT", True)
    bpy.ops.nn.choose_neuron("EXEC_DEFAULT", True, layer="conv_1", neuron=5)
    knowing.forget()
    assert bpy.ops.nn.explain_neuron("EXEC_DEFAULT", True) == {"FINISHED"}
    (target,) = explanation().targets
    assert (target.target.layer, target.indices) == ("conv_1", (5, 5, 5))
    assert root().nn.explain.target == "NEURON"
    assert "conv_1 · 5" in drawn_by(NN_PT_explain)


def test_values_that_add_up_say_how_far_they_are_off(imported: None) -> None:
    root().nn.explain.method = "integrated-gradients"
    root().nn.explain.steps = 16
    explain(only_shown=True)
    texts = drawn_by(NN_PT_explain)
    assert "Adds Up To" in texts
    assert any(" of " in text and "off by" in text for text in texts)
    assert completeness(9.9, 10.0) == "9.9 of 10, off by 1.0%"
    assert completeness(None, 10.0) == "not finite"


def test_another_switch_makes_it_out_of_date_until_it_is_made_again(imported: None) -> None:
    explain(only_shown=True)
    assert OUTDATED not in said()
    bpy.ops.nn.choose_neuron("EXEC_DEFAULT", True, layer="conv_2", neuron=3)
    bpy.ops.nn.switch_neuron("EXEC_DEFAULT", True, gain=0.0)
    bpy.ops.nn.rerun("EXEC_DEFAULT", True)
    before = explanation()
    assert OUTDATED in said()
    knowing.forget()
    assert bpy.ops.nn.explain_again("EXEC_DEFAULT", True, only_shown=True) == {"FINISHED"}
    assert explanation().intervention != before.intervention
    assert explanation().method == before.method
    assert OUTDATED not in said()


def test_an_error_writes_nothing(imported: None) -> None:
    root().nn.explain.layer = "dense_1"
    knowing.forget()
    with pytest.raises(RuntimeError, match="dense_1"):
        bpy.ops.nn.explain("EXEC_DEFAULT", True)
    assert explanation() is None
    assert not list(objects(root(), "explanation"))


def test_the_panel_says_what_is_shown_without_tensorflow(
    built: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "chosen_python", lambda: None)
    texts = drawn_by(NN_PT_explain)
    assert {"Gradient (derived)", "7", "98.0 %   score 4", "2", "1.0 %   score 4", "A note"} <= set(texts)
    with pytest.raises(RuntimeError, match="Set up TensorFlow first"):
        bpy.ops.nn.explain("EXEC_DEFAULT", True)
    bpy.context.scene.frame_set(49)
    assert {"5", "25.0 %   score 4"} <= set(drawn_by(NN_PT_explain))


def test_looks_and_switches(built: bpy.types.Collection) -> None:
    chosen = built.nn.explain
    chosen.colours, chosen.rule = "viridis", "samples"
    holder = next(objects(built, "explanation"))
    assert get_look(holder) == ExplanationLook("viridis", "samples", 0.4)
    chosen.full_at = 0.8
    assert get_look(holder).full_at == pytest.approx(0.8)
    assert (
        "80 % of" in next(one for one in objects(built, "legend") if one.get("nn_part") == "explanation high").data.body
    )
    assert (chosen.colours, chosen.rule) == ("viridis", "samples")
    assert {"Opacity", "Threshold", "Sample Below", "Over the Input", "Beside the Input"} <= set(
        drawn_by(NN_PT_explain)
    )
    assert bpy.ops.nn.show_part("EXEC_DEFAULT", True, part="explanation overlay") == {"FINISHED"}
    assert next(objects(built, "explanation overlay")).hide_render
    assert not next(objects(built, "explanation card")).hide_render
    assert bpy.ops.nn.remove_explanation("EXEC_DEFAULT", True) == {"FINISHED"}
    knowing.forget()
    with pytest.raises(RuntimeError, match="Nothing is explained"):
        bpy.ops.nn.remove_explanation("EXEC_DEFAULT", True)
    # Nothing to set where nothing is shown.
    chosen.colours = "magma"
    assert "Opacity" not in drawn_by(NN_PT_explain)


def test_classes_and_layers_are_found_by_a_part_of_their_names(built: bpy.types.Collection) -> None:
    chosen = built.nn.explain
    assert explain_settings._find_class(chosen, bpy.context, "") == [str(k) for k in range(10)]
    assert explain_settings._find_layer(chosen, bpy.context, "CON") == ["conv"]


def test_of_classes_with_the_same_name_each_can_be_chosen(built: bpy.types.Collection) -> None:
    about = replace(require_description(built), classes=("crane", "dog", "crane"))
    assert class_names(about)[:4] == ["crane (0)", "dog", "crane (2)", "3"]
    chosen = built.nn.explain
    chosen.target, chosen.class_name, chosen.beside = "CLASS", "crane (2)", "dog"
    asked = explain_settings.asked_of(bpy.context, built, about)
    assert [one.index for one in asked.targets] == [2, 1]


def test_of_answers_with_the_same_name_each_can_be_asked_about(built: bpy.types.Collection) -> None:
    answer = Answer(None, (Predicted("crane", 0.5, 2), Predicted("dog", 0.3, 1), Predicted("crane", 0.1, 0)))
    about = replace(require_description(built), classes=("crane", "dog", "crane"))
    about = replace(about, samples=(replace(about.samples[0], answer=answer),))
    made = layout()
    why_panel._draw_classes(made, about, 0, 2, None)
    texts = texts_of(made)
    assert [text.split("   ")[0] for text in texts[1:4]] == ["crane (2)", "dog", "crane (0)"]
    pressed = [call.kwargs["depress"] for call in made.operator.mock_calls if "depress" in call.kwargs]
    assert pressed == [False, True, False, False]
    assert why_panel.question(about, 0, 2, None).startswith("Why crane (2) for ")
    assert why_panel.question(about, 0, 0, None).startswith("What speaks for crane (0) on ")


def test_the_class_that_is_asked_about_is_of_one_network(built: bpy.types.Collection) -> None:
    about, window = require_description(built), bpy.context.window_manager.nn
    bpy.ops.nn.choose_class(index="3")
    assert why_operators.asked_class(bpy.context, built, about) == 3
    window.why_network = "another"
    assert why_operators.asked_class(bpy.context, built, about) is None
