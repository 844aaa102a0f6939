"""A user opens and closes blocks of a network: by a click on a book and by buttons, with undo."""

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import package, root
from mathutils import Vector


def objs(role):
    return list(package("scene.base.find").objects(root(), role))


def opened():
    return set(package("scene.opening.opening").opened(root()))


def shown(role):
    return {obj.get("nn_block") or obj.get("nn_layer") for obj in objs(role) if not obj.hide_viewport}


def scenario(gui):
    gui.start()
    yield from gui.import_digits(max_samples=4, shown=4)
    yield from gui.draw_materials()
    gui.screenshot("imported")
    before = opened()
    gui.check(before and shown("slab") and not shown("book"), f"ten layers are ten layers: {sorted(before)}")
    yield from close_all(gui, before)
    yield from click_a_book(gui)
    yield from undo(gui)


def close_all(gui, before):
    gui.in_viewport(bpy.ops.nn.close_blocks, "INVOKE_DEFAULT", True)
    yield from gui.wait_until(lambda: not opened(), "all blocks to be closed", 20)
    yield from gui.draw_materials()
    gui.screenshot("closed")
    gui.check(len(shown("book")) >= 2 and not before & shown("slab"), f"closed blocks are books: {shown('book')}")


def click_a_book(gui):
    book = next(obj for obj in objs("book") if not obj.hide_viewport)
    name = book["nn_block"]
    gui.in_viewport(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    yield 0.5
    x, y = pixel(gui, book.matrix_world @ (sum((Vector(corner) for corner in book.bound_box), Vector()) / 8))
    gui.move(x, y)
    yield 0.5
    yield from gui.click(x, y)
    yield from gui.wait_until(lambda: name in opened(), f"a click to open {name}", 20)
    yield from gui.draw_materials()
    gui.screenshot("opened")
    gui.check(name not in shown("book"), f"{name} shows what is inside: {sorted(shown('slab'))}")


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
