"""The options say what a file is before it is imported, and hide the cube that Blender starts with."""

import subprocess
import tempfile
from pathlib import Path

import bpy
from extension import jobs, package, roots

MAKE = """
import sys
import keras
folder = sys.argv[1]
layers = keras.layers
a, b = keras.Input((3,), name="age"), keras.Input((4,), name="rooms")
keras.Model([a, b], layers.Dense(1, name="price")(layers.Concatenate()([a, b]))).save(folder + "/two_inputs.keras")
x = keras.Input((28, 28, 1), name="image")
y = layers.Flatten()(layers.Lambda(lambda v: v * 2, name="twice")(x))
keras.Model(x, layers.Dense(10, activation="softmax", name="digit")(y)).save(folder + "/code_inside.keras")
"""


def scenario(gui):
    gui.install()
    gui.choose_tensorflow()
    folder = Path(tempfile.mkdtemp(prefix="models-"))
    subprocess.run([gui.worker_python, "-c", MAKE, folder], check=True)
    yield from gui.open_sidebar("NN")
    for name in ("two_inputs", "code_inside"):
        yield from asked(gui, folder / f"{name}.keras")
        gui.screenshot(name)
        said = next(iter(package("ui.network.import_drawing")._surveys.values()))
        gui.check(said.cautions, f"what will not be shown is told: {said.cautions}")
        gui.check(bool(said.code) == (name == "code_inside"), f"and code: {said.code}")
        yield from gui.key("Escape")
        yield 0.5
        gui.check(not roots(), "nothing is imported where the options are left")
    yield from asked(gui, gui.checkout / "sample_scenes" / "digits" / "digits.keras")
    gui.screenshot("digits")
    yield from gui.key("Return")
    yield from gui.wait_until(lambda: jobs().running, "the import to start", 10)
    yield from gui.finish("the import")
    cube = bpy.data.objects["Cube"]
    gui.check(cube.hide_get() and cube.hide_render, "the cube is hidden, not deleted")
    yield 1.0
    gui.screenshot("imported")
    gui.in_viewport(bpy.ops.nn.remove_network, "EXEC_DEFAULT", True)
    cube = bpy.data.objects["Cube"]
    gui.check(not cube.hide_get() and not cube.hide_render, "it is back without the network")


def asked(gui, file):
    """As if the file were dropped, with the mouse where the options will not be."""
    _, area = gui.view3d()
    gui.move(area.x + area.width * 0.3, area.y + area.height * 0.5)
    yield 0.5
    gui.in_viewport(
        bpy.ops.nn.import_network,
        "INVOKE_DEFAULT",
        filepath=str(file),
        directory=str(file.parent),
        files=[{"name": file.name}],
    )
    yield from gui.wait_until(lambda: jobs().running, "reading to begin", 10)
    yield from gui.wait_until(lambda: jobs().running is None, "the file to be read")
    yield 2.0
