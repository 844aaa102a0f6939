"""A user shows the connections of a neuron, then of the whole network, undoes it and removes them."""

import bpy
from extension import jobs, package, root


def shown():
    return package("scene.neurons.connections").connections_shown(root())


def drawn():
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return sum(
        instance.is_instance and instance.parent.original.get("nn_role") == "connections"
        for instance in depsgraph.object_instances
    )


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
    gui.start()
    gui.open_panels("NN_PT_connections")
    yield from gui.open_sidebar("NN")
    yield from gui.import_digits(max_samples=2)
    package("scene.looks.level_of_detail").set_follows(
        next(package("scene.base.find").objects(root(), "anchor")), "off"
    )
    yield from gui.show_only("NN_PT_connections")
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
    yield from gui.draw_materials()
    gui.screenshot("neuron")
    root().nn.connections.shown = "ALL"
    bpy.ops.ed.undo_push(message="Lines Of")
    yield from gui.draw_materials()
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
