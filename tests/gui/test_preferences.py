"""A user who has a Python with TensorFlow names it in the preferences and checks it."""

import bpy
from extension import jobs, package


def scenario(gui):
    gui.install()
    yield 0.5
    bpy.ops.nn.open_preferences()
    yield 1.5
    gui.screenshot("not_set_up")
    gui.choose_tensorflow()
    yield 1.0
    bpy.ops.nn.check_python()
    yield from gui.wait_until(lambda: jobs().running is None, "the check", 120)
    last = package("ui.tensorflow.last_check").checks.last
    gui.check(last and "TensorFlow 2" in last.verdict, f"the check says: {last}")
    # Without touching anything: the page has to be drawn anew by itself.
    yield 1.5
    gui.screenshot("checked")
