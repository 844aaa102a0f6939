"""A user opens and closes blocks of a network: by a click on a book and by buttons, with undo."""

import subprocess
import tempfile
from pathlib import Path

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import package, root
from mathutils import Vector

MAKE = """
import sys
import keras, numpy as np
from keras import layers
folder = sys.argv[1]
x = entry = keras.Input((32, 32, 3), name="photo")
x = layers.Conv2D(8, 3, padding="same", activation="relu", name="stem_conv")(x)
for stage in range(3):
    for unit in range(2):
        name, short = f"stage{stage}_unit{unit}_", x
        for k in range(3):
            x = layers.Conv2D(8, 3, padding="same", name=f"{name}conv{k}")(x)
            x = layers.BatchNormalization(name=f"{name}norm{k}")(x)
            x = layers.Activation("relu", name=f"{name}relu{k}")(x)
        x = layers.Add(name=f"{name}add")([x, short])
    x = layers.MaxPooling2D(name=f"stage{stage}_pool")(x)
x = layers.GlobalAveragePooling2D(name="mean")(x)
x = layers.Dense(4, activation="softmax", name="kind")(x)
keras.Model(entry, x, name="stages").save(folder + "/stages.keras")
np.save(folder + "/photos.npy", np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype("uint8"))
"""


def objs(role):
    return list(package("scene.base.find").objects(root(), role))


def opened():
    return set(package("scene.opening.opening").opened(root()))


def shown(role):
    return {obj.get("nn_block") or obj.get("nn_layer") for obj in objs(role) if not obj.hide_viewport}


def scenario(gui):
    gui.start()
    folder = Path(tempfile.mkdtemp())
    python = package("actions.settings").worker_python()
    subprocess.run([str(python), "-c", MAKE, str(folder)], check=True, capture_output=True)
    yield from gui.open_sidebar("NN")
    samples = str(folder / "photos.npy")
    bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(folder / "stages.keras"), samples=samples, open="none")
    yield from gui.finish("the import")
    yield from gui.draw_materials()
    gui.screenshot("closed")
    gui.check(not opened() and len(shown("book")) >= 3, f"a closed network is a few books: {sorted(shown('book'))}")
    yield from click_a_book(gui)
    yield from undo(gui)
    yield from by_buttons(gui)


def click_a_book(gui):
    layers = {obj["nn_block"]: obj["nn_layers"] for obj in objs("book")}
    name = max(shown("book"), key=layers.__getitem__)
    book = next(obj for obj in objs("book") if obj["nn_block"] == name)
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    yield 0.5
    x, y = pixel(gui, book.matrix_world @ (sum((Vector(corner) for corner in book.bound_box), Vector()) / 8))
    gui.move(x, y)
    yield 0.5
    yield from gui.click(x, y)
    yield from gui.wait_until(lambda: name in opened(), f"a click to open {name}", 20)
    yield from gui.draw_materials()
    gui.screenshot("opened")
    gui.check(name not in shown("book"), f"{name} shows what is inside: {sorted(shown('book') | shown('slab'))}")


def pixel(gui, point):
    """The point of the window where a point of the world is seen."""
    region = next(region for region in gui.view3d()[1].regions if region.type == "WINDOW")
    x, y = location_3d_to_region_2d(region, region.data, point)
    return region.x + x, region.y + y


def undo(gui):
    now = opened()
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(opened() < now, f"one ctrl+z closes it again: {sorted(opened())}")
    yield from gui.key("ctrl+shift+z")
    yield 0.5
    gui.check(opened() == now, f"and redo opens it: {sorted(opened())}")


def by_buttons(gui):
    gui.in_viewport(bpy.ops.nn.close_blocks, "INVOKE_DEFAULT", True)
    yield from gui.wait_until(lambda: not opened(), "all blocks to be closed", 20)
    gui.in_viewport(bpy.ops.nn.open_level, "INVOKE_DEFAULT", True)
    yield from gui.wait_until(opened, "a level to be open", 20)
    yield 1.0
    yield from gui.draw_materials()
    gui.screenshot("level")
    books = {block for block in opened() if block in shown("book")}
    gui.check(not books, f"no open block is a book: {sorted(books)}")
