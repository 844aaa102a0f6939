"""A user shows the connections of a neuron, then of the whole network, undoes it and removes them."""

import importlib

import addon_utils
import bpy

EXTENSION = "bl_ext.user_default.nn_blender"


def package(name):
    return importlib.import_module(f"{EXTENSION}.nn_blender.{name}")


def jobs():
    return package("ui.jobs").jobs


def root():
    return next(child for child in bpy.context.scene.collection.children if "nn_network" in child)


def shown():
    return package("scene.connections").connections_shown(root())


def drawn():
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return sum(
        instance.is_instance and instance.parent.original.get("nn_role") == "connections"
        for instance in depsgraph.object_instances
    )


def only_our_panel(gui):
    """As if the user had closed the others."""
    package("ui.sidebar").Child.poll = classmethod(lambda cls, context: cls.__name__ == "NN_PT_connections")
    for _ in range(4):
        gui.view3d()[1].tag_redraw()
        yield 0.25


def look_from_the_camera(gui):
    space = gui.view3d()[1].spaces.active
    space.overlay.show_overlays = False
    space.region_3d.view_perspective = "CAMERA"
    yield 1.5


def over_the_viewport(gui):
    area = gui.view3d()[1]
    gui.move(area.x + area.width / 3, area.y + area.height / 2)
    yield 0.3


def scenario(gui):
    bpy.ops.extensions.package_install_files(
        filepath=str(gui.extension_zip), repo="user_default", enable_on_install=True
    )
    bpy.context.preferences.addons[EXTENSION].preferences.python = str(gui.worker_python)
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    # Whether a panel is open can only be set before it is registered.
    addon_utils.disable(EXTENSION)
    package("ui.connections").NN_PT_connections.bl_options = set()
    addon_utils.enable(EXTENSION, default_set=True)
    yield from gui.open_sidebar("NN")
    file = gui.checkout / "sample_scenes" / "digits" / "digits.keras"
    bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(file), max_samples=2)
    yield from gui.wait_until(lambda: jobs().running is None, "the import", 120)
    package("scene.lod").set_follows(next(package("scene.find").objects(root(), "anchor")), "off")
    yield from only_our_panel(gui)
    yield from look_from_the_camera(gui)
    yield from show(gui)
    yield from undo_and_remove(gui)


def show(gui):
    bpy.ops.nn.choose_neuron(layer="dense_1", neuron=20)
    bpy.ops.ed.undo_push(message="Choose")
    yield from gui.press("nn.show_connections", columns=[0.5])
    yield from gui.wait_until(lambda: shown() is not None, "the lines", 60)
    yield 2.0
    gui.check(jobs().error is None, f"showing works: {jobs().error}")
    of_neuron = drawn()
    gui.check(3 <= of_neuron <= 13, f"the chosen neuron's lines are drawn: {of_neuron}")
    yield from over_the_viewport(gui)
    gui.view3d()[1].tag_redraw()
    yield 2.0
    gui.screenshot("neuron")
    root().nn.connections.shown = "ALL"
    bpy.ops.ed.undo_push(message="Lines Of")
    gui.view3d()[1].tag_redraw()
    yield 3.0
    gui.check(drawn() == shown().count == 318, f"then those of the whole network: {drawn()}")
    gui.screenshot("network")


def undo_and_remove(gui):
    of_all = drawn()
    yield from over_the_viewport(gui)
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(0 < drawn() < of_all, "ctrl+z shows the neuron's alone again")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(shown() is None and drawn() == 0, "another one takes the lines back")
    yield from gui.key("ctrl+shift+z", "ctrl+shift+z")
    yield 0.5
    gui.check(drawn() == of_all, "redo brings all of them")
    yield from gui.press("nn.remove_connections", columns=[0.92, 0.85, 0.75])
    yield 0.5
    gui.check(shown() is None and drawn() == 0, "the button removes them")
    yield from over_the_viewport(gui)
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(drawn() == of_all, "which is one step of undo")
