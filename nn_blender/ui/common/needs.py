"""Conditions that operators poll, with the reasons they give when they cannot run."""

from __future__ import annotations

from typing import Any

import bpy

from ...actions.settings import worker_python
from ...scene.base import contract
from ...scene.network.description import unreadable
from .active import active_network, active_slab
from .jobs import jobs
from .knowing import are_neurons_edited, known_description
from .sidebar import NeedsNetwork

SET_UP_FIRST = "Set up TensorFlow first, here or in the extension's preferences"


def no_description(root: bpy.types.Collection) -> str:
    """Why a network has no description, as it is said of what cannot be pressed."""
    return unreadable(root).message.removesuffix(".")


def reason_against_running(root: bpy.types.Collection) -> str:
    """Why a network cannot be run as it is described; empty where it can."""
    if worker_python() is None:
        return SET_UP_FIRST
    return no_description(root) if known_description(root) is None else ""


def edit_mode_reason(*roots: bpy.types.Collection) -> str:
    """Why neurons of networks can neither be read nor written now; empty where they can."""
    return "Leave Edit Mode first" if any(map(are_neurons_edited, roots)) else ""


class NeedsObjectMode(NeedsNetwork):
    """For operators that read or write a network's neurons: a mesh in Edit Mode shows no values."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        reason = edit_mode_reason(active_network(context))
        if reason:
            cls.poll_message_set(reason)
        return not reason


class NeedsDescription(NeedsNetwork):
    """For operators that read what a network's description says; another version or a person may have written it."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        root = active_network(context)
        if known_description(root) is None:
            cls.poll_message_set(no_description(root))
            return False
        return True


class NeedsLayer(NeedsNetwork):
    """For operators on the neurons of the chosen layer."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        slab = active_slab(context)
        if slab is None or not slab[contract.NEURONS]:
            cls.poll_message_set("Choose a layer that has neurons first")
            return False
        return True


class NeedsReason(NeedsNetwork):
    """For operators that say by `reason_against` why they cannot run, after the reasons of the classes behind it."""

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why it cannot be done to a network; empty where it can."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        reason = cls.reason_against(active_network(context))
        if reason:
            cls.poll_message_set(reason)
        return not reason


class StartsJob(NeedsReason):
    """For operators that start a job on the network; it pushes its own undo step when its last value is written."""

    bl_options = {"REGISTER"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why the job cannot be started; empty where it can."""
        return SET_UP_FIRST if worker_python() is None else ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        operator: Any = cls
        return super().poll(context) and jobs.poll(operator)
