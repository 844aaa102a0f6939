"""A newcomer imports through the file dialog and by dropping a file, with nothing but default options."""

import bpy
from extension import jobs, roots


def scenario(gui):
    gui.start()
    yield from gui.open_sidebar("NN")
    yield from through_the_dialog(gui, gui.checkout / "sample_scenes" / "digits")
    yield from looking_at_it(gui)
    yield from by_dropping(gui, gui.checkout / "sample_scenes" / "digits")


def through_the_dialog(gui, folder):
    yield from gui.press("nn.import_network")
    window = bpy.context.window_manager.windows[0]

    def dialog():
        return next((area for area in window.screen.areas if area.type == "FILE_BROWSER"), None)

    yield from gui.wait_until(dialog, "the file dialog", 10)
    yield 0.5
    space = dialog().spaces.active
    gui.check("*.keras" in space.params.filter_glob, "the dialog shows model files")
    space.params.directory = str(folder).encode()
    space.params.filename = "digits.keras"
    yield 1.0
    gui.screenshot("dialog")
    region = next(region for region in dialog().regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=dialog(), region=region):
        bpy.ops.file.execute()
    yield from reading(gui)
    gui.screenshot("options")
    gui.check(jobs().running is None, "the options come up after the file is chosen")
    yield from gui.key("Return")
    yield from gui.wait_until(lambda: jobs().running, "the import to start", 10)
    yield from gui.wait_until(lambda: jobs().running is None, "the import", 90)
    gui.check(jobs().error is None, f"the import works: {jobs().error}")
    gui.check(len(roots()) == 1, "the network is in the scene")


def reading(gui):
    """The file is looked into first, so that the options come with what the scene would cost."""
    yield from gui.wait_until(lambda: jobs().running, "reading to begin", 10)
    yield from gui.wait_until(lambda: jobs().running is None, "the file to be read")
    yield 2.0


def looking_at_it(gui):
    space = gui.view3d()[1].spaces.active
    gui.check(space.shading.type == "MATERIAL", "the viewport shows materials, so neurons glow")
    gui.check(space.region_3d.view_perspective == "CAMERA", "through the scene's camera")
    space.overlay.show_overlays = False
    area = gui.view3d()[1]
    gui.move(area.x + 200, area.y + 60)
    yield from gui.draw_materials()
    gui.screenshot("material_preview")
    space.shading.type = "SOLID"


def by_dropping(gui, folder):
    """Blender calls the operator like this when a file is dropped into the viewport."""
    window, area = gui.view3d()
    gui.move(area.x + area.width * 0.4, area.y + area.height * 0.5)
    yield 0.5
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.nn.import_network(
            "INVOKE_DEFAULT",
            filepath=str(folder / "digits.h5"),
            directory=str(folder),
            files=[{"name": "digits.h5"}],
            prepare_viewport=False,
        )
    yield from reading(gui)
    gui.screenshot("dropped")
    gui.check(jobs().running is None, "a dropped file is imported only once its options are confirmed")
    yield from gui.key("Return")
    yield from gui.wait_until(lambda: jobs().running, "the import to start", 10)
    yield from gui.wait_until(lambda: jobs().running is None, "the import", 90)
    gui.check(len(roots()) == 2, "the dropped file is imported")
