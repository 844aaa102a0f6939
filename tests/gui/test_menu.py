"""A user finds commands by typing words, opens the Network menu, and clicks layers with Blender's own tool."""

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import package, root
from mathutils import Vector


def obj(role, layer):
    return next(package("scene.base.find").objects(root(), role, layer))


def chosen_layer():
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    return layers.objects[bpy.context.scene.nn.layer]["nn_layer"]


def enabled(layer):
    return [value.value for value in obj("neurons", layer).data.attributes["enabled"].data]


def scenario(gui):
    gui.start()
    yield from gui.import_digits(max_samples=4, shown=4, prepare_viewport=False)
    space = gui.view3d()[1].spaces.active
    space.region_3d.view_perspective = "CAMERA"
    yield 0.5
    gui.in_viewport(bpy.ops.view3d.view_center_camera)
    yield 1.0
    yield from clicking(gui)
    yield from searching(gui)
    yield from right_clicking(gui)


def pixel(gui, layer):
    """Where the middle of a layer's slab is seen in the window."""
    slab = obj("slab", layer)
    region = next(region for region in gui.view3d()[1].regions if region.type == "WINDOW")
    middle = sum((Vector(corner) for corner in slab.bound_box), Vector()) / 8
    x, y = location_3d_to_region_2d(region, region.data, slab.matrix_world @ middle)
    return region.x + x, region.y + y


def clicking(gui):
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="builtin.select_box")
    for layer in ("conv_2", "normalize_1"):
        yield from gui.click(*pixel(gui, layer))
        yield 0.7
        active = bpy.context.view_layer.objects.active
        gui.check(active and active.get("nn_layer") == layer, f"Blender's own tool makes {layer} active: {active}")
        gui.check(chosen_layer() == layer, f"the panels show {layer}: {chosen_layer()}")
    gui.screenshot("blenders_own_tool")


def searching(gui):
    bpy.context.scene.nn.layer = next(
        number
        for number, slab in enumerate(next(c for c in root().children if c["nn_role"] == "layers").objects)
        if slab["nn_layer"] == "dense_1"
    )
    root().nn.neurons.neuron = 3
    area = gui.view3d()[1]
    gui.move(area.x + area.width / 2, area.y + area.height / 2)
    yield 0.3
    gui.in_viewport(bpy.ops.wm.search_menu, "INVOKE_DEFAULT")
    yield 1.0
    yield from gui.key(*"disable", "space", *"neuron")
    yield 1.5
    gui.screenshot("search")
    yield from gui.key("Return")
    yield 1.0
    off = [number for number, is_on in enumerate(enabled("dense_1")) if not is_on]
    gui.check(off == [3], f"the search finds and runs Disable Neuron: {off}")
    yield from gui.finish("the answer without the neuron")


def right_clicking(gui):
    yield from gui.click(*pixel(gui, "conv_2"))
    yield 0.5
    yield from gui.click(*pixel(gui, "conv_2"), button=3)
    yield 1.0
    gui.screenshot("right_click")
    yield from gui.key("Escape")
    yield 0.5
