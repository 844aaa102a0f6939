"""What does not fit into the budget of pixels is said, and nothing else is made smaller for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base.find import networks, objects

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture(autouse=True)
def empty_scene() -> Iterator[None]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield
    workers.close_all()


def test_layers_whose_maps_do_not_fit_are_named_and_the_input_stays_sharp() -> None:
    options = ImportOptions(file=DIGITS / "digits.keras", max_samples=2, map_pixels=100)
    contents = Job(import_network(PYTHON, options), "import").wait().contents
    with_maps = {layer.path for layer in contents.network.layers if layer.map_shape is not None}
    drawn = {atlas.layer for atlas in contents.atlases if atlas.layer}
    without = [layer.path for layer in contents.network.layers if layer.path in with_maps - drawn]
    assert len(without) > 3
    said = f"{len(without)} layers have no feature maps, because those of so many samples would take too much memory: "
    said += f"{', '.join(without[:3])}, +{len(without) - 3} more. Show fewer samples to see them."
    assert said in contents.notes
    (root,) = networks(bpy.context.scene)
    assert {cards["nn_layer"] for cards in objects(root, "card")} == drawn
    picture = next(maps.atlas for maps in contents.atlases if not maps.layer)
    assert (picture.reduction, picture.cell_width, picture.cell_height) == (1, 28, 28)
