"""Everything that differs between the Blender versions we support; nothing else asks for the version."""

from __future__ import annotations

from typing import Any

import bpy


def set_modifier_input(modifier: Any, name: str, value: Any) -> None:
    """Set an input of a geometry nodes modifier by the name its node group gives it.

    Before 5.2 inputs are custom properties of the modifier, from 5.2 on they are real properties.
    """
    socket = modifier.node_group.interface.items_tree[name]
    inputs = getattr(getattr(modifier, "properties", None), "inputs", None)
    if inputs is None:
        modifier[socket.identifier] = value
    else:
        getattr(inputs, socket.identifier).value = value


def get_modifier_input(modifier: Any, name: str) -> Any:
    """Read what `set_modifier_input` writes."""
    socket = modifier.node_group.interface.items_tree[name]
    inputs = getattr(getattr(modifier, "properties", None), "inputs", None)
    return modifier[socket.identifier] if inputs is None else getattr(inputs, socket.identifier).value


def menu_input(name: str, value: str) -> tuple[str, str]:
    """The input that a choice of a node is, and its item: ``"Pattern Mode"`` and ``"Wildcard"`` for example.

    From 5.0 on many choices are no properties but menus among the inputs, whose items carry the words of the interface.
    """
    return name.replace("_", " ").title(), value.replace("_", " ").title()


def use_nodes(block: bpy.types.Material | bpy.types.World) -> bpy.types.NodeTree:
    """Give a material or world its node tree; from 5.0 on it always has one."""
    if bpy.app.version < (5, 0, 0):
        block.use_nodes = True
    assert block.node_tree is not None
    return block.node_tree


def counts_copied_nodes() -> bool:
    """Whether what nodes use has the right number of users once their material was copied.

    Blender 4.2 counts it twice, so that it never looks unused. 4.5 and 5.2 do not.
    """
    return bpy.app.version >= (4, 5, 0)


def follows_inputs() -> bool:
    """Whether the viewport follows all inputs of a modifier's node group to where they are used, at every frame.

    Blender 4.5 does, in search of gizmos; before and after it starts from the gizmos, if there are any.
    """
    return (4, 5, 0) <= bpy.app.version < (5, 0, 0)


def eevee_engine() -> str:
    """EEVEE's identifier in this Blender."""
    return "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


def scales_by_radius() -> bool:
    """Whether Curve to Mesh makes its profile as large as the radius of the curve; from 4.5 on it is told a scale."""
    return bpy.app.version < (4, 5, 0)


def set_video_format(settings: bpy.types.ImageFormatSettings) -> None:
    """From 5.0 on the kind of media comes before the file format."""
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"


def set_picture_format(settings: bpy.types.ImageFormatSettings) -> None:
    """PNG without alpha."""
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGB"


def can_denoise() -> bool:
    """Whether Cycles has a denoiser in this build; Debian's has none."""
    try:
        import _cycles
    except ImportError:
        return False
    return bool(_cycles.with_openimagedenoise)
