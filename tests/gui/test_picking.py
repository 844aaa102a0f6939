"""A user points at neurons and layers, clicks them, selects some in Edit Mode, and opens their menu."""

import addon_utils
import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import EXTENSION, jobs, package, root
from mathutils import Vector


def hover():
    return package("ui.neurons.hovering").hover


def obj(role, layer):
    return next(package("scene.base.find").objects(root(), role, layer))


def chosen():
    found = package("scene.neurons.selection").selected(root())
    return {layer: neurons.tolist() for layer, neurons in found.items()}


def active():
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    return layers.objects[bpy.context.scene.nn.layer]["nn_layer"], root().nn.neurons.neuron


def place(role, layer, neuron):
    neurons = obj(role, layer)
    return neurons.matrix_world @ neurons.data.vertices[neuron].co


def corner(layer):
    """A place on the slab's face where there is no neuron: the last of its rows is not full."""
    slab = obj("slab", layer)
    return slab.matrix_world @ (Vector(slab.bound_box[0]) + Vector((0, 0.3, 0.3)))


def pixel(gui, point, region_index=0):
    """The point of the window where a point of the world is seen."""
    area = gui.view3d()[1]
    regions = [region for region in area.regions if region.type == "WINDOW"]
    region = regions[region_index]
    x, y = location_3d_to_region_2d(region, region.data, point)
    return region.x + x, region.y + y


def scenario(gui):
    gui.start()
    yield from gui.import_digits(max_samples=6, shown=6, prepare_viewport=False)
    yield from prepare(gui)
    yield from looking(gui)
    yield from clicking(gui)
    yield from in_edit_mode(gui)
    yield from the_menu(gui)
    yield from in_quad_view(gui)
    yield from another_tool_and_no_extension(gui)


def prepare(gui):
    area = gui.view3d()[1]
    space = area.spaces.active
    space.region_3d.view_perspective = "CAMERA"
    space.overlay.show_relationship_lines = False
    bpy.ops.object.select_all(action="DESELECT")
    yield 0.5
    gui.in_viewport(bpy.ops.view3d.view_center_camera)
    yield 0.5
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    gui.move(area.x + area.width / 2, area.y + 10)
    yield 1.0
    tool = bpy.context.workspace.tools.from_space_view3d_mode("OBJECT")
    gui.check(tool.idname == "nn.pick_neurons", "the tool can be chosen")
    yield 1.5
    gui.screenshot("tool")


def looking(gui):
    neuron = 20
    x, y = pixel(gui, place("neurons", "dense_1", neuron))
    gui.move(x, y)
    yield 0.7
    picked = hover().picked
    gui.check(picked and (picked.layer, picked.neuron) == ("dense_1", neuron), f"hovering finds a sphere: {picked}")
    yield 1.5
    gui.screenshot("hover_sphere")
    x, y = pixel(gui, place("card", "conv_1", 5))
    gui.move(x, y)
    yield 0.7
    picked = hover().picked
    gui.check(picked and (picked.layer, picked.neuron, picked.role) == ("conv_1", 5, "card"), f"a card: {picked}")
    yield 1.5
    gui.screenshot("hover_card")
    x, y = pixel(gui, corner("conv_2"))
    gui.move(x, y)
    yield 0.7
    picked = hover().picked
    gui.check(picked and (picked.layer, picked.neuron) == ("conv_2", None), f"a slab: {picked}")
    yield 1.5
    gui.screenshot("hover_slab")
    area = gui.view3d()[1]
    gui.move(area.x + area.width * 0.5, area.y + 8)
    yield 0.7
    gui.check(hover().picked is None, f"over nothing there is nothing: {hover().picked}")
    gui.check(hover()._handle is None, "and nothing is drawn")
    gui.move(*pixel(gui, place("neurons", "dense_1", neuron)))
    yield 0.5
    gui.check(hover().picked is not None, "back again")
    window = gui.view3d()[0]
    gui.move(window.width - 40, window.height - 200)
    yield 0.7
    gui.check(hover().picked is None, "outside the viewport there is nothing")
    yield 0.3
    yield 1.5
    gui.screenshot("hover_outside")


