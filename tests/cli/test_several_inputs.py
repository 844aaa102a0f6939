"""A network with a picture and a table for inputs and three outputs is imported from a place of samples for each."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import combinations
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from command_line import object_of
from mathutils import Vector

from nn_blender.cli import main
from nn_blender.scene.base import meshes

pytestmark = pytest.mark.usefixtures("kept_workers")

MAKE = """
import sys
from pathlib import Path
import keras, numpy as np
L = keras.layers
folder = Path(sys.argv[1])
photo, facts = keras.Input((12, 12, 3), name="photo"), keras.Input((4,), name="facts")
look = L.Conv2D(6, 3, padding="same", activation="relu", name="look")(L.Rescaling(1 / 255, name="scale")(photo))
read = L.Dense(5, activation="relu", name="read")(facts)
both = L.Concatenate(name="both")([L.GlobalAveragePooling2D(name="seen")(look), read])
outputs = [L.Dense(2, name="price")(both), L.Dense(3, activation="softmax", name="kind")(both),
           L.Conv2D(3, 1, activation="sigmoid", name="drawn")(look)]
model = keras.Model([photo, facts], outputs, name="houses")
model.save(folder / "houses.keras")
numbers = np.random.default_rng(0)
photos = numbers.integers(0, 256, (3, 12, 12, 3)).astype("uint8")
rows = numbers.normal(size=(3, 4)).astype("float32")
np.save(folder / "photos.npy", photos)
np.save(folder / "facts.npy", rows)
layers = {one.name: one.output for one in model.layers if not isinstance(one, L.InputLayer)}
values = keras.Model(model.inputs, layers)([photos.astype("float32"), rows])
means = {name: np.asarray(one).reshape(3, -1, one.shape[-1]).mean(axis=1) for name, one in values.items()}
np.savez(folder / "means.npz", **means)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("houses")
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE, folder], check=True)
    return folder


def seen_of(obj: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest place in the camera's picture of an object and all that stands on it."""
    own = {obj, *obj.children_recursive}
    scene, points = bpy.context.scene, []
    for one in bpy.context.evaluated_depsgraph_get().object_instances:
        if (one.parent if one.is_instance else one.object).original in own and one.object.type != "EMPTY":
            corners = [one.matrix_world @ Vector(corner) for corner in one.object.bound_box]
            points += [world_to_camera_view(scene, scene.camera, corner).xy for corner in corners]
    return np.min(points, axis=0), np.max(points, axis=0)


def test_every_input_and_output_is_what_keras_has_and_stands_apart(made: Path) -> None:
    report = made / "report.json"
    places = (f"photo={made / 'photos.npy'}", f"facts={made / 'facts.npy'}")
    given = ("import", made / "houses.keras", "--samples", places[0], "--samples", places[1], "--report", report)
    assert main([str(argument) for argument in given]) == 0
    told = json.loads(report.read_text(encoding="utf-8"))
    assert [(one["name"], one["kind"]) for one in told["inputs"]] == [("photo", "image"), ("facts", "table")]
    kinds = [(one["name"], one["kind"]) for one in told["outputs"]]
    assert kinds == [("price", "values"), ("kind", "classes"), ("drawn", "image")]
    with np.load(made / "means.npz") as means:
        for name in means:
            neurons = object_of("neurons", name).data
            shown = [meshes.read_floats(neurons, f"activation.{k}") for k in range(3)]
            np.testing.assert_allclose(shown, means[name], rtol=1e-4, atol=1e-5, err_msg=name)
        for k, sample in enumerate(told["samples"]):
            price, kind, drawn = sample["outputs"]
            assert price["values"] == pytest.approx(means["price"][k].tolist(), abs=1e-4)
            best = [(int(one["label"]), one["probability"]) for one in kind["predictions"]]
            assert [label for label, _ in best] == np.argsort(-means["kind"][k]).tolist()
            assert sample["predictions"] == kind["predictions"]
            assert drawn["mean"] == pytest.approx(means["drawn"][k].mean(), abs=1e-5)
    boards = [obj for obj in bpy.data.objects if obj.get("nn_role") == "output"]
    frames = [obj for obj in bpy.data.objects if obj.get("nn_role") == "input frame"]
    assert (len(boards), len(frames)) == (3, 2)
    bpy.context.view_layer.update()
    boxes = [seen_of(obj) for obj in (*boards, *frames)]
    for (low, high), (other_low, other_high) in combinations(boxes, 2):
        assert (high < other_low).any() or (other_high < low).any(), (low, high, other_low, other_high)
    assert all((low > 0).all() and (high < 1).all() for low, high in boxes)
