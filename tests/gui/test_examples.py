"""A newcomer without TensorFlow opens the examples: one click in the sidebar to a picture."""

from pathlib import Path

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import package, root, roots


def scenario(gui):
    gui.install()
    yield 0.5
    yield from gui.open_sidebar("NN")
    yield 0.5
    gui.screenshot("without_network")
    for name in ("digits", "branched_digits"):
        yield from opening(gui, name)
        yield from picking(gui, name)
        yield from saving(gui)


def opening(gui, name):
    if roots():
        gui.in_viewport(bpy.ops.nn.open_example, "INVOKE_DEFAULT", example=name)
    else:
        yield from gui.press("nn.open_example")  # The first of them.
    yield from gui.wait_until(lambda: name in bpy.data.texts[0].as_string()[:400] if bpy.data.texts else False, name)
    yield 1.0
    space = gui.view3d()[1].spaces.active
    gui.check(space.shading.type == "MATERIAL", "the viewport shows materials, so neurons glow")
    gui.check(space.region_3d.view_perspective == "CAMERA", "through the scene's camera")
    left, right = frame_sides(gui)
    area = gui.view3d()[1]
    tools, sidebar = (next(region for region in area.regions if region.type == name) for name in ("TOOLS", "UI"))
    room = tools.x + tools.width, sidebar.x
    gui.check(room[0] < left < right < room[1], f"the picture is seen beside the sidebar: {left, right} in {room}")
    gui.check(right - left > 0.9 * (room[1] - room[0]), "and is as large as there is room for")
    gui.check(space.show_region_ui, "the window's own editors stay as they were")
    gui.check(bpy.data.filepath == "" and not bpy.data.is_dirty, "it is a new file without changes")
    gui.move(area.x + 200, area.y + 60)
    yield from gui.draw_materials()
    gui.screenshot(f"{name}_opened")
    space.shading.type = "SOLID"
    bpy.context.scene.frame_set(25)
    answer = package("scene.network.description").require_description(root()).samples[1].answer.best
    gui.check(answer == "0", f"the second sample's answer is known: {answer}")


def frame_sides(gui):
    """Where the camera's picture begins and ends in the window."""
    region = next(region for region in gui.view3d()[1].regions if region.type == "WINDOW")
    camera = bpy.context.scene.camera
    corners = [camera.matrix_world @ corner for corner in camera.data.view_frame(scene=bpy.context.scene)]
    places = [location_3d_to_region_2d(region, region.data, corner).x for corner in corners]
    return region.x + min(places), region.x + max(places)


def picking(gui, name):
    """A click on a neuron with the extension's tool chooses it."""
    layer = {"digits": "conv_1", "branched_digits": "mix_1x1"}[name]
    neurons = next(package("scene.base.find").objects(root(), "neurons", layer))
    region = next(region for region in gui.view3d()[1].regions if region.type == "WINDOW")
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    place = neurons.matrix_world @ neurons.data.vertices[3].co
    x, y = location_3d_to_region_2d(region, region.data, place)
    yield from gui.click(region.x + x, region.y + y)
    yield 1.0
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    chosen = layers.objects[bpy.context.scene.nn.layer]["nn_layer"], root().nn.neurons.neuron
    gui.check(chosen == (layer, 3), f"a click on a neuron chooses it: {chosen}")
    gui.screenshot(f"{name}_picked")


def saving(gui):
    """Saving asks for a name: nothing is ever written into the extension's folder."""
    window, area = gui.view3d()
    gui.move(area.x + area.width / 2, area.y + area.height / 2)
    yield from gui.key("ctrl+s")

    def dialog():
        return next((area for area in window.screen.areas if area.type == "FILE_BROWSER"), None)

    yield from gui.wait_until(dialog, "the dialog that asks for a name", 10)
    folder = Path(bytes(dialog().spaces.active.params.directory).decode())
    examples = package("actions.network.examples").FOLDER
    gui.check(not folder.is_relative_to(examples.parent), f"it is saved elsewhere: {folder}")
    yield from gui.key("Escape")
    yield 0.5