def clicking(gui):
    yield from gui.click(*pixel(gui, place("neurons", "dense_1", 20)))
    gui.check((active(), chosen()) == (("dense_1", 20), {"dense_1": [20]}), f"a click selects: {active()} {chosen()}")
    yield from gui.click(*pixel(gui, place("neurons", "dense_1", 22)), hold="shift")
    gui.check(chosen() == {"dense_1": [20, 22]}, f"shift-click adds: {chosen()}")
    yield from gui.click(*pixel(gui, place("card", "conv_1", 5)), hold="shift")
    gui.check(chosen() == {"conv_1": [5], "dense_1": [20, 22]}, f"also a card: {chosen()}")
    gui.check(active() == ("conv_1", 5), f"which is chosen then: {active()}")
    yield 0.5
    yield 1.5
    gui.screenshot("selected")
    yield from gui.click(*pixel(gui, place("neurons", "dense_1", 20)), hold="shift")
    gui.check(chosen() == {"conv_1": [5], "dense_1": [22]}, f"shift-click removes: {chosen()}")
    yield from gui.click(*pixel(gui, corner("conv_2")))
    gui.check(chosen() == {} and active()[0] == "conv_2", f"a click on a slab chooses the layer: {active()} {chosen()}")
    gui.check(bpy.context.selected_objects == [obj("slab", "conv_2")], f"{bpy.context.selected_objects}")
    yield 0.5
    yield 1.5
    gui.screenshot("slab")
    yield from gui.key("ctrl+z")
    gui.check(chosen() == {"conv_1": [5], "dense_1": [22]}, f"ctrl+z takes one click back: {chosen()}")
    yield from gui.key("ctrl+z", "ctrl+z")
    gui.check(chosen() == {"dense_1": [20, 22]}, f"and two more: {chosen()}")
    yield from gui.key("ctrl+shift+z")
    gui.check(chosen() == {"conv_1": [5], "dense_1": [20, 22]}, f"redo brings one back: {chosen()}")
    area = gui.view3d()[1]
    yield from gui.click(area.x + area.width * 0.5, area.y + 8)
    gui.check(chosen() == {}, f"a click on nothing deselects: {chosen()}")


def in_edit_mode(gui):
    bpy.ops.nn.select_neurons("EXEC_DEFAULT", True, layer="conv_1", neurons="3")
    bpy.ops.nn.select_neurons("EXEC_DEFAULT", True, layer="dense_1", neurons="1", extend=True)
    neurons = obj("neurons", "dense_1")
    bpy.ops.object.select_all(action="DESELECT")
    obj("slab", "dense_1").select_set(True)
    bpy.context.view_layer.objects.active = neurons
    bpy.ops.ed.undo_push(message="Choose Object")
    gui.in_viewport(bpy.ops.view3d.view_selected)
    yield 1.5
    spots = {k: pixel(gui, place("neurons", "dense_1", k)) for k in range(len(neurons.data.vertices))}
    gui.move(*spots[20])
    yield 0.3
    yield from gui.key("Tab")
    yield from gui.wait_until(lambda: bpy.context.mode == "EDIT_MESH", "Edit Mode", 5)
    yield 0.5
    gui.check(hover().picked is None, "nothing is outlined in Edit Mode")
    left, right = spots[20][0] - 4, spots[22][0] + 4
    low, high = sorted((spots[20][1], spots[22][1]))
    yield from gui.key("b")
    yield from gui.drag((left, high + 4), (right, low - 4))
    yield 0.5
    yield 1.5
    gui.screenshot("edit_mode")
    # The key B adds to what is selected already.
    inside = {k for k, (x, y) in spots.items() if left <= x <= right and low - 4 <= y <= high + 4}
    expected = {"conv_1": [3], "dense_1": sorted(inside | {1})}
    yield from gui.key("Tab")
    yield from gui.wait_until(lambda: bpy.context.mode == "OBJECT", "Object Mode", 5)
    yield 0.3
    gui.check(
        chosen() == expected and {20, 22} <= inside,
        f"box select in Edit Mode is taken over: {chosen()}, inside {inside}",
    )
    yield 1.5
    gui.screenshot("taken_over")
    yield from gui.key("ctrl+z")
    yield 0.3
    gui.check(bpy.context.mode == "EDIT_MESH", f"ctrl+z leads back into Edit Mode: {bpy.context.mode}")
    yield from gui.key("ctrl+shift+z")
    yield 0.3
    gui.check(chosen() == expected, f"redo takes it over again: {chosen()}")
    for _ in range(3):
        yield from gui.key("ctrl+z")
    yield 0.3
    gui.check(
        (bpy.context.mode, chosen()) == ("OBJECT", {"conv_1": [3], "dense_1": [1]}),
        f"and the selection of before comes back with Edit Mode undone: {bpy.context.mode} {chosen()}",
    )
    gui.view3d()[1].spaces.active.region_3d.view_perspective = "CAMERA"
    yield 1.0


