"""A user does not wait for what runs: undoes, removes the network, opens another file, renders, quits in between."""

import time

import agreement
import bpy
from extension import jobs, package, roots, sweep_slowly

SAMPLES = 6


def settled(gui, what):
    """Wait until nothing follows, and hold against it what the user would be told."""
    rerunning = package("ui.common.reruns")
    timers = (rerunning._catch_up, rerunning._undo_further, rerunning._redo_further)
    busy = time.monotonic()
    while time.monotonic() - busy < 0.7:
        yield None
        if jobs().running or any(map(bpy.app.timers.is_registered, timers)):
            busy = time.monotonic()
    error = jobs().error
    gui.check(error is None or error.code != "bug", f"{what}: no mistake of ours: {error and error.details}")
    for root in roots():
        found = agreement.facts(root)
        lost = [name for name, images in found["materials"].items() if None in images]
        is_in_line = package("actions.interventions.rerun").is_up_to_date(root)
        gui.check(is_in_line and not lost, f"{what}: {root.name} shows what its switches ask for {lost}")
    jobs().error = None


def running(gui, seconds=0.6):
    """Let a job come to the middle of its work."""
    yield from gui.wait_until(lambda: jobs().running, "the job to start", 20)
    yield seconds


def import_digits(gui):
    file = gui.checkout / "sample_scenes" / "digits" / "digits.keras"
    gui.as_button(bpy.ops.nn.import_network, filepath=str(file), max_samples=SAMPLES, shown=SAMPLES)
    yield from settled(gui, "the import")


def choose(gui, layer, neuron):
    gui.as_button(bpy.ops.nn.choose_neuron, layer=layer, neuron=neuron)


def scenario(gui):
    gui.start()
    sweep_slowly()
    yield from import_digits(gui)
    gui.view3d()[1].spaces.active.shading.type = "SOLID"
    yield from undo_in_a_sweep(gui)
    yield from undo_in_side_by_side(gui)
    yield from undo_in_measuring(gui)
    yield from render_before_the_rerun(gui)
    yield from import_with_workbench(gui)
    yield from remove_in_a_rerun(gui)
    yield from remove_in_a_sweep(gui)
    yield from another_file(gui)
    yield from quit_in_a_sweep(gui)


def undo(gui):
    gui.in_viewport(bpy.ops.ed.undo, "EXEC_DEFAULT")
    yield 0.2


def undo_in_a_sweep(gui):
    choose(gui, "conv_2", 3)
    gui.as_button(bpy.ops.nn.switch_neuron, gain=0.0)
    yield from settled(gui, "a switch")
    gui.as_button(bpy.ops.nn.sweep_layer)
    yield from running(gui, 1.5)
    yield from undo(gui)
    yield from settled(gui, "undo in a sweep")
    yield from undo(gui)
    yield from settled(gui, "one more")


def undo_in_side_by_side(gui):
    gui.as_button(bpy.ops.nn.switch_neuron, gain=0.0)
    yield from settled(gui, "a switch")
    gui.as_button(bpy.ops.nn.show_side_by_side)
    yield from gui.wait_until(lambda: len(roots()) == 2, "the second network", 60)
    yield from undo(gui)
    yield from settled(gui, "undo while two networks are shown side by side")
    gui.check(len(roots()) == 1, f"the second one is gone: {len(roots())}")
    gui.as_button(bpy.ops.nn.enable_all)
    yield from settled(gui, "enable all")


def undo_in_measuring(gui):
    gui.as_button(bpy.ops.nn.switch_layer)
    yield from settled(gui, "a switch")
    roots()[0].nn.input.shown = SAMPLES - 2
    gui.as_button(bpy.ops.nn.measure_again)
    count = package("scene.samples.timeline").sample_count
    yield from gui.wait_until(lambda: count(roots()[0]) == SAMPLES - 2, "fewer samples", 60)
    yield from undo(gui)
    yield from settled(gui, "undo before the switches are computed anew")
    gui.check(count(roots()[0]) == SAMPLES, f"all samples are back: {count(roots()[0])}")


def render_before_the_rerun(gui):
    scene = bpy.context.scene
    scene.render.engine, scene.render.resolution_percentage = "BLENDER_WORKBENCH", 100
    gui.as_button(bpy.ops.nn.enable_all)
    gui.in_viewport(bpy.ops.render.render, "INVOKE_DEFAULT")
    written = []
    while bpy.app.is_job_running("RENDER"):
        written.append(package("actions.interventions.rerun").is_up_to_date(roots()[0]))
        yield None
    gui.check(written and not any(written), f"nothing is written while Blender renders: {written}")
    yield from settled(gui, "a render before the network has run")


def import_with_workbench(gui):
    """Which has no Material Preview."""
    yield from import_digits(gui)
    gui.check(len(roots()) == 2, "a second network is imported")
    yield from undo(gui)
    yield from settled(gui, "undo of an import")
    gui.check(len(roots()) == 1, "and is one step of undo")


def remove_in_a_rerun(gui):
    choose(gui, "conv_1", 2)
    gui.as_button(bpy.ops.nn.switch_neuron, gain=0.0)
    yield from running(gui, 0.1)
    gui.as_button(bpy.ops.nn.remove_network)
    yield from settled(gui, "removal in a rerun")
    gui.check(not roots(), "the network is gone")
    yield from undo(gui)
    yield from settled(gui, "undo of it")
    gui.check(len(roots()) == 1, "the network is back")


def remove_in_a_sweep(gui):
    choose(gui, "conv_2", 3)
    gui.as_button(bpy.ops.nn.sweep_layer)
    yield from running(gui, 1.0)
    gui.as_button(bpy.ops.nn.remove_network)
    yield from settled(gui, "removal in a sweep")
    gui.check(not roots(), "the network is gone")
    yield from undo(gui)
    yield from settled(gui, "undo of it")
    gui.check(len(roots()) == 1, "the network is back")


def another_file(gui):
    choose(gui, "conv_2", 3)
    gui.as_button(bpy.ops.nn.sweep_layer)
    yield from running(gui, 1.0)
    bpy.ops.wm.read_homefile()
    yield 1.0
    gui.check(jobs().running is None, "a new file ends the sweep")
    yield from import_digits(gui)
    choose(gui, "conv_1", 2)
    gui.as_button(bpy.ops.nn.switch_neuron, gain=0.0)
    # Blender draws first: it never frees the redo panel of an operator, whichever it is, where a file is opened before.
    yield None
    path = gui.pictures / "pending.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile()
    yield 1.0
    steps, at = agreement.undo_steps()
    gui.check("Switch Neurons" not in steps, f"what waited in the old file is no step in the new one: {steps} {at}")
    bpy.ops.wm.open_mainfile(filepath=str(path))
    yield 0.5
    yield from settled(gui, "a file that was saved before the network had run")
    gui.check(len(roots()) == 1, "it is open")
    path.unlink()
    gui.expect_report("Removed NN digits")
    gui.expect_report("Saved")


def quit_in_a_sweep(gui):
    """And with a second window: when Blender quits, the extension is disabled after the windows have been closed."""
    bpy.ops.nn.open_preferences()
    yield 1.0
    choose(gui, "conv_2", 3)
    gui.as_button(bpy.ops.nn.sweep_layer)
    yield from running(gui, 1.0)
    gui.check(jobs().running, "a sweep runs when Blender quits")
