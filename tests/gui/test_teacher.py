"""A teacher prepares a lesson: the example at once, then a model of the school, its wrong answers and its neurons."""

import shutil
from pathlib import Path

import bpy
from extension import jobs, roots
from user import User, description, listed, texts, title

ASK = """
import csv, json, sys
import keras, numpy as np
from PIL import Image
folder = sys.argv[1]
rows = list(csv.DictReader(open(f"{folder}/labels.csv")))
images = np.stack([np.asarray(Image.open(f"{folder}/images/{row['file']}").convert("L")) for row in rows])[..., None]
model = keras.saving.load_model(f"{folder}/digits.keras", compile=False)
answers = model.predict(images / 255.0, verbose=0).argmax(-1)
layer, changed = model.get_layer("conv_2"), []
kernel, bias = layer.get_weights()
for neuron in range(len(bias)):
    off = np.arange(len(bias)) == neuron
    layer.set_weights([np.where(off, 0, kernel), np.where(off, 0, bias)])
    changed.append(int((model.predict(images / 255.0, verbose=0).argmax(-1) != answers).sum()))
wrong = [row["file"] for row, answer in zip(rows, answers) if row["label"] != str(answer)]
print(json.dumps({"wrong": wrong, "changed": changed}))
"""


def scenario(gui):
    gui.install()
    yield 1.0
    user = User(gui)
    yield from the_example(gui, user)
    bpy.ops.wm.read_homefile()
    yield 1.0
    gui.choose_tensorflow()
    yield from an_own_model(gui, user)
    keras = user.ask_keras(ASK, Path.home())
    yield from its_wrong_answers(gui, user, keras["wrong"])
    yield from a_neuron(gui, user, keras["changed"])


def the_example(gui, user):
    yield from user.open_sidebar()
    gui.check(gui.sidebar().active_panel_category == "NN", "N opens the sidebar at the extension's tab")
    yield from user.picture("start", "UI", height=330)
    yield from user.key("n")
    user.begin()
    yield from user.open_menu()
    user.point_at_entry(1)
    yield 1.0
    gui.screenshot("menu")
    x, y = user.point_at_entry(1)
    yield from user.click(x + 170, y)
    yield from gui.wait_until(roots, "the example", 30)
    user.took(2, "from an enabled extension to a picture of the example")
    yield 1.0
    space = gui.view3d()[1].spaces.active
    gui.check(space.shading.type == "MATERIAL", "its neurons glow")
    gui.check(space.region_3d.view_perspective == "CAMERA", "all of it is seen")
    gui.check(description().samples[0].answer.best == "6", "with what was recorded: the first digit is a 6")
    yield from user.show_materials()
    yield from user.picture("example", "WINDOW", "HEADER")


def an_own_model(gui, user):
    """It lies in the folder in which the file dialog opens, with its images beside it."""
    digits = gui.checkout / "sample_scenes" / "digits"
    shutil.copytree(digits / "images", Path.home() / "images")
    for name in ("digits.keras", "labels.csv"):
        shutil.copy(digits / name, Path.home())
    yield from user.open_sidebar()
    user.begin()
    yield from user.open_menu()
    yield from user.click(*user.point_at_entry(0))
    yield from in_the_file_dialog(gui, user)
    yield 1.0
    yield from gui.wait_until(lambda: jobs().running is None, "the file to be read")
    yield 2.5
    x, y = user.default_button()
    yield from user.picture("options", box=(x - 530, y - 18, x + 196, y + 592))
    yield from user.click(x, y)
    yield from gui.wait_until(lambda: jobs().running, "the import to start", 10)
    yield from gui.finish("the import")
    user.took(5, "from an installed TensorFlow to a picture of an own model")
    yield 1.0
    gui.check(title() == "Network digits", f"the inspector shows the network: {title()}")
    said = texts("NN_PT_inspector")
    gui.check("96.0%, 96 of 100 correct" in said, f"and how often it is right: {said}")
    cube = bpy.data.objects["Cube"]
    gui.check(not cube.visible_get() and cube.hide_render, "Blender's cube does not stand beside it")
    user.show_solid()


