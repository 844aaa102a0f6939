"""Requests as they reach the worker, and answers as they leave it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nn_blender.core.codec import from_dict, to_dict
from nn_blender.core.protocol import EVENTS_FILE, EventReader
from nn_blender.core.requests.base import WorkerRequest
from nn_blender.worker.common.events import Task


def served(
    serve: Callable[..., Any], request: type[WorkerRequest[Any]], task: Task, model: Any, **params: Any
) -> dict[str, Any]:
    """What is answered to a request about a model that is ready, as plain data."""
    given = json.loads(json.dumps({"model": {"file": "ready"}, **params}))
    return json.loads(json.dumps(to_dict(serve(task, model, from_dict(request, given)))))


def partials_in(folder: Path) -> list[dict[str, Any]]:
    """The partial results that were given in a session so far."""
    events = EventReader(folder / EVENTS_FILE).read()
    return [event.data["value"] for event in events if event.kind == "partial"]
