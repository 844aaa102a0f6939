"""Runs models made of Python code as a whole, and hears of every call of a layer inside."""

from __future__ import annotations

from ...loading import LoadedModel
from .. import RECORDERS, RecorderKind
from .recorder import CallsRecorder


def _is_traced(loaded: LoadedModel) -> bool:
    return loaded.traced is not None


CALLS = RECORDERS.register(RecorderKind("calls", _is_traced, CallsRecorder))
