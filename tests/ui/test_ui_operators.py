"""Operators and panels as Blender sees them."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from drawn import drawn_by, inspected, title

from nn_blender.actions import settings
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.network.description import read_description
from nn_blender.ui import CLASSES
from nn_blender.ui.network import main_panel, model_panel

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
OPERATORS = [cls for cls in CLASSES if issubclass(cls, bpy.types.Operator)]


def import_digits() -> None:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=3)


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: cls.__name__)
def test_every_operator_and_property_says_what_it_does(cls: type) -> None:
    registered = getattr(bpy.ops.nn, cls.bl_idname.removeprefix("nn.")).get_rna_type()
    assert len(registered.description) > 10
    inherited = {"filepath", "check_existing"}
    for prop in registered.properties:
        if prop.identifier not in {"rna_type", *inherited} and not prop.is_hidden:
            assert prop.description or prop.identifier in {"layer", "role"}, prop.identifier


def test_an_import_without_tensorflow_says_where_to_choose_it() -> None:
    assert settings.worker_python() is None
    with pytest.raises(RuntimeError, match="preferences"):
        import_digits()


@pytest.mark.parametrize("name", ["remove_network", "show_sample", "toggle_layer_part", "select_layer"])
def test_without_a_network_operators_say_why_they_cannot_run(name: str) -> None:
    with pytest.raises(RuntimeError, match="Import a network first"):
        getattr(bpy.ops.nn, name)()


def test_cancel_says_that_nothing_runs() -> None:
    with pytest.raises(RuntimeError, match="Nothing is running"):
        bpy.ops.nn.cancel()


@pytest.mark.usefixtures("with_tensorflow")
def test_samples_are_stepped_through_and_stop_at_the_ends() -> None:
    import_digits()
    scene = bpy.context.scene
    frames = []
    for step in (1, 1, 1, -1, -5):
        bpy.ops.nn.show_sample(step=step)
        frames.append(scene.frame_current)
    assert frames == [25, 49, 49, 25, 1]


@pytest.mark.usefixtures("with_tensorflow")
def test_parts_of_a_layer_are_shown_and_hidden() -> None:
    import_digits()
    (root,) = networks(bpy.context.scene)
    for role in ("slab", "neurons", "card"):
        (part,) = objects(root, role, "conv_1")
        bpy.ops.nn.toggle_layer_part(layer="conv_1", role=role)
        assert part.hide_viewport
        assert part.hide_render
        bpy.ops.nn.toggle_layer_part(layer="conv_1", role=role)
        assert not part.hide_viewport


@pytest.mark.usefixtures("with_tensorflow")
def test_one_undo_takes_back_one_action() -> None:
    bpy.ops.ed.undo_push(message="Start")
    import_digits()
    assert len(networks(bpy.context.scene)) == 1
    import_digits()
    assert len(networks(bpy.context.scene)) == 2
    bpy.ops.ed.undo()
    assert len(networks(bpy.context.scene)) == 1
    bpy.ops.ed.undo()
    assert networks(bpy.context.scene) == []
    assert not [block for block in bpy.data.objects if "nn_network" in block]
    bpy.ops.ed.redo()
    assert len(networks(bpy.context.scene)) == 1


@pytest.mark.usefixtures("with_tensorflow")
def test_a_failed_import_reports_file_reason_and_fix(tmp_path: Path) -> None:
    (tmp_path / "no model.keras").write_bytes(b"text")
    with pytest.raises(RuntimeError, match=r"no model\.keras"):
        bpy.ops.nn.import_network(filepath=str(tmp_path / "no model.keras"))


def test_a_dropped_model_is_handled_by_the_same_operator() -> None:
    handler = bpy.types.NN_FH_import_network
    assert handler.bl_import_operator == "nn.import_network"
    assert set(handler.bl_file_extensions.split(";")) == {".keras", ".h5", ".hdf5"}


@pytest.mark.usefixtures("with_tensorflow")
def test_panels_tell_what_the_network_is_and_answers() -> None:
    import_digits()
    texts = drawn_by(model_panel.NN_PT_model)
    assert {"10", "1,386", "79,290"} <= set(inspected("NETWORK"))
    assert {"digits", "digits.keras", "Ready"} <= set(texts)
    assert any("; 97 more" in text for text in texts)
    about = read_description(networks(bpy.context.scene)[0])
    bpy.ops.nn.show_sample(step=1)
    texts = inspected("SAMPLE")
    sample, best = about.samples[1].sample, about.samples[1].answer.predictions[0]
    assert {"2 of 3", f"Sample {sample.name}", sample.label} <= set(texts)
    assert f"{best.label}   {best.probability * 100:.1f} %" in texts
    assert {"conv_1", "Conv2D", "28 × 28 × 16", "144"} <= set(inspected("LAYER")) | {title().removeprefix("Layer ")}


def test_without_tensorflow_the_panel_offers_to_set_it_up() -> None:
    texts = drawn_by(main_panel.NN_PT_main)
    assert "TensorFlow is not set up" in texts
    assert any("345 MB" in text for text in texts)
