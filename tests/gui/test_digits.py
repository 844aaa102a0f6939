"""A user imports the digits network, walks through its panels with the mouse, removes it and takes that back."""

import sys
from pathlib import Path

import addon_utils
import bpy
import numpy as np
from extension import EXTENSION, jobs, roots

SAMPLES = 5


def objects(role, layer=None):
    return [
        obj
        for root in roots()
        for obj in root.all_objects
        if obj.get("nn_role") == role and layer in (None, obj.get("nn_layer"))
    ]


def shown_activation(layer):
    """What the layer's evaluated geometry holds at the current frame."""
    mesh = objects("neurons", layer)[0].evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    values = np.empty(len(mesh.vertices), np.float32)
    mesh.attributes["activation"].data.foreach_get("value", values)
    return values


def stored_activation(layer, sample):
    mesh = objects("neurons", layer)[0].data
    values = np.empty(len(mesh.vertices), np.float32)
    mesh.attributes[f"activation.{sample}"].data.foreach_get("value", values)
    return values


def import_digits(gui, name="digits.keras"):
    folder = gui.checkout / "sample_scenes" / "digits"
    bpy.ops.nn.import_network(
        "EXEC_DEFAULT",
        filepath=str(folder / name),
        samples=str(folder / "images"),
        max_samples=SAMPLES,
        prepare_viewport=False,
    )


def scenario(gui):
    gui.install()
    yield 0.5
    yield from gui.open_sidebar("NN")
    yield 0.5
    gui.screenshot("without_tensorflow")
    yield from without_tensorflow(gui)
    gui.choose_tensorflow()
    yield from first_import(gui)
    yield from the_panel(gui)
    yield from removal_and_undo(gui)
    yield from second_import_and_cancel(gui)
    yield from a_broken_file(gui)
    yield from disabling_while_a_job_runs(gui)
    yield from opening_a_file_while_a_job_runs(gui)


def without_tensorflow(gui):
    try:
        import_digits(gui)
        gui.check(False, "an import without TensorFlow is refused")
    except RuntimeError as error:
        gui.check("preferences" in str(error), "an import without TensorFlow says where to choose it")
    gui.check(not roots(), "and leaves the scene alone")
    yield


def first_import(gui):
    import_digits(gui)
    yield from gui.wait_until(lambda: jobs().running and jobs().running.progress.message, "progress", 20)
    yield 0.3
    gui.screenshot("importing")
    yield from gui.wait_until(lambda: jobs().running is None, "the import", 90)
    gui.check(jobs().error is None, f"the import works: {jobs().error}")
    gui.check(len(roots()) == 1, "one network is in the scene")
    layers = len(objects("slab"))
    gui.check(layers == 10, f"each layer has a slab: {layers}")
    gui.check(len(objects("neurons")) == layers, "each layer of the network has neurons")
    gui.check(len(objects("card")) >= 6, "layers with positions have feature maps")
    probabilities = shown_activation("digit")
    gui.check(abs(probabilities.sum() - 1) < 1e-5, "the output's activations are probabilities")
    gui.check(np.array_equal(probabilities, stored_activation("digit", 0)), "the first frame shows the first sample")
    area = gui.view3d()[1]
    gui.check(area.spaces.active.region_3d.view_perspective == "PERSP", "the viewport's view is the user's own")
    area.spaces.active.region_3d.view_perspective = "CAMERA"
    yield 1.0
    gui.screenshot("imported")


def the_panel(gui):
    scene = bpy.context.scene
    bpy.context.scene.nn.chosen = "SAMPLE"
    yield from gui.redrawn()
    yield from gui.press("step=1", columns=[0.96, 0.92, 0.9])
    gui.check(scene.frame_current == 25, f"the arrow goes to the next sample: frame {scene.frame_current}")
    gui.check(np.array_equal(shown_activation("dense_1"), stored_activation("dense_1", 1)), "and shows its activations")
    yield from gui.press("step=-1", columns=[0.08, 0.1, 0.06])
    gui.check(scene.frame_current == 1, "the other arrow goes back")
    bpy.ops.nn.choose_layer("EXEC_DEFAULT", layer="conv_1")
    yield from gui.redrawn()
    yield from gui.press("layer=\"conv_1\", role='neurons'", columns=[0.5, 0.45, 0.6])
    hidden = [obj for obj in objects("neurons") if obj.hide_viewport and obj.hide_render]
    gui.check([obj["nn_layer"] for obj in hidden] == ["conv_1"], "a click in the inspector hides a layer's neurons")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(not any(obj.hide_viewport for obj in objects("neurons")), "ctrl+z shows them again")
    gui.screenshot("panel")


