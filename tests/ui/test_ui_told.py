"""What panels say: no box without content, no page for a line or two, no button that would do nothing."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import numpy as np
import pytest
from drawn import layout
from made import made_contents

import nn_blender
from nn_blender.actions.neurons import export_influence
from nn_blender.core.interventions.comparison import ClassChange
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.build import build_network
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.neurons import selection
from nn_blender.scene.neurons.influence import Losses
from nn_blender.ui.blocks import flow_panel
from nn_blender.ui.common import sidebar
from nn_blender.ui.common.choices import choose_part
from nn_blender.ui.common.knowing import known_selection
from nn_blender.ui.inspector import network as network_inspector
from nn_blender.ui.interventions import comparing, kept_interventions, switching
from nn_blender.ui.neurons import influence
from nn_blender.ui.samples import input_panel


@pytest.fixture
def root(tmp_path: Path) -> bpy.types.Collection:
    build_network(bpy.context.scene, made_contents(tmp_path), "id-1")
    return networks(bpy.context.scene)[0]


@pytest.mark.parametrize(("flips", "pages"), [(1, 1), (8, 1), (9, 1), (10, 1), (11, 2), (16, 2), (18, 2), (19, 3)])
def test_one_or_two_changed_answers_are_no_page_of_their_own(flips: int, pages: int) -> None:
    assert comparing.page_count(flips) == pages


def test_classes_of_which_none_changed_have_no_box() -> None:
    layout = MagicMock()
    comparing._draw_classes(layout, (ClassChange("7", 4, 3, 3), ClassChange("8", 4, 4, 4)))
    layout.box.assert_not_called()
    comparing._draw_classes(layout, (ClassChange("7", 4, 3, 2), ClassChange("8", 4, 4, 4)))
    layout.box.assert_called_once()


def test_all_neurons_are_enabled_only_where_one_is_not(root: bpy.types.Collection) -> None:
    with pytest.raises(RuntimeError, match="All neurons are enabled"):
        bpy.ops.nn.enable_all()
    set_neurons(root, "hidden", range(2), enabled=False)
    assert bpy.ops.nn.enable_all.poll()


def test_what_enables_neurons_has_not_the_icon_of_undo(root: bpy.types.Collection) -> None:
    set_neurons(root, "hidden", range(2), enabled=False)
    layout = MagicMock()
    layout.row.return_value = layout.column.return_value = layout
    switching.NN_PT_switched.draw(MagicMock(layout=layout), bpy.context)
    icons = {call.args[0]: call.kwargs.get("icon") for call in layout.operator.call_args_list}
    assert icons["nn.enable_all"] == icons["nn.restore_neuron"] == "CHECKBOX_HLT"


def rows_of_switched(root: bpy.types.Collection, layer: str) -> list[str]:
    """Meshes whose switched neurons are listed one by one while a layer is chosen."""
    choose_part(root, layer)
    made = layout()
    switching.NN_PT_switched.draw(SimpleNamespace(layout=made), bpy.context)
    return [call.args[2] for call in made.template_list.call_args_list]


def test_switched_neurons_are_listed_for_every_call_of_a_shared_layer(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    paths = {layer.path: layer.path for layer in contents.network.layers} | {"flat": "hidden#1"}
    layers = tuple(
        replace(layer, path=paths[layer.path], inputs=tuple(paths.get(one, one) for one in layer.inputs))
        for layer in contents.network.layers
    )
    build_network(bpy.context.scene, replace(contents, network=replace(contents.network, layers=layers)), "id-1")
    root = networks(bpy.context.scene)[0]
    set_neurons(root, "hidden", range(2), enabled=False)
    for layer in ("hidden", "hidden#1"):
        assert rows_of_switched(root, layer) == [next(objects(root, "neurons", layer)).data]
    assert rows_of_switched(root, "conv") == []


def test_switched_neurons_are_told_of_though_their_object_is_deleted(root: bpy.types.Collection) -> None:
    set_neurons(root, "hidden", range(2), enabled=False)
    assert len(rows_of_switched(root, "hidden")) == 1
    bpy.data.objects.remove(next(objects(root, "neurons", "hidden")))
    assert rows_of_switched(root, "hidden") == []


def test_switches_are_for_what_is_selected_now_and_not_for_what_was_drawn(root: bpy.types.Collection) -> None:
    selection.select(root, "hidden", [1, 2])
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=1)
    assert list(known_selection(root)["hidden"]) == [1, 2]
    mesh = next(objects(root, "neurons", "hidden")).data
    meshes.write_booleans(mesh, contract.SELECTED, np.arange(40) < 5)
    set_factor = MagicMock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(switching, "set_factor", set_factor)
        bpy.ops.nn.switch_neuron()
    assert list(set_factor.call_args.args[1]["hidden"]) == [0, 1, 2, 3, 4]


def test_an_influence_of_nothing_is_said_in_words() -> None:
    assert [influence._change(value) for value in (0.0, 0.25, -0.5)] == ["unchanged", "+0.25", "-0.5"]


def test_a_ribbon_that_skips_layers_is_told_by_a_word_beside_its_colour(
    root: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = MagicMock(), [("a", "part"), ("b", "part")], [("part", "c")]
    part = MagicMock(id="part")
    part.name = "Part"
    about = MagicMock()
    about.opening.root.way_to.return_value = (part,)
    about.opening.root.walk.return_value = [MagicMock(id=id_) for id_ in "abc"]
    for leaf, name in zip(about.opening.root.walk.return_value, ("A", "B", "C"), strict=True):
        leaf.name = name
    about.network.outputs = ()
    monkeypatch.setattr(flow_panel, "known_description", lambda _: about)
    monkeypatch.setattr(flow_panel, "routes_at", lambda *_: (part, *found[1:]))
    monkeypatch.setattr(flow_panel, "skipping_ends", lambda _: {("b", "part")})
    root.nn.opening.part = "part"
    layout = MagicMock()
    layout.column.return_value = layout.row.return_value = layout
    flow_panel._draw_part(layout, root)
    texts = [call.kwargs["text"] for call in layout.label.call_args_list]
    assert texts == ["From A", "From B (skip)", "To C"]


def test_a_neuron_that_changes_nothing_is_exported_without_a_sign_and_without_a_class(
    root: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros = np.array([-0.0, 0.25], np.float32)
    losses = Losses(zeros, zeros, np.array([1.0, 1.0], np.float32), zeros)
    monkeypatch.setattr(export_influence, "read_influence", lambda _, layer: zeros if layer == "hidden" else None)
    monkeypatch.setattr(export_influence, "read_estimate", lambda *_: zeros)
    monkeypatch.setattr(export_influence, "read_losses", lambda *_: losses)
    nothing, something = export_influence.influence_rows(root)
    numbers = ("influence", "accuracy_loss", "class_change", "estimate")
    assert [nothing[name] for name in numbers] == ["0"] * 4
    assert nothing["class"] == ""
    assert [something[name] for name in numbers] == ["0.25"] * 4
    assert something["class"]


def test_measure_again_stays_in_its_place_when_a_setting_changes(
    root: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    for edited in (False, True):
        layout = MagicMock()
        layout.row.return_value = layout.column.return_value = layout.box.return_value = layout
        monkeypatch.setattr(input_panel, "is_edited", lambda _, edited=edited: edited)
        input_panel._draw_button(layout, root)
        drawn.append([call[0] for call in layout.mock_calls if call[0] in ("operator", "label")])
    intact, edited = drawn
    assert intact == ["operator"] * len(intact)
    assert edited[: len(intact)] == intact
    assert "label" in edited


@pytest.mark.parametrize(
    ("accuracy", "predictions", "told"),
    [
        (0.96, ("7",), ["96.0%, 96 of 100 correct"]),
        (None, ("7",), ["no labels"]),
        (None, (), []),
    ],
)
def test_only_where_answers_are_classes_there_is_an_accuracy(
    accuracy: float | None, predictions: tuple[str, ...], told: list[str]
) -> None:
    about = MagicMock(accuracy=accuracy, right=96, labelled=100, samples=[MagicMock()])
    about.samples[0].answer.predictions = predictions
    assert [value for _, value in network_inspector._accuracy(about)] == told


UI = Path(nn_blender.__file__).parent / "ui"
ASK = ("invoke_props_dialog", "fileselect_add", "invoke_popup", "ImportHelper", "ExportHelper")
"""What an operator's class names that opens a dialog."""


