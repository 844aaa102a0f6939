"""A user switches neurons off, compares all samples, keeps interventions and sees two networks."""

import json

import bpy
from extension import package, roots

MEASURED, SHOWN = 60, 12


def about():
    return json.loads(roots()[0]["nn_text"].as_string())


def picture(gui, name):
    """What the camera sees, with the materials."""
    space = gui.view3d()[1].spaces.active
    space.region_3d.view_perspective = "CAMERA"
    space.shading.type = "MATERIAL"
    yield from gui.draw_materials()
    gui.screenshot(name)
    space.shading.type = "SOLID"
    yield 0.3


def finished(gui, what):
    yield 0.5
    yield from gui.finish(what)
    yield 0.7


def scenario(gui):
    gui.start()
    gui.open_panels()
    yield from gui.open_sidebar("NN")
    yield from gui.import_digits(max_samples=MEASURED, shown=SHOWN, prepare_viewport=False)
    yield 0.7
    yield from gui.show_only("NN_PT_comparison")
    gui.screenshot("intact")
    gui.check(not bpy.ops.nn.compare.poll(), "the intact network cannot be compared with itself")
    yield from comparing(gui)
    yield from going_there(gui)
    yield from keeping(gui)
    yield from change_in_the_maps(gui)
    yield from side_by_side(gui)


def switch_off(gui, layer, count):
    package("scene.interventions.switches").set_neurons(roots()[0], layer, range(count), enabled=False)
    package("ui.common.reruns").keep_up_to_date("Switch")
    yield from gui.wait_until(lambda: package("actions.interventions.rerun").is_up_to_date(roots()[0]), "the rerun", 60)
    yield from finished(gui, "the rerun")


def comparing(gui):
    yield from switch_off(gui, "conv_2", 28)
    yield from gui.show_only("NN_PT_comparison")
    gui.screenshot("before_comparing")
    yield from gui.press("nn.compare(", columns=[0.5])
    yield from finished(gui, "the comparison")
    stored = about().get("comparison")
    gui.check(stored and stored["samples"] == MEASURED, "all images are compared")
    gui.check(stored and stored["flips"], "some answers changed")
    yield from gui.show_only("NN_PT_comparison")
    gui.screenshot("compared")


def going_there(gui):
    wanted = next(flip["sample"] for flip in about()["comparison"]["flips"] if 0 < flip["sample"] < SHOWN)
    yield from gui.press(f"nn.go_to_sample(sample={wanted},", columns=[0.3])
    yield 0.5
    gui.check(bpy.context.scene.frame_current == 1 + 24 * wanted, "a click goes to the sample whose answer changed")
    gui.screenshot("gone_there")
    inspector = package("ui.inspector.inspector_panel")
    gui.check(inspector.inspected(bpy.context, roots()[0]) == "SAMPLE", "and the inspector shows it")


def keeping(gui):
    yield from gui.show_only("NN_PT_interventions")
    yield from gui.press("nn.keep_intervention(", columns=[0.5])
    gui.screenshot("naming")
    yield from gui.key("Return")
    yield 0.5
    kept = package("scene.interventions.kept_interventions").kept_interventions
    gui.check([one.name for one in kept(roots()[0])] == ["conv_2: 28 off"], "it is kept under what it does")
    yield from switch_off(gui, "dense_1", 20)
    bpy.ops.nn.keep_intervention("EXEC_DEFAULT", True, name="both layers")
    yield from gui.show_only("NN_PT_interventions")
    yield from gui.press("nn.use_intervention(index=0)", columns=[0.3])
    yield from finished(gui, "switching to a kept one")
    yield from gui.show_only("NN_PT_interventions")
    gui.screenshot("kept")
    key = kept(roots()[0])[0].intervention.key
    gui.check(roots()[0]["nn_recorded"] == key, "the kept one is in force")
    yield from gui.key("ctrl+z")
    yield from finished(gui, "undo")
    gui.check(roots()[0]["nn_recorded"] == kept(roots()[0])[1].intervention.key, "ctrl+z brings the other one back")
    yield from gui.key("ctrl+shift+z")
    yield from finished(gui, "redo")
    gui.check(roots()[0]["nn_recorded"] == key, "ctrl+shift+z takes it again")
    yield from gui.show_only("NN_PT_comparison")
    gui.screenshot("still_compared")


def change_in_the_maps(gui):
    bpy.context.window_manager.nn.switching.compare = True
    yield from gui.wait_until(
        lambda: package("actions.interventions.rerun").is_up_to_date(roots()[0]), "maps of the change", 60
    )
    yield from finished(gui, "drawing the change")
    images = [image for image in bpy.data.images if image.get("nn_role") == "change atlas"]
    gui.check(
        {image["nn_layer"] for image in images} == {"conv_2", "pool_2", "dropout"}, "there are maps of the change"
    )
    yield from picture(gui, "change_in_maps")
    bpy.context.window_manager.nn.switching.compare = False
    yield 0.5


def side_by_side(gui):
    yield from gui.show_only("NN_PT_interventions")
    yield from gui.press("nn.show_side_by_side(index=0", columns=[0.75, 0.8, 0.84])
    yield from finished(gui, "showing both")
    gui.check(len(roots()) == 2, "there are two networks")
    gui.check(roots()[1].name == "NN digits (conv_2: 28 off)", "whose name says what is switched")
    gui.check(not roots()[0]["nn_recorded"], "the first one is intact")
    yield from picture(gui, "side_by_side")
    yield from gui.key("ctrl+z")
    yield from finished(gui, "undo")
    gui.check(len(roots()) == 1, "ctrl+z takes the second one away")
    gui.check(roots()[0]["nn_recorded"], "and the first one is as it was")
