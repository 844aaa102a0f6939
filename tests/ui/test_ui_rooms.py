"""The four rooms of the sidebar, what the inspector shows after each kind of click, and the list of layers."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator
from pathlib import Path

import bpy
import numpy as np
import pytest
from drawn import drawn_by, inspected, layout, title
from made import made_contents

from nn_blender import ui
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.errors import UserError
from nn_blender.core.neurons.saturation import bounds_of
from nn_blender.core.recording import Statistics
from nn_blender.engine.jobs import Job, Progress
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.selection import select, selected
from nn_blender.ui.common.active import choose_kind, choose_nothing
from nn_blender.ui.common.jobs import jobs
from nn_blender.ui.common.rooms import ROOMS
from nn_blender.ui.common.sidebar import Sidebar
from nn_blender.ui.inspector.following import follow_active_object
from nn_blender.ui.layers.health_store import health_store
from nn_blender.ui.layers.layer_list import NN_UL_layers, columns_within, layer_rows, row_of, sorted_layers
from nn_blender.ui.network.main_panel import NN_PT_main

PANELS = [cls for cls in ui.CLASSES if issubclass(cls, Sidebar)]
ROOM_NAMES = [room for room, *_ in ROOMS]


@pytest.fixture(autouse=True)
def built(registered: None, tmp_path: Path) -> None:
    """Two networks, the second one in blocks."""
    contents = made_contents(tmp_path, samples=3)
    everything = contents.recording.activations
    columns = contents.network.neuron_slices()
    everything[:, columns["hidden"]] = np.abs(everything[:, columns["hidden"]])
    everything[:, columns["hidden"].start + 4] = 0
    everything[1, columns["hidden"].start + 11] = np.nan
    contents = dataclasses.replace(
        contents, recording=dataclasses.replace(contents.recording, statistics=Statistics.of(everything))
    )
    scene = bpy.context.scene
    show_whole_timeline(scene, build_network(scene, contents, "id-1", with_stage=False))
    build_network(scene, contents, "id-2", opening=Opening.of(contents.network), with_stage=False)
    scene.nn.network = networks(scene)[0]
    bpy.context.view_layer.update()


def root(number: int = 0) -> bpy.types.Collection:
    return networks(bpy.context.scene)[number]


def headers() -> list[str]:
    """Names of the panels that are drawn, but for those without a header."""
    return [
        cls.__name__
        for cls in PANELS
        if "HIDE_HEADER" not in getattr(cls, "bl_options", ())
        and not hasattr(cls, "bl_parent_id")
        and (not hasattr(cls, "poll") or cls.poll(bpy.context))
    ]


@pytest.mark.parametrize("room", ROOM_NAMES)
def test_a_room_shows_at_most_six_headers_and_the_inspector_first(room: str) -> None:
    bpy.context.workspace.nn.room = room
    shown = headers()
    assert 3 <= len(shown) <= 6
    first = sorted((cls for cls in PANELS if cls.__name__ in (*shown, "NN_PT_main")), key=lambda cls: cls.bl_order)
    assert [cls.__name__ for cls in first[:2]] == ["NN_PT_main", "NN_PT_inspector"]


def test_every_panel_stands_in_one_room() -> None:
    seen: list[str] = []
    for room in ROOM_NAMES:
        bpy.context.workspace.nn.room = room
        seen += [name for name in headers() if name != "NN_PT_inspector"]
    inside = {cls.__name__ for cls in PANELS if hasattr(cls, "bl_parent_id")}
    everything = {cls.__name__ for cls in PANELS} - {"NN_PT_main", "NN_PT_inspector"} - inside
    assert sorted(seen) == sorted(everything)


def test_without_a_network_there_is_only_the_top() -> None:
    while networks(bpy.context.scene):
        bpy.ops.nn.remove_network()
    assert headers() == []
    assert "No network yet" in drawn_by(NN_PT_main)


def test_the_room_is_no_matter_of_undo_and_saved_with_the_file(tmp_path: Path) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="Start")
    bpy.context.workspace.nn.room = "LOOK"
    bpy.ops.ed.undo_push(message="Later")
    bpy.ops.ed.undo()
    assert bpy.context.workspace.nn.room == "LOOK"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "room.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert bpy.context.workspace.nn.room == "NETWORK"
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "room.blend"), load_ui=True)
    assert bpy.context.workspace.nn.room == "LOOK"


def test_after_an_import_and_a_click_on_nothing_the_network_is_inspected() -> None:
    assert title() == f"Network {root().name.removeprefix('NN ')}"
    bpy.ops.nn.choose_layer(layer="conv")
    choose_nothing(bpy.context.scene)
    assert title() == f"Network {root().name.removeprefix('NN ')}"
    about = read_description(root())
    assert {f"{len(about.network.layers)}", f"{about.network.parameters:,}"} <= set(inspected())


def test_lists_and_links_choose_what_is_inspected() -> None:
    window, scene = bpy.context.window_manager.nn, bpy.context.scene
    layers = next(child for child in root().children if child["nn_role"] == "layers").objects
    window.layer_row = [slab["nn_layer"] for slab in layers].index("norm")
    assert title() == "Layer norm"
    assert bpy.context.selected_objects == [next(objects(root(), "slab", "norm"))]
    window.neuron = 3
    assert title() == "Neuron 3 · norm"
    assert selected(root())["norm"].tolist() == [3]
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=5)
    assert title() == "Neuron 5 · hidden"
    assert {layer: chosen.tolist() for layer, chosen in selected(root()).items()} == {"hidden": [5]}
    mesh = next(objects(root(), "neurons")).data
    window.sample_row = [attribute.name for attribute in mesh.attributes].index("activation.2")
    assert title() == f"Sample {read_description(root()).samples[2].sample.name}"
    assert scene.frame_current == 49
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=5)
    bpy.ops.nn.go_to_sample(sample=1)
    assert title() == "Neuron 5 · hidden"
    bpy.ops.nn.go_to_sample(sample=0, inspect=True)
    assert title() == f"Sample {read_description(root()).samples[0].sample.name}"


def test_several_selected_neurons_are_inspected_together() -> None:
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=5)
    select(root(), "conv", [1, 2], extend=True)
    texts = inspected()
    assert texts[0] == "3 neurons"
    assert {"1 · conv", "2 · conv", "5 · hidden"} <= set(texts)
    bpy.ops.nn.choose_neuron(layer="conv", neuron=2)
    assert title() == "3 neurons"
    bpy.ops.nn.choose_neuron(layer="conv", neuron=0)
    assert title() == "Neuron 0 · conv"


def test_the_list_of_blocks_of_another_network_chooses_it_and_leaves_nothing_of_the_first_one_selected() -> None:
    bpy.ops.nn.choose_layer(layer="conv")
    bpy.ops.nn.choose_network(network=root(1).name)
    assert title() == f"Network {root(1).name.removeprefix('NN ')}"
    layers = next(child for child in root(1).children if child["nn_role"] == "layers").objects
    book = next((obj for obj in layers if obj["nn_role"] == "book"), None)
    part = book["nn_block"] if book else "conv"
    bpy.context.window_manager.nn.part_row = list(layers).index(book or next(objects(root(1), "slab", "conv")))
    assert root(1).nn.opening.part == part
    assert {obj[contract.NETWORK] for obj in bpy.context.selected_objects} <= {"id-2"}
    assert title().startswith("Block " if book else "Layer ")


@pytest.mark.parametrize("number", [0, 1])
def test_what_blenders_own_tool_makes_active_is_inspected(number: int) -> None:
    scene, name = bpy.context.scene, root(number).name.removeprefix("NN ")
    for role, layer, expected in (
        ("slab", "conv", "Layer conv"),
        ("neurons", "hidden", "Layer hidden"),
        ("input frame", None, f"Sample {read_description(root()).samples[0].sample.name}"),
        ("bars", None, f"Output {read_description(root()).outputs[0].name}"),
        ("anchor", None, f"Network {name}"),
    ):
        obj = next(objects(root(number), role, layer), None)
        assert obj is not None, role
        follow_active_object(scene, obj)
        assert (scene.nn.network, title()) == (root(number), expected)


def test_after_undo_a_neuron_stays_inspected_though_its_slab_is_active() -> None:
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=5)
    slab = next(objects(root(), "slab", "hidden"))
    follow_active_object(bpy.context.scene, slab, is_clicked=False)
    assert title() == "Neuron 5 · hidden"
    follow_active_object(bpy.context.scene, slab)
    assert title() == "Layer hidden"


def test_what_is_not_there_any_more_is_not_inspected() -> None:
    for kind in ("BLOCK", "OUTPUT", "SAMPLE", "NEURON", "LAYER"):
        choose_kind(bpy.context.scene, root(), kind)
        assert title()
    bpy.data.texts.remove(root()[contract.TEXT])
    for kind in ("BLOCK", "OUTPUT", "SAMPLE"):
        choose_kind(bpy.context.scene, root(), kind)
        assert title().startswith("Network ")


def _waiting() -> Generator[Progress, None, None]:
    while True:
        yield Progress("Measuring", 0.5)


def test_no_row_moves_while_a_job_runs_or_after_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> list[str]:
        """What is asked of the layout at the top, in order, but for what the one line of status holds."""
        made = layout()
        NN_PT_main.draw(type("Panel", (), {"layout": made})(), bpy.context)
        return [name for name, *_ in made.mock_calls if name.endswith(("prop_enum", "grid_flow"))]

    def above() -> int:
        """Rows and splits that are made before the tabs."""
        made = layout()
        NN_PT_main.draw(type("Panel", (), {"layout": made})(), bpy.context)
        names = [name for name, *_ in made.mock_calls]
        line = names[: names.index("grid_flow")]
        return line.count("row") + line.count("split") + line.count("label") * 0

    before = rows(), above()
    job = Job(_waiting(), "Measure")
    job.step()
    monkeypatch.setattr(jobs, "_job", job)
    assert "Measuring" in drawn_by(NN_PT_main)
    assert (rows(), above()) == before
    job.cancel()
    monkeypatch.setattr(jobs, "error", UserError("x", "It went wrong.", "Mend it."))
    made = layout()
    NN_PT_main.draw(type("Panel", (), {"layout": made})(), bpy.context)
    assert made.popover.call_args.kwargs["text"] == "It went wrong."
    assert not made.box.call_args_list[1:]


def layer_list() -> tuple[list[int], list[str]]:
    """Ranks of the lines that are shown, and their layers in the order shown."""
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    holder = type("List", (), {"bitflag_filter_item": 1})()
    flags, ranks = NN_UL_layers.filter_items(holder, bpy.context, layers, "objects")
    shown = sorted(
        (rank, obj["nn_layer"]) for rank, flag, obj in zip(ranks, flags, layers.objects, strict=True) if flag
    )
    return flags, [layer for _, layer in shown]


def test_the_health_of_layers_is_what_numpy_counts_in_their_activations() -> None:
    about = read_description(root())
    assert health_store.find(root(), about) is None
    health_store.finish()
    found = health_store.find(root(), about)
    rows = {obj["nn_layer"]: meshes.read_samples(obj.data, contract.ACTIVATION) for obj in objects(root(), "neurons")}
    assert found.keys() == rows.keys()
    for layer in about.network.layers:
        if layer.path not in rows:
            continue
        values = rows[layer.path]
        never = ~(values > 0).any(axis=0) & np.isfinite(values).any(axis=0)
        if not layer.activation:
            never &= (np.nan_to_num(values) == 0).all(axis=0)
        bad = ~np.isfinite(values).all(axis=0)
        bounds = bounds_of(layer.class_name, layer.activation)
        near = np.zeros(values.shape[1], bool)
        if bounds is not None and layer.path not in about.network.outputs:
            near = bounds.near(values).mean(axis=0) >= 0.95
        health = found[layer.path]
        assert (health.neurons, health.dead, health.not_finite) == (values.shape[1], never.sum(), bad.sum())
        assert health.affected == (never | bad | near).sum()
    assert (found["hidden"].dead, found["hidden"].not_finite) == (1, 1)


def test_health_is_counted_once_edit_mode_is_left() -> None:
    about = read_description(root())
    bpy.context.view_layer.objects.active = next(objects(root(), "neurons", "hidden"))
    bpy.ops.object.mode_set(mode="EDIT")
    assert health_store.find(root(), about) is None
    health_store.finish()
    assert health_store.find(root(), about) is None
    bpy.ops.object.mode_set(mode="OBJECT")
    health_store.finish()
    assert health_store.find(root(), about)["hidden"].dead == 1


def test_the_list_of_layers_is_sorted_and_searched() -> None:
    settings = bpy.context.workspace.nn
    _, in_order = layer_list()
    about = read_description(root())
    assert in_order == [layer.path for layer in about.network.layers]
    health_store.find(root(), about)
    health_store.finish()
    bpy.ops.nn.sort_layers(by="NAME")
    assert layer_list()[1] == sorted(in_order)
    bpy.ops.nn.sort_layers(by="NAME")
    assert layer_list()[1] == sorted(in_order, reverse=True)
    bpy.ops.nn.sort_layers(by="SIZE")
    sizes = {layer.path: int(np.prod(layer.output_shape)) for layer in about.network.layers}
    assert [sizes[layer] for layer in layer_list()[1]] == sorted(sizes.values(), reverse=True)
    bpy.ops.nn.sort_layers(by="IDLE")
    assert layer_list()[1][0] == "hidden"
    settings.layers_text = "conv2d"
    kinds = {layer.path for layer in about.network.layers if layer.class_name == "Conv2D"}
    assert kinds
    assert set(layer_list()[1]) >= kinds
    settings.layers_text = "no such layer"
    assert layer_list()[1] == []


def test_names_with_numbers_are_sorted_by_them() -> None:
    paths = ["conv_10", "conv_9", "conv_1"]
    rows = {path: row_of(path, "Conv2D", (3, 3, 8)) for path in paths}
    order = sorted_layers(paths, rows, {}, "NAME", is_reversed=False)
    assert [paths[number] for number in order] == ["conv_1", "conv_9", "conv_10"]


def test_the_name_is_cut_last() -> None:
    def shown(letters: int) -> list[str]:
        return [order for order, _ in columns_within(letters, 12, 10, 8).widths]

    assert shown(60) == ["NAME", "KIND", "SIZE", "IDLE"]
    assert shown(34) == ["NAME", "SIZE", "IDLE"]
    assert shown(20) == ["NAME", "IDLE"]
    for letters in (60, 34, 20):
        assert dict(columns_within(letters, 12, 10, 8).widths)["NAME"] >= 12


def test_a_line_says_name_size_and_what_is_not_known() -> None:
    about = read_description(root())
    slab = next(objects(root(), "slab", "hidden"))

    def line() -> list[str]:
        made = layout()
        NN_UL_layers.draw_item(None, bpy.context, made, None, slab, 0, None, "")
        return [call.kwargs["text"] for call in made.mock_calls if call.kwargs.get("text")]

    assert line() == ["hidden", "40", "–"]
    health_store.find(root(), about)
    health_store.finish()
    assert line() == ["hidden", "40", f"NaN {2 / 40:.0%}"]


def test_the_list_of_800_layers_is_drawn_in_5_ms() -> None:
    about = read_description(root())
    layer = about.network.layer("hidden")
    many = tuple(dataclasses.replace(layer, path=f"layer_{number}") for number in range(800))
    wide = dataclasses.replace(about, network=dataclasses.replace(about.network, layers=many))
    rows = layer_rows.of(wide)
    paths = [layer.path for layer in many]
    begin = time.perf_counter()
    for by in ("ORDER", "SIZE", "IDLE"):
        sorted_layers(paths, rows, {}, by, is_reversed=False)
    assert layer_rows.of(wide) is rows
    assert (time.perf_counter() - begin) / 3 < 0.005