def asking_operators() -> set[str]:
    """Names of the operators that open a dialog before they do anything."""
    found = set()
    for file in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(word in ast.unparse(node) for word in ASK):
                names = [ast.unparse(line.value) for line in node.body if ast.unparse(line).startswith("bl_idname =")]
                found |= {ast.literal_eval(name) for name in names}
    return found


def test_names_end_in_dots_where_a_dialog_follows() -> None:
    asking, without = asking_operators(), set()
    assert {"nn.import_network", "nn.keep_intervention", "nn.export_influence", "nn.select_neurons"} <= asking
    for file in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".operator")):
                continue
            name = ast.unparse(node.args[0]).strip("'\"")
            texts = [ast.unparse(option.value) for option in node.keywords if option.arg == "text"]
            is_icon_only = texts == ["''"]
            if name in asking and not is_icon_only and not any("…" in text for text in texts):
                without.add((file.name, name))
    # Blender's own menus of file formats have none.
    assert without == {("menus.py", "nn.import_network")}


@pytest.mark.parametrize(("width", "scale", "letters"), [(220, 1.0, 30), (440, 2.0, 30), (600, 1.0, 94), (90, 2.0, 12)])
def test_text_is_wrapped_by_the_sidebars_width_and_scale(
    width: int, scale: float, letters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = SimpleNamespace(type="UI", width=width)
    system = SimpleNamespace(ui_scale=scale)
    context = SimpleNamespace(region=region, preferences=SimpleNamespace(system=system))
    monkeypatch.setattr(sidebar, "bpy", SimpleNamespace(context=context))
    assert sidebar.letters_in_line() == letters
    layout = MagicMock()
    sidebar.draw_lines(layout, "word " * 60)
    lines = [call.kwargs["text"] for call in layout.column.return_value.label.call_args_list]
    assert max(map(len, lines)) <= letters
    assert max(map(len, lines)) > letters - len("word ")


def test_an_intervention_that_is_kept_is_listed_at_once(
    root: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    redrawn = []
    monkeypatch.setattr(kept_interventions, "redraw_panels", lambda: redrawn.append(names()))
    monkeypatch.setattr(kept_interventions, "known_description", lambda _: MagicMock())

    def names() -> list[str]:
        return [one.name for one in kept_interventions.kept_interventions(root)]

    set_neurons(root, "hidden", range(2), enabled=False)
    bpy.ops.nn.keep_intervention(name="two off")
    assert redrawn == [["two off"]]
