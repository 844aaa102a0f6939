"""An artist opens an example, makes it look otherwise, moves it, and renders a picture and a film."""

from pathlib import Path

import bpy
import numpy as np
from extension import root, roots
from mathutils import Vector
from user import User, find


def scenario(gui):
    gui.install()
    yield 1.0
    gui.open_panels("NN_PT_inspector", "NN_PT_appearance", "NN_PT_render")
    user = User(gui)
    user.begin()
    yield from user.open_sidebar()
    yield from user.press("branched_digits")
    yield from gui.wait_until(roots, "the example", 30)
    user.took(1, "from the sidebar to the example", keys=1)
    yield 1.0
    user.show_solid()
    yield from the_look(gui, user)
    yield from moving(gui, user)
    yield from rendering(gui, user)


def the_look(gui, user):
    user.begin()
    yield from user.enter("LOOK")
    yield from user.press("nn.theme", [0.75])
    yield 0.7
    user.took(2, "to a white sheet")
    gui.check(root().nn.theme == "paper", f"the theme is Paper: {root().nn.theme}")
    yield from gui.open_sections("look_parts")
    user.begin()
    yield from user.press("part='title'")
    user.took(1, "to hide the title")
    gui.check(all(obj.hide_render for obj in find("title")), "no picture shows the title")
    gui.view3d()[1].spaces.active.overlay.show_overlays = False
    yield from user.show_materials()
    yield from user.picture("look", "WINDOW", "HEADER", "UI")
    user.show_solid()


def moving(gui, user):
    """With Blender's own tool and keys, over the picture of the camera."""
    layer = "mix_1x1"
    slab, card = next(find("slab", layer)), next(find("card", layer))
    before = slab.matrix_world.translation.x, card.matrix_world.translation.x
    user.begin()
    yield from user.click(*user.pixel(slab.matrix_world @ (sum(map(Vector, slab.bound_box), Vector()) / 8)))
    yield 0.7
    active = bpy.context.view_layer.objects.active
    gui.check(active == slab, f"a click on a layer selects its slab: {active}")
    yield from user.key("g", "x", "1", "Return")
    yield 0.7
    user.took(1, "to move a layer", keys=4)
    moved = slab.matrix_world.translation.x - before[0], card.matrix_world.translation.x - before[1]
    gui.check(np.allclose(moved, 1, atol=1e-4), f"its maps come along: {moved}")
    yield from user.key("ctrl+z")
    yield 0.7
    back = next(find("slab", layer)).matrix_world.translation.x
    gui.check(abs(back - before[0]) < 1e-4, f"ctrl+z takes that back: {back}")


def rendering(gui, user):
    scene = bpy.context.scene
    yield from gui.show_only("NN_PT_render")
    scene.nn.render.size = "FULL_HD"
    yield from gui.redrawn()
    yield from user.picture("render", "UI", height=600)
    # Quick to render, without a second window over the first.
    bpy.context.preferences.view.render_display_type = "NONE"
    scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 320, 180, 2
    scene.frame_end = 2
    yield from gui.redrawn()
    user.begin()
    yield from user.press("nn.render_picture")
    yield from gui.wait_until(lambda: scene.nn.render.written, "the picture", 180)
    picture = Path(scene.nn.render.written)
    user.took(1, "to a picture")
    gui.check(picture.parent == Path.home() / "renders", f"it is where the panel says: {picture}")
    image = bpy.data.images.load(str(picture))
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    gui.check(tuple(image.size) == (320, 180), f"as large as chosen: {tuple(image.size)}")
    brightness = float(np.median(pixels.reshape(-1, 4)[:, :3]))
    gui.check(brightness > 0.6, f"and it is a white sheet: {brightness}")
    bpy.data.images.remove(image)
    yield from gui.wait_until(lambda: not bpy.app.is_job_running("RENDER"), "the end of the render", 30)
    yield from gui.redrawn()
    user.begin()
    yield from user.press("nn.render_film")
    yield from gui.wait_until(lambda: scene.nn.render.written != str(picture), "the film", 180)
    user.took(1, "to a film")
    film = Path(scene.nn.render.written)
    frames = sorted(film.glob("*.png")) if film.is_dir() else []
    is_whole = [frame.name for frame in frames] == ["0001.png", "0002.png"] or film.suffix == ".mp4"
    gui.check(is_whole, f"it is whole: {film} {frames}")
