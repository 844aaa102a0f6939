"""A user who has no TensorFlow presses one button, imports, damages the environment and repairs it."""

import shutil
import sys

import bpy
from extension import EXTENSION, jobs, package, roots


def environment():
    return package("actions.settings").environment()


def scenario(gui):
    gui.install()
    preferences = bpy.context.preferences
    preferences.system.use_online_access = False
    yield from gui.open_sidebar("NN")
    yield 0.5
    gui.screenshot("offline")
    gui.check(not bpy.ops.nn.set_up_tensorflow.poll(), "offline, the button is grey")
    preferences.system.use_online_access = True
    gui.view3d()[1].tag_redraw()
    yield 0.5
    gui.screenshot("not_set_up")
    gui.check(environment().status == "absent", "at first there is no TensorFlow")
    if sys.version_info[:2] > package("engine.tensorflow.pythons").PYTHONS[1]:
        yield from too_new_a_python(gui)
    yield from set_up(gui)
    yield from import_digits(gui)
    yield from damage_and_repair(gui)
    yield from remove(gui)


def too_new_a_python(gui):
    """A distribution's Blender may run on a Python that TensorFlow is not published for; the user names another."""
    gui.expect_report("TensorFlow needs Python 3.11, 3.12 or 3.13")
    yield from gui.press("nn.set_up_tensorflow")
    yield from gui.wait_until(lambda: jobs().error, "the refusal", 60)
    yield 0.5
    gui.screenshot("python_too_new")
    error = jobs().error
    gui.check(error.code == "environment.unsupported_python", f"Blender's own Python is refused: {error.message}")
    gui.check("Base Python" in error.fix, f"and where to choose another is said: {error.fix}")
    gui.check(environment().status == "absent", "nothing is left behind")
    bpy.context.preferences.addons[EXTENSION].preferences.base_python = str(gui.worker_python)


def set_up(gui):
    yield from gui.press("nn.set_up_tensorflow")
    yield from gui.wait_until(lambda: jobs().running and "MB" in jobs().running.progress.message, "a download", 120)
    gui.screenshot("setting_up")
    yield from gui.press("nn.cancel", columns=[0.9])
    gui.check(jobs().running is None, "setting up can be cancelled")
    gui.check(environment().status == "incomplete", "what is there is known to be incomplete")
    yield from gui.press("nn.set_up_tensorflow")
    yield from gui.wait_until(lambda: jobs().running is None, "the environment", 400)
    gui.check(jobs().error is None, f"setting up works: {jobs().error}")
    gui.check(environment().status == "ready", f"the environment is {environment().status}")


def import_digits(gui):
    yield from gui.import_digits(max_samples=2, prepare_viewport=False)
    gui.check(len(roots()) == 1, "the network is in the scene")


def damage_and_repair(gui):
    package("engine.registry").workers.close_all()
    (keras,) = environment().folder.glob("venv/lib/python3*/site-packages/keras")
    shutil.rmtree(keras)
    gui.check(environment().status == "damaged", "a missing package is noticed")
    bpy.ops.nn.open_preferences()
    yield 1.5
    gui.screenshot("preferences_damaged")
    bpy.ops.nn.set_up_tensorflow(repair=True)
    yield from gui.wait_until(lambda: jobs().running is None, "the repair", 400)
    gui.check(jobs().error is None, f"repair works: {jobs().error}")
    gui.check(environment().status == "ready" and keras.is_dir(), "the package is back")
    bpy.ops.nn.check_python()
    yield from gui.wait_until(lambda: jobs().running is None, "the check", 120)
    last = package("ui.tensorflow.last_check").checks.last
    gui.check(last and "TensorFlow" in last.verdict, f"the check says: {last}")
    yield 1.0
    gui.screenshot("preferences_ready")


def remove(gui):
    bpy.ops.nn.remove_tensorflow("EXEC_DEFAULT")
    yield from gui.wait_until(lambda: jobs().running is None, "the removal", 120)
    gui.check(not environment().folder.exists(), "the environment can be removed")
