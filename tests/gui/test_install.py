"""A user installs the zip, finds the tab in the sidebar, switches the extension off and on again."""

import json
import subprocess

import addon_utils
import bpy
from extension import EXTENSION


def scenario(gui):
    gui.install()
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

    bpy.ops.wm.save_userpref()
    digits = gui.checkout / "sample_scenes" / "digits" / "digits.keras"
    python = ["--python", str(gui.worker_python)]

    def run(*arguments):
        command = [bpy.app.binary_path, "--command", "nn_blender", *arguments, *python]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    text = run("inspect", str(digits)).stdout
    kind = json.JSONDecoder().raw_decode(text[text.find("{") :] or "{}")[0].get("kind")
    gui.check(kind == "keras", "blender --command nn_blender inspects")
    scene = gui.pictures / "from_the_command_line.blend"
    imported = run("import", str(digits), "--max-samples", "2", "--save", str(scene))
    gui.check(imported.returncode == 0 and scene.exists(), "and imports")
    scene.unlink(missing_ok=True)
    gui.check(run("import", "nowhere.keras").returncode == 2, "and bad input is exit code 2")
    yield
