"""A user looks through the four rooms; what is clicked is what the inspector shows, also at twice the scale."""

import agreement
import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import package, root
from mathutils import Vector


def obj(role, layer=None):
    return next(package("scene.base.find").objects(root(), role, layer))


def title():
    panel = package("ui.inspector.inspector_panel")
    part = panel.PARTS[panel.inspected(bpy.context, root())]
    return part.title(bpy.context, root())


def pixel(gui, point):
    """The point of the window where a point of the world is seen."""
    region = next(region for region in gui.view3d()[1].regions if region.type == "WINDOW")
    x, y = location_3d_to_region_2d(region, region.data, point)
    return region.x + x, region.y + y


def neuron_pixel(gui, layer, neuron):
    neurons = obj("neurons", layer)
    return pixel(gui, neurons.matrix_world @ neurons.data.vertices[neuron].co)


def middle(gui, thing):
    corners = [Vector(corner) for corner in thing.bound_box]
    return pixel(gui, thing.matrix_world @ (sum(corners, Vector()) / 8))


def scenario(gui):
    gui.start()
    gui.open_panels("NN_PT_inspector")
    yield from gui.open_sidebar("NN")
    gui.screenshot("empty")
    yield from gui.import_digits(max_samples=100, shown=40, prepare_viewport=False)
    space = gui.view3d()[1].spaces.active
    space.region_3d.view_perspective = "CAMERA"
    space.overlay.show_relationship_lines = False
    yield 0.5
    gui.in_viewport(bpy.ops.view3d.view_center_camera)
    # The board of the output stands at the right, where the sidebar is.
    space.region_3d.view_camera_zoom, space.region_3d.view_camera_offset = -10, (0.25, 0)
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    yield 1.5
    yield from rooms(gui)
    yield from clicking(gui)
    yield from in_lists(gui)
    yield from with_blenders_tool(gui)
    yield from large(gui)


def rooms(gui):
    for room in ("NETWORK", "SAMPLES", "EXPERIMENT", "LOOK"):
        yield from gui.enter_room(room)
        yield 1.0
        gui.screenshot(f"room_{room.lower()}")


def clicking(gui):
    yield from gui.enter_room("NETWORK")
    gui.check(title() == "Network digits", f"after an import the inspector shows the network: {title()}")
    yield from gui.click(*neuron_pixel(gui, "dense_1", 20))
    gui.check(title() == "Neuron 20 · dense_1", f"a click on a neuron shows it: {title()}")
    yield 1.0
    gui.screenshot("neuron_of_dense")
    yield from gui.click(*neuron_pixel(gui, "dense_1", 22), hold="shift")
    gui.check(title() == "2 neurons", f"two of them: {title()}")
    yield 0.7
    gui.screenshot("two_neurons")
    card = obj("card", "conv_2")
    yield from gui.click(*pixel(gui, card.matrix_world @ card.data.vertices[3].co))
    gui.check(title() == "Neuron 3 · conv_2", f"a click on a map shows its neuron: {title()}")
    yield 1.5
    gui.screenshot("neuron")
    slab = obj("slab", "conv_2")
    yield from gui.click(*pixel(gui, slab.matrix_world @ (Vector(slab.bound_box[0]) + Vector((0, 0.3, 0.3)))))
    gui.check(title() == "Layer conv_2", f"a click on a slab shows the layer: {title()}")
    yield 1.5
    gui.screenshot("layer")
    yield from gui.click(*middle(gui, obj("input frame")))
    gui.check(title().startswith("Sample "), f"a click on the input shows the sample: {title()}")
    yield 1.0
    gui.screenshot("sample")
    yield from gui.click(*middle(gui, obj("bar tracks")))
    gui.check(title() == "Output digit", f"a click on the bars shows the output: {title()}")
    yield 1.0
    gui.screenshot("output")
    area = gui.view3d()[1]
    yield from gui.click(area.x + area.width * 0.5, area.y + 8)
    gui.check(title() == "Network digits", f"a click on nothing shows the network: {title()}")


def in_lists(gui):
    """A click in a list is no step of undo, and what it chose outlives undo."""
    yield from gui.enter_room("NETWORK")
    steps = agreement.undo_steps()
    x, y = yield from gui.find_button("layer_row", columns=[0.3])
    yield from gui.click(x, y - 45)
    chosen = title()
    gui.check(chosen.startswith("Layer "), f"a click in the list of layers shows a layer: {chosen}")
    layer = chosen.removeprefix("Layer ")
    gui.check(
        bpy.context.selected_objects == [obj("slab", layer)], f"which is selected: {bpy.context.selected_objects}"
    )
    bpy.ops.nn.choose_network("EXEC_DEFAULT", network=root().name)
    yield from gui.enter_room("SAMPLES")
    x, y = yield from gui.find_button("sample_row", columns=[0.3])
    yield from gui.click(x, y - 60)
    shown = title()
    gui.check(shown.startswith("Sample ") and bpy.context.scene.frame_current > 1, f"one in that of samples: {shown}")
    gui.check(agreement.undo_steps() == steps, f"neither is a step of undo: {agreement.undo_steps()[0][-3:]}")
    frame = bpy.context.scene.frame_current
    gui.as_button(bpy.ops.nn.show_part, part="title")
    area = gui.view3d()[1]
    gui.move(area.x + area.width * 0.4, area.y + 12)
    yield 0.3
    yield from gui.key("ctrl+z")
    yield 0.7
    gui.check((title(), bpy.context.scene.frame_current) == (shown, frame), f"and both outlive undo: {title()}")


def with_blenders_tool(gui):
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="builtin.select_box")
    bpy.ops.nn.choose_neuron("EXEC_DEFAULT", layer="conv_2", neuron=3)
    yield 0.5
    slab = obj("slab", "conv_2")
    yield from gui.click(*pixel(gui, slab.matrix_world @ (Vector(slab.bound_box[0]) + Vector((0, 0.3, 0.3)))))
    yield 0.7
    gui.check(title() == "Layer conv_2", f"Blender's own tool shows the layer of the neuron that was shown: {title()}")
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")


def large(gui):
    """At twice the scale."""
    bpy.context.preferences.view.ui_scale = 2.0
    yield 1.5
    yield from gui.open_sections()
    for name, choose in (
        ("network", lambda: bpy.ops.nn.choose_network("EXEC_DEFAULT", network=root().name)),
        ("layer", lambda: bpy.ops.nn.choose_layer("EXEC_DEFAULT", layer="conv_2")),
        ("neuron", lambda: bpy.ops.nn.choose_neuron("EXEC_DEFAULT", layer="conv_2", neuron=3)),
        ("sample", lambda: bpy.ops.nn.go_to_sample("EXEC_DEFAULT", sample=1, inspect=True)),
    ):
        choose()
        yield from gui.redrawn()
        gui.screenshot(f"large_{name}")
    yield from gui.show_only("NN_PT_layers")
    gui.screenshot("large_list")
    bpy.context.preferences.view.ui_scale = 1.0
