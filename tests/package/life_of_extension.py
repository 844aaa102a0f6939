"""Runs in a fresh Blender of its own: installs the zip, enables, disables, and prints what each step left behind.

Usage: python life_of_extension.py ZIP. The answer is one line of JSON.
"""

import json
import sys

import bpy

# isort: split
import addon_utils  # bpy puts it on the path
from bl_ui.space_toolsystem_toolbar import VIEW3D_PT_tools_active

EXTENSION = "bl_ext.user_default.nn_blender"
OWNERS = ("Scene", "Object", "Collection", "Mesh", "Material", "Image", "Text", "WindowManager", "World", "NodeTree")
REGISTRIES = ("Operator", "Panel", "Menu", "UIList", "PropertyGroup", "AddonPreferences", "FileHandler", "Header")


def traces() -> list[str]:
    """Give the names of everything an extension can leave in Blender."""
    found = [
        f"class {registry}.{cls.__name__}"
        for registry in REGISTRIES
        for cls in getattr(bpy.types, registry).__subclasses__()
        if getattr(cls, "is_registered", False)
    ]
    found += [
        f"property {owner}.{name}"
        for owner in OWNERS
        for name in dict(getattr(bpy.types, owner).bl_rna.properties.items())
    ]
    for name in dir(bpy.app.handlers):
        handlers = getattr(bpy.app.handlers, name)
        if isinstance(handlers, list):
            found += [f"handler {name} {handler.__module__}.{handler.__qualname__}" for handler in handlers]
    for menu in dir(bpy.types):
        draw = getattr(getattr(bpy.types, menu), "draw", None)
        # The menu's own entries stand there too, from the first time on that something is added to them.
        found += [
            f"menu entry {menu} {entry.__qualname__}"
            for entry in getattr(draw, "_draw_funcs", ())
            if entry.__qualname__ != f"{menu}.draw"
        ]
    found += [f"tool {name}" for name in tools()]
    for configuration in bpy.context.window_manager.keyconfigs:
        found += [
            f"key {keymap.name} {item.idname}" for keymap in configuration.keymaps for item in keymap.keymap_items
        ]
    return sorted(found)


def tools() -> list[str]:
    """Give the names of the tools in the 3D viewport; some stand in a group behind one button."""
    found = VIEW3D_PT_tools_active._tools["OBJECT"]
    flat = [tool for item in found for tool in (item if type(item) is tuple else [item])]
    return [tool.idname for tool in flat if hasattr(tool, "idname")]


def our_timers() -> list[str]:
    """Give our functions that Blender's timers would call; the timers themselves cannot be listed."""
    loaded = [module for name, module in sys.modules.items() if name.startswith(EXTENSION)]
    values = [value for module in loaded for value in vars(module).values()]
    # Stores of the interface have a timer each.
    values += [value for holder in values for value in getattr(holder, "__dict__", {}).values()]
    functions = {id(value): value for value in values if callable(value)}.values()
    return sorted(repr(function) for function in functions if bpy.app.timers.is_registered(function))


def main() -> None:
    traces()  # Blender makes the Python classes of its own types when they are first asked for
    before = traces()
    bpy.ops.extensions.package_install_files(filepath=sys.argv[-1], repo="user_default", enable_on_install=True)
    addon = bpy.context.preferences.addons[EXTENSION]
    answer = {"preferences": type(addon.preferences).__name__, "added": sorted(set(traces()) - set(before))}
    addon_utils.disable(EXTENSION)
    answer["left after disabling"] = sorted(set(traces()) ^ set(before)) + our_timers()
    addon_utils.enable(EXTENSION)
    answer["added again"] = sorted(set(traces()) - set(before))
    addon_utils.disable(EXTENSION)
    answer["left at the end"] = sorted(set(traces()) ^ set(before)) + our_timers()
    print(json.dumps(answer))


main()
