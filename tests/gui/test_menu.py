"""A user finds commands by typing words, clicks layers with Blender's own tool, and renders a picture and a film."""

import tempfile
from pathlib import Path

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
    gui.open_panels("NN_PT_render")
    yield from gui.import_digits(max_samples=4, shown=4, prepare_viewport=False)
    space = gui.view3d()[1].spaces.active
    space.region_3d.view_perspective = "CAMERA"
    yield 0.5
    gui.in_viewport(bpy.ops.view3d.view_center_camera)
    yield 1.0
    yield from clicking(gui)
    yield from searching(gui)
    yield from right_clicking(gui)
    yield from rendering(gui)


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


def rendering(gui):
    scene = bpy.context.scene
    folder = Path(tempfile.mkdtemp()) / "made here"
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    scene.frame_start, scene.frame_end = 1, 2
    scene.render.filepath = "//kept"
    scene.nn.render.folder = str(folder)
    yield from gui.open_sidebar("NN")
    yield from gui.show_only("NN_PT_render")
    yield 1.0
    gui.screenshot("render_panel")
    for operator, name in ((bpy.ops.nn.render_picture, "digits-1.png"), (bpy.ops.nn.render_film, "digits-film-1")):
        gui.in_viewport(operator, "INVOKE_DEFAULT")
        yield from gui.wait_until(lambda name=name: scene.nn.render.written.startswith(str(folder / name)), name, 120)
        gui.check(Path(scene.nn.render.written).exists(), f"{name} is written: {scene.nn.render.written}")
        gui.check(scene.render.filepath == "//kept", "the scene keeps its own output")
        yield 1.0
    gui.screenshot("rendered")
