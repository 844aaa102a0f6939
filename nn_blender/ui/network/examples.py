"""Opens the scenes that come with the extension, each as a new file without a name."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from ...actions.network.examples import EXAMPLES, find_all_files
from ..common.viewport import show_in_viewport

ITEMS = tuple((example.name, example.title, example.description) for example in EXAMPLES)


class NN_OT_open_example(bpy.types.Operator):
    """Open a ready scene of a trained network as a new file. It plays and renders without TensorFlow"""

    bl_idname = "nn.open_example"
    bl_label = "Open Example"

    example: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Example", description="Which scene to open", items=ITEMS, options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        (chosen,) = [example for example in EXAMPLES if example.name == properties.example]
        return f"{chosen.description}. Opens as a new file; it plays and renders without TensorFlow"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.properties.is_property_set("example"):
            bpy.ops.wm.call_menu(name=NN_MT_examples.__name__)
            return {"CANCELLED"}
        # Not from inside an operator, which would be gone with the file; Blender asks whether to save that first.
        bpy.app.timers.register(partial(_open_in_window, str(self._scene())), first_interval=0)
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.wm.read_homefile(filepath=str(self._scene()), load_ui=False)
        return {"FINISHED"}

    def _scene(self) -> Path:
        (chosen,) = [example for example in EXAMPLES if example.name == self.example]
        return chosen.scene


class NN_MT_examples(bpy.types.Menu):
    bl_label = "Open Example"

    def draw(self, context: bpy.types.Context) -> None:
        draw_examples(self.layout)


def draw_examples(layout: bpy.types.UILayout) -> None:
    """An entry or button for each example."""
    layout.operator_context = "INVOKE_DEFAULT"
    for example in EXAMPLES:
        layout.operator("nn.open_example", text=example.title, icon="SCENE_DATA").example = example.name


def start() -> None:
    bpy.app.handlers.load_post.append(_enter_example)


def stop() -> None:
    bpy.app.handlers.load_post.remove(_enter_example)


def _open_in_window(scene: str) -> None:
    """As *New* opens the startup file, in the window's own arrangement of editors."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.wm.read_homefile("INVOKE_DEFAULT", filepath=scene, load_ui=False)


@persistent
def _enter_example(*_: object) -> None:
    """What a file that comes with the extension needs when it is opened: its model's place, and a view of it."""
    if find_all_files() and not bpy.app.background:
        show_in_viewport(bpy.context.scene)


CLASSES = (NN_OT_open_example, NN_MT_examples)
