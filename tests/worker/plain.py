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
    given = json.loads(json.dumps({"model": {"file": "ready"}, **spelled_out(params)}))
    return json.loads(json.dumps(to_dict(serve(task, model, from_dict(request, given)))))


def spelled_out(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a request about a network with one input, of which tests say it in short.

    ``input_kind`` and ``preprocessing`` stand for its ``inputs``, ``file`` and ``index`` of a sample for its values.
    """
    full = dict(params)
    if "preprocessing" in full or "input_kind" in full:
        kind, preprocessing = full.pop("input_kind", "image"), full.pop("preprocessing", None)
        entering = {"name": "", "kind": kind, "reason": "", "preprocessing": preprocessing}
        if "input_shape" in full:
            full |= {"input": entering, "spec": {"name": "", "shape": full.pop("input_shape"), "dtype": "float32"}}
        else:
            full["inputs"] = [entering]
    for name in full.keys() & {"samples", "mean_samples"}:
        full[name] = [_sample(sample) for sample in full[name]]
    if "sample" in full:
        full["sample"] = _sample(full["sample"])
    return full


def _sample(sample: dict[str, Any]) -> dict[str, Any]:
    if "file" not in sample:
        return sample
    rest = {name: value for name, value in sample.items() if name not in ("file", "index")}
    return {**rest, "values": [{"file": sample["file"], "index": sample.get("index"), "member": ""}]}


def partials_in(folder: Path) -> list[dict[str, Any]]:
    """The partial results that were given in a session so far."""
    events = EventReader(folder / EVENTS_FILE).read()
    return [event.data["value"] for event in events if event.kind == "partial"]