def in_the_file_dialog(gui, user):
    window = bpy.context.window_manager.windows[0]

    def dialog():
        return next((area for area in window.screen.areas if area.type == "FILE_BROWSER"), None)

    yield from gui.wait_until(dialog, "the file dialog", 10)
    yield 1.5
    regions = {region.type: region for region in dialog().regions}
    names, execute = regions["WINDOW"], regions["EXECUTE"]
    gui.screenshot("file_dialog")
    # Below two folders.
    yield from user.click(names.x + 60, names.y + names.height - 82)
    yield 0.5
    chosen = dialog().spaces.active.params.filename
    gui.check(chosen == "digits.keras", f"a click chooses the file: {chosen}")
    yield from user.click(execute.x + execute.width - 72, execute.y + execute.height / 2)


def its_wrong_answers(gui, user, wrong):
    user.begin()
    yield from user.enter("SAMPLES")
    yield from user.press("nn.samples.verdict", [0.5])
    yield 0.5
    said = texts("NN_PT_samples")
    gui.check(
        f"{len(wrong)} wrong samples are not in the scene" in " ".join(said),
        f"the panel tells of the wrong ones: {said}",
    )
    yield from user.press("nn.bring_wrong")
    yield from gui.finish("bringing them into the scene")
    user.took(3, "to a list of all wrong answers")
    gui.check(sorted(listed()) == wrong, f"it lists those that Keras gets wrong: {listed()}, {wrong}")
    yield from gui.redrawn()
    x, y = yield from gui.find_button("sample_row", [0.3])
    yield from user.click(x, y - 25)
    yield 0.5
    gui.check(title() == f"Sample {listed()[1]}", f"a click in the list shows the second: {title()}")
    said = texts("NN_PT_inspector")
    gui.check("Wrong" in said, f"the inspector says that it is wrong: {said}")
    gui.move(*user.aside())
    yield 0.3
    user.begin()
    yield from user.key("alt+Next")
    yield 0.5
    gui.check(title() == f"Sample {listed()[2]}", f"a key steps to the next wrong one: {title()}")
    user.took(0, "to the next wrong answer", keys=1)
    yield from user.key("alt+Prior")
    yield from user.show_materials()
    yield from user.picture("wrong", "WINDOW", "HEADER", "UI")
    user.show_solid()


def a_neuron(gui, user, changed):
    neuron = changed.index(max(changed))
    user.begin()
    yield from user.take_tool()
    yield from user.click_neuron("conv_2", neuron)
    yield 1.0
    gui.check(title() == f"Neuron {neuron} · conv_2", f"a click on a map shows its neuron: {title()}")
    user.took(2, "to a neuron")
    yield from user.show_materials()
    yield from user.picture("neuron", "WINDOW", "HEADER", "UI")
    user.show_solid()
    user.begin()
    yield from user.press("nn.switch_neuron")
    yield from gui.finish("the run without the neuron")
    said = texts("NN_PT_main")
    gui.check("1 neuron off · conv_2" in said, f"the top says what is off: {said}")
    yield from user.enter("EXPERIMENT")
    # The neuron's maps fill a low window.
    yield from user.scroll(40)
    yield from user.press("nn.compare")
    yield from gui.finish("comparing")
    user.took(3, "from a neuron to all that changes without it")
    said = texts("NN_PT_comparison")
    gui.check(f"{max(changed)} of 100 answers" in said, f"as many answers change as in Keras, {max(changed)}: {said}")
    yield from user.scroll(40)
    yield from user.picture("change", "UI")
    yield from user.scroll(-60)
    user.begin()
    yield from user.press("nn.enable_all")
    yield from gui.finish("the intact network")
    user.took(1, "back to the intact network")
    gui.check(description().intervention is None, "all neurons are on again")
    gui.check("The network is intact" in texts("NN_PT_main"), "and the top says so")
