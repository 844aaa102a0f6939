"""Scenes whose parts somebody deleted by hand: what is left is drawn, runs or says why not, and can be removed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from drawn import drawn_by, inspected

from nn_blender.actions import settings
from nn_blender.engine.registry import workers
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import KINDS, networks, objects
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.ui import CLASSES
from nn_blender.ui.common.active import KINDS as KINDS_CHOSEN
from nn_blender.ui.common.jobs import jobs
from nn_blender.ui.common.reruns import keep_up_to_date
from nn_blender.ui.common.rooms import ROOMS

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
OPERATORS = [cls for cls in CLASSES if issubclass(cls, bpy.types.Operator)]
PANELS = [cls for cls in CLASSES if issubclass(cls, bpy.types.Panel)]
PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
LAYER = "conv_2"


def delete_objects(*roles: str) -> Callable[[bpy.types.Collection], None]:
    def damage(root: bpy.types.Collection) -> None:
        for obj in [obj for role in roles for obj in objects(root, role)]:
            bpy.data.objects.remove(obj)

    return damage


def delete_layer(role: str) -> Callable[[bpy.types.Collection], None]:
    def damage(root: bpy.types.Collection) -> None:
        bpy.data.objects.remove(next(objects(root, role, LAYER)))

    return damage


def delete_attributes(*names: str) -> Callable[[bpy.types.Collection], None]:
    def damage(root: bpy.types.Collection) -> None:
        for obj in objects(root, "neurons"):
            for name in names:
                obj.data.attributes.remove(obj.data.attributes[name])

    return damage


def delete_modifiers(role: str) -> Callable[[bpy.types.Collection], None]:
    def damage(root: bpy.types.Collection) -> None:
        for obj in objects(root, role):
            obj.modifiers.clear()

    return damage


def delete_blocks(kind: str) -> Callable[[bpy.types.Collection], None]:
    def damage(root: bpy.types.Collection) -> None:
        bpy.data.batch_remove([block for block in getattr(bpy.data, kind) if contract.NETWORK in block])

    return damage


def delete_child(role: str) -> Callable[[bpy.types.Collection], None]:
    def damage(root: bpy.types.Collection) -> None:
        bpy.data.collections.remove(next(child for child in root.children if child.get("nn_role") == role))

    return damage


def write_description(text: str) -> Callable[[bpy.types.Collection], None]:
    return lambda root: root["nn_text"].from_string(text)


DAMAGES: dict[str, Callable[[bpy.types.Collection], None]] = {
    "no description": delete_blocks("texts"),
    "empty description": write_description(""),
    "broken description": write_description('{"network": '),
    "another description": write_description("[1, 2]"),
    "no anchor": delete_objects("anchor"),
    "no camera": delete_objects("camera"),
    "no legend": delete_objects("legend"),
    "no input and output": delete_objects("input", "output"),
    "no slab": delete_layer("slab"),
    "no neurons": delete_layer("neurons"),
    "no card": delete_layer("card"),
    "no modifiers of neurons": delete_modifiers("neurons"),
    "no modifiers of slabs": delete_modifiers("slab"),
    "no modifiers of cards": delete_modifiers("card"),
    "no activation": delete_attributes("activation.0", "activation.1", "activation.2"),
    "a gap in the activation": delete_attributes("activation.1"),
    "no switches": delete_attributes("enabled", "gain", "replace"),
    "no images": delete_blocks("images"),
    "no materials": delete_blocks("materials"),
    "no node groups": delete_blocks("node_groups"),
    "no layers": delete_child("layers"),
    "no neurons at all": delete_child("neurons"),
    "no feature maps": delete_child("feature maps"),
    "no stage": delete_child("stage"),
}
WITHOUT_DESCRIPTION = {name for name in DAMAGES if "description" in name}
HARMLESS = {
    name for name in DAMAGES if any(word in name for word in ("anchor", "camera", "legend", "modifiers", "no images"))
}
FROM_THE_FILE = {"show_connections", "remove_connections", "read_weights", "compare"}
WITHOUT_SAMPLES = {"no activation", "no neurons at all"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the scene is kept that the tests damage; the worker stays for all of them."""
    close_all = workers.close_all
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "chosen_python", lambda: PYTHON)
        patch.setattr(workers, "close_all", lambda: None)
        yield tmp_path_factory.mktemp("damaged") / "whole.blend"
    close_all()