def removal_and_undo(gui):
    gui.expect_report("Removed NN digits")
    yield from gui.press("nn.remove_network")
    gui.check(not roots(), "the button removes the network")
    left = [obj.name for obj in bpy.data.objects if "nn_network" in obj]
    gui.check(not left, f"and all its objects: {left}")
    yield 0.5
    gui.screenshot("removed")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(len(roots()) == 1 and len(objects("slab")) == 10, "ctrl+z brings it back")
    yield from gui.key("ctrl+shift+z")
    yield 0.5
    gui.check(not roots(), "ctrl+shift+z removes it again")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(len(roots()) == 1, "and ctrl+z brings it back again")


def second_import_and_cancel(gui):
    import_digits(gui)
    yield from gui.wait_until(lambda: jobs().running and jobs().running.progress.message, "progress", 20)
    yield from gui.press("nn.cancel", columns=[0.9])
    gui.check(jobs().running is None, "the cross cancels the import")
    gui.check(len(roots()) == 1, "and leaves the scene as it was")
    import_digits(gui, "digits.h5")
    yield from gui.wait_until(lambda: jobs().running is None, "the second import", 90)
    gui.check(jobs().error is None, "the next import works")
    gui.check(len(roots()) == 2, "two networks are in the scene")
    spans = sorted(
        (min(ys), max(ys))
        for root in roots()
        for ys in [
            [(obj.matrix_world @ type(obj.location)(c)).y for c in obj.bound_box]
            for obj in root.all_objects
            if obj.get("nn_role") == "slab"
        ][:1]
    )
    gui.check(spans[0][1] < spans[1][0], "they stand side by side")
    yield 1.0
    gui.screenshot("two_networks")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(len(roots()) == 1, "ctrl+z takes the whole import back")


def a_broken_file(gui):
    broken = gui.pictures / "broken.keras"
    broken.write_bytes((gui.checkout / "sample_scenes" / "digits" / "digits.keras").read_bytes()[:2000])
    bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(broken))
    yield from gui.wait_until(lambda: jobs().running is None, "the import of a broken file", 60)
    gui.check(jobs().error is not None and "broken.keras" in jobs().error.message, "a broken file is named")
    gui.check(len(roots()) == 1, "and harms nothing")
    yield 0.5
    gui.screenshot("error")
    broken.unlink()


def is_worker(process):
    try:
        return b"nn_blender/worker/__main__.py" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def disabling_while_a_job_runs(gui):
    import_digits(gui)
    yield from gui.wait_until(lambda: jobs().running and jobs().running.progress.message, "progress", 20)
    yield 1.0
    workers = sys.modules["bl_ext.user_default.nn_blender.nn_blender.engine.registry"].workers
    yield from gui.wait_until(lambda: workers.alive, "a worker to run")
    gui.check(workers.alive, "a worker runs")
    addon_utils.disable(EXTENSION, default_set=True)
    yield 1.5
    gui.check(not workers.alive, "disabling the extension ends its worker")
    left = [entry.name for entry in Path("/proc").glob("[0-9]*") if is_worker(entry)]
    gui.check(not left, f"no process is left: {left}")
    addon_utils.enable(EXTENSION, default_set=True)
    yield from gui.open_sidebar("NN")
    gui.check(len(roots()) == 1, "and the scene is as it was")


def opening_a_file_while_a_job_runs(gui):
    gui.choose_tensorflow()
    import_digits(gui)
    yield from gui.wait_until(lambda: jobs().running and jobs().running.progress.message, "progress", 20)
    yield 1.0
    bpy.ops.wm.read_homefile()
    yield 1.5
    gui.check(jobs().running is None and jobs().error is None, "opening another file ends the import quietly")
    left = [entry.name for entry in Path("/proc").glob("[0-9]*") if is_worker(entry)]
    gui.check(not left, f"its process is gone: {left}")
    gui.check(not roots(), "the new file is untouched")
    import_digits(gui)
    yield from gui.wait_until(lambda: jobs().running is None, "the next import", 90)
    gui.check(len(roots()) == 1, "the next import works in the new file")
