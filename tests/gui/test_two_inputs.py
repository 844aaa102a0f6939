"""A network that reads an image and a table is imported; its samples come from a place for each input."""

import json
import subprocess
import tempfile
from pathlib import Path

import bpy
from extension import jobs, package, root

MAKE = """
import sys
import keras, numpy as np
folder = sys.argv[1]
photo, facts = keras.Input((16, 16, 3), name="photo"), keras.Input((4,), name="facts")
seen = keras.layers.GlobalAveragePooling2D(name="seen")(keras.layers.Conv2D(6, 3, name="look")(photo))
both = keras.layers.Concatenate(name="both")([seen, keras.layers.Dense(5, activation="relu", name="read")(facts)])
price, kind = keras.layers.Dense(1, name="price")(both), keras.layers.Dense(3, activation="softmax", name="kind")(both)
keras.Model([photo, facts], [price, kind], name="houses").save(folder + "/houses.keras")
numbers = np.random.default_rng(0)
np.save(folder + "/photos.npy", numbers.integers(0, 256, (5, 16, 16, 3)).astype("uint8"))
np.save(folder + "/facts.npy", numbers.normal(size=(5, 4)).astype("float32"))
"""


def scenario(gui):
    gui.start()
    gui.open_panels()
    yield from gui.open_sidebar("NN")
    folder = Path(tempfile.mkdtemp())
    python = package("actions.settings").worker_python()
    subprocess.run([str(python), "-c", MAKE, str(folder)], check=True, capture_output=True)
    yield from in_the_options(gui, folder)
    yield from imported(gui, folder)
    yield from in_the_panel(gui)


def in_the_options(gui, folder):
    window, area = gui.view3d()
    gui.move(area.x + area.width * 0.4, area.y + area.height * 0.5)
    yield 0.5
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.nn.import_network("INVOKE_DEFAULT", filepath=str(folder / "houses.keras"))
    yield from gui.wait_until(lambda: jobs().running, "reading to begin", 10)
    yield from gui.wait_until(lambda: jobs().running is None, "the file to be read")
    yield 2.0
    gui.screenshot("options")
    yield from gui.key("Escape")
    yield 0.5


def imported(gui, folder):
    places = [
        {"name": "photo", "path": str(folder / "photos.npy")},
        {"name": "facts", "path": str(folder / "facts.npy")},
    ]
    bpy.ops.nn.import_network(
        "EXEC_DEFAULT", filepath=str(folder / "houses.keras"), input_samples=places, prepare_viewport=True
    )
    yield from gui.finish("the import")
    about = json.loads(root()["nn_text"].as_string())
    kinds = [one["kind"] for one in (*about["inputs"], *about["outputs"])]
    gui.check(kinds == ["image", "table", "values", "classes"], f"kinds of inputs and outputs: {kinds}")
    gui.check(about["answer"] == "kind", f"the answer is the output of classes: {about['answer']}")
    gui.view3d()[1].spaces.active.overlay.show_overlays = False
    yield from gui.draw_materials()
    gui.screenshot("network")


def in_the_panel(gui):
    yield from gui.show_only("NN_PT_input", "NN_PT_measured")
    gui.screenshot("panel")
    settings = root().nn.input
    gui.check([entry.name for entry in settings.input_samples] == ["photo", "facts"], "a row of samples for each input")
    settings.answer = "price"
    settings.output_kinds["kind"].kind = "values"
    yield from gui.show_only("NN_PT_input")
    bpy.ops.nn.measure_again("EXEC_DEFAULT")
    yield from gui.finish("measuring again")
    about = json.loads(root()["nn_text"].as_string())
    gui.check(about["answer"] == "price", f"another output is the answer: {about['answer']}")
    gui.check(not about["samples"][0]["predictions"], "it tells no classes")
    reasons = {one["name"]: (one["kind"], one["reason"]) for one in about["outputs"]}
    gui.check(reasons["kind"] == ("values", "it was chosen"), f"an output is what it was chosen to be: {reasons}")
    gui.screenshot("chosen")
