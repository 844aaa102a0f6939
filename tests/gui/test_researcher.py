"""A researcher looks for the layer that is ill, selects its dead neurons, measures influence and keeps a finding."""

import tempfile
from pathlib import Path

import bpy
import numpy as np
from extension import package, root
from user import User, description, texts, title

MAKE = """
import csv, json, sys
import keras, numpy as np
from PIL import Image
digits, folder = sys.argv[1:]
model = keras.saving.load_model(f"{digits}/digits.keras", compile=False)
layer = model.get_layer("dense_1")
kernel, bias = layer.get_weights()
kernel[:, :40], bias[:40] = 0, -1
layer.set_weights([kernel, bias])
model.save(f"{folder}/tired.keras")
rows = list(csv.DictReader(open(f"{digits}/labels.csv")))
images = np.stack([np.asarray(Image.open(f"{digits}/images/{row['file']}").convert("L")) for row in rows])[..., None]
given = keras.Model(model.inputs, layer.output).predict(images / 255.0, verbose=0)
answers = model.predict(images / 255.0, verbose=0).argmax(-1)
right = sum(row["label"] == str(answer) for row, answer in zip(rows, answers))
print(json.dumps({"dead": np.flatnonzero((given <= 0).all(axis=0)).tolist(), "right": int(right)}))
"""


def scenario(gui):
    gui.start()
    gui.open_panels("NN_PT_inspector", "NN_PT_interventions", "NN_PT_influence")
    user = User(gui)
    yield from user.open_sidebar()
    folder = Path(tempfile.mkdtemp())
    digits = gui.checkout / "sample_scenes" / "digits"
    keras = user.ask_keras(MAKE, digits, folder)
    bpy.ops.nn.import_network(
        "EXEC_DEFAULT",
        filepath=str(folder / "tired.keras"),
        samples=str(digits / "images"),
        labels=str(digits / "labels.csv"),
        preset="unit",
        prepare_viewport=False,
    )
    yield from gui.finish("the import")
    said = texts("NN_PT_inspector")
    gui.check(any(f"{keras['right']} of 100 correct" in text for text in said), f"something is wrong with it: {said}")
    yield from the_layer(gui, user, keras["dead"])
    yield from influence(gui, user, keras["dead"])
    yield from a_finding(gui, user)


def in_list():
    """Names of the layers in the list, from its top."""
    _, ranks = package("ui.layers.layer_list").layer_lines.lines
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    return [layers.objects[number]["nn_layer"] for number in np.argsort(ranks)]


def the_layer(gui, user, dead):
    user.begin()
    yield from user.press("by='IDLE'", [0.85, 0.9, 0.75])
    yield from gui.redrawn()
    gui.check(in_list()[0] == "dense_1", f"sorted by idle neurons, the list begins with the ill layer: {in_list()}")
    yield from user.picture("layers", "UI")
    x, y = yield from gui.find_button("layer_row", [0.3])
    yield from user.click(x, y - 4)
    yield 0.7
    user.took(2, "to the layer that is ill")
    gui.check(title() == "Layer dense_1", f"the inspector shows it: {title()}")
    said = texts("NN_PT_inspector")
    gui.check(f"Never active in 100 samples: {len(dead)}" in said, f"as many are dead as in Keras, {len(dead)}: {said}")
    yield from gui.open_sections("layer_statistics")
    user.begin()
    yield from user.press("nn.select_idle", [0.9, 0.93, 0.87])
    yield 0.7
    user.took(1, "to a selection of its dead neurons")
    found = package("scene.neurons.selection").selected(root())
    chosen = {layer: neurons.tolist() for layer, neurons in found.items()}
    gui.check(chosen == {"dense_1": dead}, f"those that are dead in Keras are selected: {chosen}")


def influence(gui, user, dead):
    yield from gui.open_sections()
    user.begin()
    yield from user.enter("EXPERIMENT")
    yield from gui.show_only("NN_PT_influence")
    yield from user.press("nn.estimate_influence", [0.5])
    yield from gui.finish("the estimate")
    yield from gui.redrawn()
    yield from user.press("nn.sweep_layer", [0.5])
    yield from gui.finish("the sweep")
    user.took(3, "to the measured influence of a layer's neurons")
    values = package("scene.neurons.influence").read_influence(root(), "dense_1")
    gui.check(not values[dead].any(), f"no dead neuron matters: {values[dead]}")
    best = int(np.abs(values).argmax())
    said = texts("NN_PT_influence")
    gui.check(f"Neuron {best}" in said, f"the one that matters most is listed: {said}")
    yield from gui.redrawn()
    yield from user.picture("influence", "UI")
    user.begin()
    yield from user.press(f"neuron={best})", [0.25])
    yield 0.7
    gui.check(title() == f"Neuron {best} · dense_1", f"a click on it shows it: {title()}")
    user.took(1, "to that neuron")


def a_finding(gui, user):
    user.begin()
    yield from gui.show_only("NN_PT_inspector", "NN_PT_interventions")
    yield from user.press("nn.switch_neuron")
    yield from gui.finish("the run without the neuron")
    gui.check(description().intervention is not None, "the network ran without it")
    yield from gui.show_only("NN_PT_interventions")
    yield from user.press("nn.keep_intervention", [0.5])
    yield 1.0
    gui.screenshot("keep")
    yield from user.key("Return")
    yield 1.0
    user.took(2, "from a neuron to a kept intervention", keys=1)
    said = texts("NN_PT_interventions")
    kept = package("scene.interventions.kept_interventions").kept_interventions(root())
    gui.check(len(kept) == 1 and kept[0].name in said, f"the panel lists it: {said}")
    gui.check("The current switches are not kept" not in said, "and does not ask to keep it again")
