"""A user installs the zip, finds the tab in the sidebar, switches the extension off and on again."""

import addon_utils
import bpy

EXTENSION = "bl_ext.user_default.nn_blender"


def scenario(gui):
    bpy.ops.extensions.package_install_files(
        filepath=str(gui.extension_zip), repo="user_default", enable_on_install=True
    )
    yield 0.5
    gui.check(EXTENSION in bpy.context.preferences.addons, "the zip installs and enables")
    yield from gui.open_sidebar("NN")
    yield 0.5
    gui.check(gui.sidebar().active_panel_category == "NN", "the sidebar has the tab NN")
    gui.screenshot("enabled")

    addon_utils.disable(EXTENSION, default_set=True)
    gui.view3d()[1].tag_redraw()
    yield 1.0
    gui.check(gui.sidebar().active_panel_category != "NN", "a disabled extension takes its tab away")
    gui.screenshot("disabled")

    addon_utils.enable(EXTENSION, default_set=True)
    yield from gui.open_sidebar("NN")
    yield 0.5
    gui.check(gui.sidebar().active_panel_category == "NN", "enabled again, the tab is back")
    gui.screenshot("enabled_again")
