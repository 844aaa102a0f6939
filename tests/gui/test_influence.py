"""A user estimates influence, sweeps layers, stops half-way, undoes it, and looks at colours and sizes."""

import bpy
import numpy as np
from extension import jobs, package, root, sweep_slowly


def influence(layer):
    return package("scene.neurons.influence").read_influence(root(), layer)


def facts(layer):
    return package("scene.neurons.influence").layer_facts(root(), layer)


def choose(layer):
    slabs = next(child for child in root().children if child["nn_role"] == "layers").objects
    bpy.context.scene.nn.layer = [slab["nn_layer"] for slab in slabs].index(layer)
    bpy.ops.ed.undo_push(message="Choose Layer")


def finished(gui, what):
    yield from gui.finish(what)
    yield 0.6


def look_at_neurons(gui, layer):
    window, area = gui.view3d()
    obj = next(obj for obj in root().all_objects if obj.get("nn_role") == "neurons" and obj["nn_layer"] == layer)
    for other in bpy.context.selected_objects:
        other.select_set(False)
    obj.select_set(True)
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        if area.spaces.active.local_view:
            bpy.ops.view3d.localview(frame_selected=False)
        # Alone: the layers before it would hide it.
        bpy.ops.view3d.localview()
        bpy.ops.view3d.view_axis(type="LEFT")
        bpy.ops.view3d.view_selected()
    obj.select_set(False)


def scenario(gui):
    gui.start()
    gui.open_panels("NN_PT_influence")
    yield from gui.open_sidebar("NN")
    yield from gui.import_digits(max_samples=100, shown=20)
    yield 0.6
    yield from gui.show_only("NN_PT_influence")
    yield from estimate(gui)
    yield from sweep(gui)
    yield from stop_half_way(gui)
    yield from sizes(gui)


def estimate(gui):
    choose("dense_1")
    yield from gui.press("nn.estimate_influence", columns=[0.5])
    yield from gui.wait_until(lambda: influence("dense_1") is not None, "the estimate", 60)
    yield from finished(gui, "estimating")
    gui.check(facts("conv_1").kind == facts("digit").kind == "estimate", "all layers have an estimate")
    root().nn.influence.colour_by = "influence"
    bpy.ops.ed.undo_push(message="Colour By")
    look_at_neurons(gui, "dense_1")
    yield 1.5
    gui.screenshot("estimated")


def sweep(gui):
    estimated = influence("dense_1")
    yield from gui.press("nn.sweep_layer", columns=[0.5])
    yield from finished(gui, "sweeping")
    exact = influence("dense_1")
    gui.check(facts("dense_1").kind == "exact" and not np.isnan(exact).any(), "the layer is swept")
    gui.check(facts("dense_1").rank_correlation > 0.9, f"estimate and sweep agree: {facts('dense_1').rank_correlation}")
    yield 1.0
    gui.screenshot("swept")
    best = int(np.abs(exact).argmax())
    yield from gui.press("nn.choose_neuron", columns=[0.25])
    gui.check(root().nn.neurons.neuron == best, f"a click chooses the most influential neuron: {best}")
    yield 0.5
    gui.screenshot("chosen")
    area = gui.view3d()[1]
    gui.move(area.x + area.width / 3, area.y + area.height / 2)
    yield 0.3
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(np.array_equal(influence("dense_1"), estimated), "ctrl+z takes the sweep back, not the estimate")
    gui.check(root().nn.neurons.neuron == best, "and not the choice, which was no step")
    yield from gui.key("ctrl+shift+z")
    yield 0.5
    gui.check(np.array_equal(influence("dense_1"), exact), "ctrl+shift+z brings it back")


def stop_half_way(gui):
    sweep_slowly()
    choose("conv_2")
    root().nn.influence.samples = "all"
    yield from gui.press("nn.sweep_layer", columns=[0.5])
    yield from gui.wait_until(lambda: facts("conv_2").kind == "partial", "the first neurons", 60)
    # Looking for the button would take longer than the rest of the sweep.
    bpy.ops.nn.cancel()
    yield from gui.wait_until(lambda: jobs().running is None, "the end", 10)
    values = influence("conv_2")
    known = int((~np.isnan(values)).sum())
    gui.check(0 < known < len(values), f"what was swept before the cancel stays: {known} of {len(values)}")
    look_at_neurons(gui, "conv_2")
    yield 1.5
    gui.screenshot("cancelled")
    area = gui.view3d()[1]
    gui.move(area.x + area.width / 3, area.y + area.height / 2)
    yield 0.3
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(facts("conv_2").kind == "estimate", "and is one step of undo")
    yield from gui.key("ctrl+shift+z")
    yield 0.5
    gui.check(np.array_equal(influence("conv_2"), values, equal_nan=True), "that can be redone")


def sizes(gui):
    root().nn.influence.size_by = "influence"
    choose("dense_1")
    look_at_neurons(gui, "dense_1")
    yield 1.5
    gui.screenshot("sizes")
    window, area = gui.view3d()
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.view3d.localview(frame_selected=False)
        bpy.ops.view3d.view_camera()
    yield 2.0
    gui.screenshot("camera")