def the_menu(gui):
    meshes = package("scene.base.meshes")

    def values(layer):
        return meshes.read_samples(obj("neurons", layer).data, "activation")

    before = values("dense_1")
    neuron = int(before[0].argmax())
    x, y = pixel(gui, place("neurons", "dense_1", neuron))
    yield from gui.click(x, y, button=3)
    yield 0.5
    yield 1.5
    gui.screenshot("menu")
    gui.check((active(), chosen()) == (("dense_1", neuron), {"dense_1": [neuron]}), f"{active()} {chosen()}")
    # The letter that is underlined.
    yield from gui.key("d")
    yield from gui.wait_until(lambda: not values("dense_1")[:, neuron].any(), "the neuron to be off", 30)
    yield from gui.wait_until(lambda: jobs().running is None, "the rerun", 30)
    gui.move(x + 1, y)
    yield 0.7
    yield 1.5
    gui.screenshot("hover_off")
    yield from gui.key("ctrl+z")
    yield from gui.wait_until(lambda: not (values("dense_1") != before).any(), "the neuron to be on", 20)
    gui.check(chosen() == {"dense_1": [neuron]}, f"and it is still selected: {chosen()}")
    yield from gui.click(*pixel(gui, corner("conv_2")), button=3)
    yield 0.5
    yield 1.5
    gui.screenshot("layer_menu")
    gui.check(active()[0] == "conv_2", f"the layer's menu: {active()}")
    yield from gui.key("Escape")


def in_quad_view(gui):
    gui.in_viewport(bpy.ops.screen.region_quadview)
    yield 1.0
    regions = [region for region in gui.view3d()[1].regions if region.type == "WINDOW"]
    gui.check(len(regions) == 4, f"four views: {len(regions)}")
    for index, region in enumerate(regions):
        x, y = pixel(gui, place("neurons", "digit", 4), index)
        if not (region.x < x < region.x + region.width and region.y < y < region.y + region.height):
            continue
        gui.move(x, y)
        yield 0.6
        gui.check(hover().picked is not None, f"view {index} shows what is under the mouse: {hover().picked}")
        gui.check(hover().region == region.as_pointer(), "in that view")
        yield 1.5
        gui.screenshot(f"quad_{index}")
    gui.in_viewport(bpy.ops.screen.region_quadview)
    yield 0.5


def another_tool_and_no_extension(gui):
    spot = pixel(gui, place("neurons", "dense_1", 20))
    gui.move(*spot)
    yield 0.5
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="builtin.select_box")
    gui.move(spot[0] + 2, spot[1])
    yield 0.5
    gui.check(hover().picked is None, "another tool shows nothing")
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    gui.move(*spot)
    yield 0.5
    gui.check(hover().picked is not None, "while it hovers")
    outlined = hover()
    addon_utils.disable(EXTENSION)
    yield 0.5
    gui.move(spot[0] + 5, spot[1])
    yield 0.5
    gui.check(
        outlined.picked is None and outlined._handle is None, "the extension is switched off and nothing is drawn"
    )
    addon_utils.enable(EXTENSION, default_set=True)
    yield 0.5
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    gui.move(*spot)
    yield 0.5
    gui.check(hover().picked is not None, "switched on again, it works again")
    yield 1.5
    gui.screenshot("again")
