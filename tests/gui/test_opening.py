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
    gui.open_panels("NN_PT_opening")
    folder = Path(tempfile.mkdtemp())
    python = package("actions.settings").worker_python()
    subprocess.run([str(python), "-c", MAKE, str(folder)], check=True, capture_output=True)
    yield from gui.open_sidebar("NN")
    samples = str(folder / "photos.npy")
    bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(folder / "stages.keras"), samples=samples, open="none")
    yield from gui.finish("the import")
    yield from gui.draw_materials()
    gui.screenshot("closed")
    overlay = gui.view3d()[1].spaces.active.overlay
    crossing = [
        name for name in ("show_floor", "show_ortho_grid", "show_axis_x", "show_axis_y") if getattr(overlay, name)
    ]
    gui.check(not crossing, f"neither grid nor axes cross the picture: {crossing}")
    gui.check(not opened() and len(shown("book")) >= 3, f"a closed network is a few books: {sorted(shown('book'))}")
    yield from click_a_layer(gui)
    yield from click_a_book(gui)
    yield from undo(gui)
    yield from click_the_ground(gui)
    yield from by_buttons(gui)
    yield from edit(gui)
    yield from frame(gui)


def lit():
    return package("scene.flow.ribbons").lit_part(root())


def click_a_layer(gui):
    name = next(iter(shown("slab")))
    slab = next(obj for obj in objs("slab") if obj["nn_layer"] == name)
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    yield 0.5
    yield from gui.click(*pixel(gui, middle(slab)))
    gui.check(lit() == name, f"a click on {name} lights its ways: {lit()!r}")
    yield from gui.draw_materials()
    gui.screenshot("lit")
    region = window_region(gui)
    yield from gui.click(region.x + 0.4 * region.width, region.y + 20)
    gui.check(lit() == "", f"a click on nothing puts them back: {lit()!r}")


def click_a_book(gui):
    layers = {obj["nn_block"]: obj["nn_layers"] for obj in objs("book")}
    name = max(shown("book"), key=layers.__getitem__)
    book = next(obj for obj in objs("book") if obj["nn_block"] == name)
    x, y = pixel(gui, middle(book))
    gui.move(x, y)
    yield 0.5
    yield from gui.click(x, y)
    yield from gui.wait_until(lambda: name in opened(), f"a click to open {name}", 20)
    yield from gui.draw_materials()
    gui.screenshot("opened")
    gui.check(name not in shown("book"), f"{name} shows what is inside: {sorted(shown('book') | shown('slab'))}")


def middle(obj):
    return obj.matrix_world @ (sum((Vector(corner) for corner in obj.bound_box), Vector()) / 8)


def window_region(gui):
    return next(region for region in gui.view3d()[1].regions if region.type == "WINDOW")


def pixel(gui, point):
    """The point of the window where a point of the world is seen."""
    region = window_region(gui)
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


def click_the_ground(gui):
    """In the lower left corner of what the open block stands on."""
    (name,) = opened()
    trays = package("scene.network.description").read_description(root()).opening.picture.trays
    rect = next(tray.rect for tray in trays if tray.part == name)
    corner = package("core.layout.picture").floor_point((rect.x + 0.06, rect.bottom - 0.06))
    x, y = pixel(gui, objs("anchor")[0].matrix_world @ Vector(corner))
    gui.move(x, y)
    yield 0.5
    gui.screenshot("ground")
    yield from gui.click(x, y)
    yield from gui.wait_until(lambda: not opened(), f"a click on its ground to close {name}", 20)
    yield 0.5
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(opened() == {name}, f"one ctrl+z opens it again: {sorted(opened())}")


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


def edit(gui):
    """Another name, and two blocks joined and dissolved again by the buttons of the panel."""
    hierarchy = package("scene.network.description").read_description

    def names():
        return [part.name for part in hierarchy(root()).opening.root.children]

    gui.in_viewport(bpy.ops.nn.close_blocks, "INVOKE_DEFAULT", True)
    yield from gui.wait_until(lambda: not opened(), "all blocks to be closed", 20)
    before = names()
    chosen = next(part for part in hierarchy(root()).opening.root.children if part.is_block)
    package("ui.common.choices").choose_part(root(), chosen.id)
    yield from gui.open_sections("blocks_editing", "block_flow", "block_keys")
    yield from gui.show_only("NN_PT_inspector", "NN_PT_opening")
    gui.screenshot("sidebar")
    yield from gui.show_only("NN_PT_opening")
    gui.as_button(bpy.ops.nn.rename_part, name="Entrance")
    yield 1.0
    gui.check("Entrance" in names(), f"the block has another name: {names()}")
    yield from gui.press("nn.join_next")
    yield from gui.wait_until(lambda: len(names()) == len(before) - 1, "two blocks to be one", 10)
    yield 1.0
    gui.screenshot("joined")
    yield from gui.press("nn.dissolve_block")
    yield from gui.wait_until(lambda: len(names()) == len(before), "the block to be dissolved", 10)
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(len(names()) == len(before) - 1, f"one ctrl+z brings the block back: {names()}")


def frame(gui):
    """Blender's Home key and the buttons show the network, a block, a layer."""
    space = gui.view3d()[1].spaces.active
    gui.in_viewport(bpy.ops.view3d.view_persportho)
    space.region_3d.view_perspective = "ORTHO"
    yield 0.5
    region = window_region(gui)
    gui.move(region.x + 0.4 * region.width, region.y + 0.5 * region.height)
    yield 0.3
    yield from gui.key("Home")
    yield 1.0
    gui.screenshot("home")
    home = share_of_view(gui)
    gui.check(home > 0.15, f"Home shows the network, from its first book to its last on {home:.2f} of the view")
    gui.in_viewport(bpy.ops.nn.frame, what="NETWORK")
    yield 0.5
    gui.screenshot("framed")
    gui.check(share_of_view(gui) > max(home, 0.4), f"Frame shows it larger: on {share_of_view(gui):.2f}")


def share_of_view(gui):
    """How much of the viewport's width or height the books and slabs take."""
    region = window_region(gui)
    seen = [obj for role in ("book", "slab", "input frame") for obj in objs(role) if not obj.hide_viewport]
    places = [pixel(gui, middle(obj)) for obj in seen]
    wide = max(x for x, _ in places) - min(x for x, _ in places)
    high = max(y for _, y in places) - min(y for _, y in places)
    return max(wide / region.width, high / region.height)
