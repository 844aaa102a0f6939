"""Level of detail, blocks and budgets from the sidebar and the import dialog."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import pytest
from drawn import drawn, layout

from nn_blender.actions import settings
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.core.errors import UserError
from nn_blender.core.layout.budgets import Budget
from nn_blender.engine import registry
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.blocks.blocks import read_blocks
from nn_blender.scene.network.description import read_description
from nn_blender.ui.blocks.block_panel import chosen_block
from nn_blender.ui.looks import level_of_detail
from nn_blender.ui.network import import_operator
from nn_blender.ui.network.import_drawing import draw_costs

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def root(with_tensorflow: None) -> bpy.types.Collection:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=4, shown=2)
    return networks(bpy.context.scene)[0]


@pytest.fixture
def row(with_tensorflow: None) -> bpy.types.Collection:
    """A network that is one row of layers, as those are that were made before blocks could be opened."""
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    options = ImportOptions(file=DIGITS / "digits.keras", max_samples=4, shown=2, open=None)
    Job(import_network(settings.worker_python(), options), "Import").wait()
    bpy.ops.ed.undo_push(message="import")
    return networks(bpy.context.scene)[0]


def layers_of_blocks(root: bpy.types.Collection) -> list[tuple[str, int]]:
    return [(block.name, len(block.layers)) for block in read_blocks(root, read_description(root).network)]


def choose_layer(root: bpy.types.Collection, path: str) -> None:
    layers = next(child for child in root.children if child["nn_role"] == "layers")
    bpy.context.scene.nn.layer = [obj.get("nn_layer") for obj in layers.objects].index(path)


def test_blocks_are_renamed_merged_split_and_found_again(row: bpy.types.Collection) -> None:
    found = layers_of_blocks(row)
    assert [name for name, _ in found] == ["conv_1", "conv_2", "head"] or len(found) >= 2
    first, second = found[0], found[1]
    assert chosen_block(row)["nn_part"] == first[0]
    bpy.ops.nn.rename_block(name="Stem")
    assert layers_of_blocks(row) == [("Stem", first[1]), *found[1:]]
    assert chosen_block(row)["nn_part"] == "Stem"
    bpy.ops.nn.merge_blocks()
    assert layers_of_blocks(row) == [("Stem", first[1] + second[1]), *found[2:]]
    choose_layer(row, "conv_2")
    bpy.ops.nn.split_block()
    split = layers_of_blocks(row)
    assert [name for name, _ in split][:2] == ["Stem", "conv_2"]
    assert {box["nn_part"] for box in objects(row, "block")} == {name for name, _ in split}
    bpy.ops.nn.find_blocks()
    assert layers_of_blocks(row) == found


def test_one_undo_takes_a_change_of_blocks_back(row: bpy.types.Collection) -> None:
    found = layers_of_blocks(row)
    bpy.ops.nn.merge_blocks("EXEC_DEFAULT", True)
    assert len(layers_of_blocks(row)) == len(found) - 1
    bpy.ops.ed.undo()
    row = networks(bpy.context.scene)[0]
    assert layers_of_blocks(row) == found
    assert {box["nn_part"] for box in objects(row, "block")} == {name for name, _ in found}


def test_one_undo_takes_a_new_layout_back(row: bpy.types.Collection) -> None:
    found = layers_of_blocks(row)
    bpy.ops.nn.update_layout("EXEC_DEFAULT", True)
    assert not bpy.ops.nn.update_layout.poll()
    assert not list(objects(row, "block"))
    assert read_description(row).opening is not None
    bpy.ops.ed.undo()
    row = networks(bpy.context.scene)[0]
    assert read_description(row).opening is None
    assert {box["nn_part"] for box in objects(row, "block")} == {name for name, _ in found}
    assert all(obj.parent in objects(row, "slab") for obj in objects(row, "neurons"))
    assert all(obj.parent in objects(row, "anchor") for obj in objects(row, "slab"))
    bpy.ops.ed.redo()
    row = networks(bpy.context.scene)[0]
    assert all(obj.parent in objects(row, "slab") for obj in objects(row, "neurons"))
    assert all(obj.parent in objects(row, "stand") for obj in objects(row, "slab"))


def test_blocks_that_cannot_change_say_why(row: bpy.types.Collection) -> None:
    last = layers_of_blocks(row)[-1][0]
    row.nn.blocks.name = last
    with pytest.raises(RuntimeError, match="another one after it"):
        bpy.ops.nn.merge_blocks()
    choose_layer(row, read_description(row).network.layers[0].path)
    with pytest.raises(RuntimeError, match="already starts with"):
        bpy.ops.nn.split_block()
    with pytest.raises(RuntimeError, match="Choose another name"):
        bpy.ops.nn.rename_block(name=layers_of_blocks(row)[0][0])


def test_the_list_chooses_by_block_and_stands_in_the_order_of_the_data(row: bpy.types.Collection) -> None:
    choose_layer(row, "conv_2")
    bpy.ops.nn.merge_blocks()
    bpy.ops.nn.split_block()
    stage = next(child for child in row.children if child["nn_role"] == "stage")
    holder = SimpleNamespace(bitflag_filter_item=1, filter_name="")
    flags, ranks = bpy.types.NN_UL_blocks.filter_items(holder, bpy.context, stage, "objects")
    shown = sorted((rank, obj["nn_part"]) for flag, rank, obj in zip(flags, ranks, stage.objects, strict=True) if flag)
    assert [name for _, name in shown] == [name for name, _ in layers_of_blocks(row)]
    for number, obj in enumerate(stage.objects):
        if obj["nn_role"] == "block":
            row.nn.blocks.index = number
            assert chosen_block(row) == obj
            assert row.nn.blocks.index == number


def test_the_choices_stand_on_the_anchor_and_can_be_keyed(root: bpy.types.Collection) -> None:
    anchor = next(objects(root, "anchor"))
    for number, follows in enumerate(("view", "camera", "object", "off")):
        root.nn.detail.follows = follows
        assert anchor["nn_lod_follows"] == number
    for number, tier in ((0, "auto"), (2, "layers"), (3, "neurons"), (4, "maps")):
        root.nn.detail.fixed = tier
        assert anchor["nn_lod_fixed"] == number
        assert root.nn.detail.fixed == tier
    assert anchor.keyframe_insert('["nn_lod_blocks"]', frame=1)
    assert "width" in anchor.id_properties_ui("nn_lod_blocks").as_dict()["description"]


@pytest.mark.usefixtures("root", "row")
def test_closed_blocks_are_a_tier_of_a_row_only() -> None:
    root, row = networks(bpy.context.scene)
    row.nn.detail.fixed = "blocks"
    assert next(objects(row, "anchor"))["nn_lod_fixed"] == 1
    with pytest.raises(TypeError, match="blocks"):
        root.nn.detail.fixed = "blocks"
    anchor = next(objects(root, "anchor"))
    anchor["nn_lod_fixed"] = 1
    assert root.nn.detail.fixed == "layers"
    anchor["nn_lod_fixed"] = 0
    bpy.context.scene.nn.network = root
    assert "Blocks Open" not in properties(level_of_detail.NN_PT_detail)
    bpy.context.scene.nn.network = row
    row.nn.detail.fixed = "auto"
    assert "Blocks Open" in properties(level_of_detail.NN_PT_detail)


def properties(panel: type) -> list[str]:
    """Names of what a panel lets one set."""
    made = layout()
    panel.draw(SimpleNamespace(layout=made), bpy.context)
    return [call.kwargs["text"] for call in made.prop.call_args_list if "text" in call.kwargs]


def test_the_panel_says_what_the_scene_holds(root: bpy.types.Collection) -> None:
    texts = drawn(level_of_detail.draw_costs, root)
    assert f"{read_description(root).network.neurons:,}" in texts
    assert not any("more" in text for text in texts)


def test_an_import_within_a_budget_says_what_is_left_out(with_tensorflow: None) -> None:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=2, shown=2, max_layer_neurons=50)
    root = networks(bpy.context.scene)[0]
    layers = read_description(root).network.layers
    more = sum(max(layer.neurons - 50, 0) for layer in layers)
    assert more > 0
    assert any(f"{more:,} more neurons" in note for note in read_description(root).notes)
    assert f"{sum(min(layer.neurons, 50) for layer in layers):,} +{more:,} more" in drawn(
        level_of_detail.draw_costs, root
    )
    # It is run again with a switched neuron as any other.
    wide = next(layer for layer in layers if layer.neurons > 50 and layer.class_name == "Dense")
    choose_layer(root, wide.path)
    root.nn.neurons.neuron = 60
    with pytest.raises(RuntimeError, match="one of its neurons"):
        bpy.ops.nn.toggle_neurons()
    root.nn.neurons.neuron = 3
    bpy.ops.nn.toggle_neurons()
    mesh = next(objects(root, "neurons", wide.path)).data
    assert mesh.attributes["activation.0"].data[3].value == 0.0
    assert len(mesh.vertices) == 50
    bpy.ops.nn.toggle_neurons()
    root.nn.input.max_samples = 3
    bpy.ops.nn.measure_again()
    assert any(f"{more:,} more neurons" in note for note in read_description(root).notes)


def test_the_dialog_tells_costs_of_a_file_and_offers_a_budget_where_they_are_high(with_tensorflow: None) -> None:
    file = DIGITS / "digits.keras"
    import_operator.jobs.start(import_operator._inspect_all(import_operator.worker_python(), [file]), "Read")
    inspected = import_operator._inspected[file]
    network = inspected.network
    assert network.neurons == 1386
    assert workers.is_alive(inspected.network_id)

    def drawn(**choices: int) -> tuple[list[str], list[str]]:
        layout = MagicMock()
        layout.column.return_value = layout.row.return_value = layout.split.return_value = layout
        budget = Budget(choices.get("neurons", Budget.neurons), choices.get("neurons", Budget.layer_neurons))
        draw_costs(layout, SimpleNamespace(shown=20), [network] * choices.get("times", 1), budget)
        texts = [call.kwargs.get("text", "") for call in layout.label.call_args_list]
        return texts, [call.args[1] for call in layout.prop.call_args_list]

    texts, fields = drawn()
    assert "1,386" in texts
    assert fields == []
    texts, fields = drawn(neurons=1000)
    assert "386 neurons will not be drawn" in texts
    assert "max_neurons" in fields


def test_a_dialog_that_is_given_up_ends_the_worker_that_looked_into_the_file(with_tensorflow: None) -> None:
    file = DIGITS / "digits.keras"
    import_operator.jobs.start(import_operator._inspect_all(import_operator.worker_python(), [file]), "Read")
    inspected = import_operator._inspected[file]
    import_operator.NN_OT_import_network.cancel(MagicMock(), bpy.context)
    assert not workers.is_alive(inspected.network_id)
    assert import_operator._inspected == {}


@pytest.mark.parametrize("begin", ["_inspect_all", "_import_all"])
def test_no_worker_waits_for_files_that_come_after_one_that_failed(
    with_tensorflow: None, tmp_path: Path, begin: str
) -> None:
    good, missing = DIGITS / "digits.keras", tmp_path / "missing.keras"
    python = import_operator.worker_python()
    import_operator.jobs.start(import_operator._inspect_all(python, [good]), "Read")
    inspected = import_operator._inspected[good]
    work = import_operator._inspect_all(python, [good, missing])
    if begin == "_import_all":
        import_operator._inspected.clear()
        files = [
            (import_operator.ImportOptions(file=missing), None),
            (import_operator.ImportOptions(file=good), inspected),
        ]
        work = import_operator._import_all(python, files, prepare_viewport=False, hides_cube=False, replaces="")
    with pytest.raises(UserError, match="does not exist"):
        import_operator.jobs.start(work, "Fail")
    assert import_operator._inspected == {}
    assert workers.network_ids() == ()


def test_an_import_goes_on_with_the_worker_that_looked_into_the_file(
    with_tensorflow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    make = registry.Worker
    monkeypatch.setattr(registry, "Worker", lambda *given: made.append(given) or make(*given))
    file = DIGITS / "digits.keras"
    import_operator.jobs.start(import_operator._inspect_all(import_operator.worker_python(), [file]), "Read")
    inspected = import_operator._inspected[file]
    for count in (1, 2):
        bpy.ops.nn.import_network(filepath=str(file), max_samples=2, shown=2)
        assert len(made) == count
    first, second = networks(bpy.context.scene)
    assert first["nn_network"] == inspected.network_id != second["nn_network"]
