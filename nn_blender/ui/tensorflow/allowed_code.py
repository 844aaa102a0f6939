"""What code the user has let run: a list in the preferences, from which it can be taken back."""

from __future__ import annotations

import bpy

from ...actions.settings import consents_file
from ...core.errors import UserError
from ...engine.consents import consents
from ..common.jobs import report_error
from ..common.sidebar import draw_lines

ALL = -1


class NN_OT_withdraw_consent(bpy.types.Operator):
    """No longer let this code run; the next import of its model asks again. What runs now goes on"""

    bl_idname = "nn.withdraw_consent"
    bl_label = "Withdraw"

    number: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Number", description="Place in the list, from 0; -1 for all", default=ALL, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not consents.entries:
            cls.poll_message_set("No code was allowed to run")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            consents.withdraw(None if self.number == ALL else self.number)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def draw_allowed_code(layout: bpy.types.UILayout, width: int) -> None:
    """A line per model, and one button for all of them."""
    entries = consents.entries
    box = layout.box()
    if not entries:
        box.label(text="No code from model files may run.", icon="CHECKMARK")
        return
    box.label(text=f"Code may run from {len(entries)} model{'s' if len(entries) > 1 else ''}:", icon="SCRIPT")
    for number, consent in enumerate(entries):
        row = box.row()
        draw_lines(row, f"{consent.name} ({consent.model[:8]})", width=width)
        row.operator("nn.withdraw_consent", text="", icon="X").number = number
    box.operator("nn.withdraw_consent", text="Withdraw All", icon="TRASH").number = ALL


def start() -> None:
    consents.keep_in(consents_file())


def stop() -> None:
    consents.keep_in(None)


CLASSES = (NN_OT_withdraw_consent,)