@pytest.fixture
def scene(whole: Path) -> bpy.types.Scene:
    if not whole.exists():
        bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), samples=str(DIGITS / "images"), max_samples=3)
        bpy.ops.wm.save_as_mainfile(filepath=str(whole))
    bpy.ops.wm.open_mainfile(filepath=str(whole))
    return bpy.context.scene


ACTIONS: list[tuple[str, dict[str, object]]] = [
    ("choose_neuron", {"layer": LAYER, "neuron": 3}),
    ("select_neurons", {"layer": LAYER, "neurons": "0-2"}),
    ("toggle_layer_part", {"layer": LAYER, "role": "card"}),
    ("toggle_neurons", {}),
    ("switch_layer", {"all_but_chosen": True}),
    ("keep_intervention", {}),
    ("sort_neurons", {"every_layer": True}),
    ("show_connections", {}),
    ("remove_connections", {}),
    ("read_weights", {}),
    ("compare", {}),
    ("enable_all", {}),
]
"""Operators with their options, but for those that take seconds."""


def the_root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def switch_off() -> None:
    set_neurons(the_root(), "conv_1", range(8), enabled=False)
    keep_up_to_date("Switch")


def failing(operator: str, **options: object) -> str:
    """What an operator that cannot run says; empty where it ran."""
    try:
        getattr(bpy.ops.nn, operator)("EXEC_DEFAULT", True, **options)
    except RuntimeError as error:
        return str(error)
    return ""


def answers() -> np.ndarray | None:
    obj = next(objects(the_root(), "neurons", "digit"), None)
    return None if obj is None else meshes.read_samples(obj.data, "activation")


def drawn_in(room: str) -> list[str]:
    """All texts of a room's panels."""
    bpy.context.workspace.nn.room = room
    shown = [panel for panel in PANELS if not hasattr(panel, "poll") or panel.poll(bpy.context)]
    return [text for panel in shown for text in drawn_by(panel)]


@pytest.mark.parametrize("damage", DAMAGES)
def test_it_is_drawn_browsed_and_removed(scene: bpy.types.Scene, damage: str) -> None:
    DAMAGES[damage](the_root())
    for scene.nn.layer in range(3):
        texts = [text for room, *_ in ROOMS for text in drawn_in(room)]
        texts += [text for kind, *_ in KINDS_CHOSEN for text in inspected(kind)]
        assert ("The network's description" in " ".join(texts)) == (damage in WITHOUT_DESCRIPTION)
        for operator in OPERATORS:
            getattr(bpy.ops.nn, operator.bl_idname.removeprefix("nn.")).poll()
    if damage in WITHOUT_SAMPLES:
        with pytest.raises(RuntimeError, match="without samples"):
            bpy.ops.nn.show_sample(step=1)
    else:
        bpy.ops.nn.show_sample(step=1)
        assert scene.frame_current == 25
    bpy.ops.nn.remove_network()
    assert [block for kind in KINDS for block in getattr(bpy.data, kind) if contract.NETWORK in block] == []


@pytest.mark.parametrize("damage", sorted(WITHOUT_DESCRIPTION))
@pytest.mark.parametrize(
    "name",
    ["compare", "show_side_by_side", "show_connections", "estimate_influence", "measure_again", "bring_wrong"],
)
def test_what_needs_the_description_says_that_it_is_missing(scene: bpy.types.Scene, damage: str, name: str) -> None:
    DAMAGES[damage](the_root())
    with pytest.raises(RuntimeError, match="The network's description"):
        getattr(bpy.ops.nn, name)()


@pytest.mark.parametrize("damage", DAMAGES)
def test_it_runs_as_the_whole_scene_does_where_it_can(scene: bpy.types.Scene, damage: str) -> None:
    intact = answers()
    switch_off()
    switched = answers()
    assert not np.allclose(intact, switched)
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    DAMAGES[damage](the_root())
    switch_off()
    assert jobs.error is None
    if damage == "no neurons at all":
        assert answers() is None
    else:
        np.testing.assert_array_equal(answers(), intact if damage in WITHOUT_DESCRIPTION else switched)


@pytest.mark.parametrize("damage", DAMAGES)
def test_operators_run_or_give_a_reason(scene: bpy.types.Scene, damage: str) -> None:
    DAMAGES[damage](the_root())
    scene.nn.layer = 2
    said = {name: failing(name, **options) for name, options in ACTIONS}
    assert [text for text in said.values() if "Traceback" in text] == []
    could_not = {name for name, text in said.items() if text}
    if damage in WITHOUT_DESCRIPTION:
        assert could_not == {"select_neurons", "keep_intervention", *FROM_THE_FILE}
    elif damage in HARMLESS:
        assert not could_not
