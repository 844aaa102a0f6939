"""Runs any model by its calls, also those that a graph is known of."""

from __future__ import annotations

from nn_blender.worker.running.loading import traced_model
from nn_blender.worker.running.recorders.calls.recorder import CallsRecorder
from nn_blender.worker.running.tracing.arguments import Arguments
from nn_blender.worker.running.tracing.discovery import discover


def by_calls(loaded):
    """A recorder of a loaded model that knows nothing of it but its code."""
    inputs = loaded.network.inputs
    arguments = Arguments(inputs, 0 if len(inputs) == 1 else list(range(len(inputs))))
    return CallsRecorder(traced_model(discover(loaded.keras_model, arguments), loaded.network))
