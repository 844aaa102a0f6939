"""A user goes away from a network and comes back, by mouse wheel: what is shown follows within a moment."""

import collections
import importlib
import time

import bpy
from mathutils import Quaternion, Vector

EXTENSION = "bl_ext.user_default.nn_blender"
LIMIT = 0.3
"""Seconds after the last turn of the wheel until the tier has changed."""


def package(name):
    return importlib.import_module(f"{EXTENSION}.nn_blender.{name}")


def jobs():
    return package("ui.jobs").jobs


def root():
    return next(child for child in bpy.context.scene.collection.children if "nn_network" in child)


def thing(role):
    return next(package("scene.find").objects(root(), role))


def drawn():
    """How many instances, and vertices that are none, each role draws."""
    counts = collections.Counter()
    for instance in bpy.context.evaluated_depsgraph_get().object_instances:
        holder = instance.parent if instance.is_instance else instance.object
        role = holder.original.get("nn_role", "")
        if instance.is_instance:
            counts[role] += 1
        elif role == "slab":
            counts[role] += bool(instance.object.data.vertices)
    return counts


def region_of(gui):
    return next(region for region in gui.view3d()[1].regions if region.type == "WINDOW")


def scenario(gui):
    bpy.ops.extensions.package_install_files(
        filepath=str(gui.extension_zip), repo="user_default", enable_on_install=True
    )
    bpy.context.preferences.addons[EXTENSION].preferences.python = str(gui.worker_python)
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    folder = gui.checkout / "sample_scenes" / "digits"
    bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(folder / "digits.keras"), max_samples=6, shown=6)
    yield from gui.wait_until(lambda: jobs().running is None, "the import", 90)
    gui.check(jobs().error is None, f"the import works: {jobs().error}")
    yield 2.0
    yield from look(gui)
    yield from walk(gui)


def look(gui):
    """The view turned to the network as a user would have it, the mouse over it; Solid, since software draws here."""
    area = gui.view3d()[1]
    area.spaces.active.shading.type = "SOLID"
    view = area.spaces.active.region_3d
    view.view_perspective = "PERSP"
    view.view_location = Vector((6, 0, 1))
    view.view_rotation = Quaternion((0.7071, 0.7071, 0, 0)) @ Quaternion((0, 1, 0), -0.5)
    view.view_distance = 14
    gui.move(area.x + area.width / 2, area.y + area.height / 2)
    yield from gui.wait_until(lambda: is_in_place(view), "the viewer to be where the view is", 10)
    print("start", dict(drawn()), flush=True)
    gui.screenshot("start")


def is_in_place(view):
    where = view.view_matrix.inverted().translation
    return (thing("viewer").matrix_world.translation - where).length < 0.001 * where.length


def walk(gui):
    view = gui.view3d()[1].spaces.active.region_3d
    for clicks in (4,) * 9 + (-4,) * 14:
        before = drawn()
        gui._xdotool("click", "--repeat", str(abs(clicks)), "5" if clicks > 0 else "4")
        start = time.monotonic()
        while time.monotonic() - start < 0.8:
            yield 0.02
            now = drawn()
            if now != before:
                print("changed", round(time.monotonic() - start, 3), view.view_distance, is_in_place(view), flush=True)
                before = now
        print("walk", clicks, view.view_distance, dict(drawn()), flush=True)
