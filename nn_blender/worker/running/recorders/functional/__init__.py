"""Runs Functional and Sequential models in segments, so that after a change only what follows it is run again."""

from __future__ import annotations

from ...keras_internals import functional_graph_of
from ...loading import LoadedModel
from .. import RECORDERS, Recorder, RecorderKind
from .alone import AloneRecorder
from .recorder import FunctionalRecorder


def _is_functional(loaded: LoadedModel) -> bool:
    return loaded.traced is None and functional_graph_of(loaded.keras_model) is not None


def _make(loaded: LoadedModel) -> Recorder:
    recorder = FunctionalRecorder(loaded)
    return AloneRecorder(recorder, loaded.copies) if loaded.copies else recorder


FUNCTIONAL = RECORDERS.register(RecorderKind("functional", _is_functional, _make))
