"""Dataclasses as plain data for JSON, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from nn_blender.core.codec import from_dict, to_dict
from nn_blender.core.inputs import NetworkInput
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.recording import Sample, SampleValue
from nn_blender.core.requests.base import ModelReference, StreamingRequest, WorkerRequest
from nn_blender.core.requests.interventions import SweepRequest, ToggleRequest
from nn_blender.core.requests.models import InspectRequest
from nn_blender.core.requests.samples import RunRequest


@dataclass(frozen=True)
class Inner:
    name: str
    place: Path | None = None


@dataclass(frozen=True)
class Outer:
    inners: tuple[Inner, ...]
    by_name: dict[str, tuple[int, ...] | None]
    size: tuple[int, int] | None
    file: Annotated[str, "a note"]
    either: str | float = "maximum"
    labels: tuple[int | None, ...] = ()


EVERYTHING = Outer(
    (Inner("a"), Inner("b", Path("/x/ü"))), {"c": (1, 2), "d": None}, (3, 4), "values.npy", 0.5, (1, None)
)


def through_json(obj):
    return from_dict(type(obj), json.loads(json.dumps(to_dict(obj))))


def test_everything_comes_back_as_it_was():
    assert through_json(EVERYTHING) == EVERYTHING
    plain = json.loads(json.dumps(to_dict(EVERYTHING)))
    assert plain == {
        "inners": [{"name": "a", "place": None}, {"name": "b", "place": "/x/ü"}],
        "by_name": {"c": [1, 2], "d": None},
        "size": [3, 4],
        "file": "values.npy",
        "either": 0.5,
        "labels": [1, None],
    }


def test_a_missing_entry_takes_the_default_and_an_unknown_or_needed_one_is_refused():
    data = {"inners": [], "by_name": {}, "size": None, "file": "x"}
    assert from_dict(Outer, data) == Outer((), {}, None, "x")
    with pytest.raises(TypeError, match="colour"):
        from_dict(Outer, {**data, "colour": 1})
    with pytest.raises(TypeError, match="file"):
        from_dict(Outer, {name: value for name, value in data.items() if name != "file"})


def test_classes_that_nothing_tells_apart_are_refused():
    @dataclass(frozen=True)
    class Mixed:
        one: ModelReference | Sample

    with pytest.raises(TypeError, match="apart"):
        from_dict(Mixed, {"one": {}})


def test_the_path_of_a_model_file_is_all_that_inspect_needs():
    assert to_dict(InspectRequest(Path("/m.keras"))) == {"file": "/m.keras", "classes_code": ""}
    assert from_dict(InspectRequest, {"file": "/m.keras"}) == InspectRequest(Path("/m.keras"))


def test_requests_come_back_as_they_were():
    change = Intervention.from_dict({"layers": {"conv": {"off": [1], "gain": {"3": 0.5}, "replace": [1]}}})
    about = {
        "model": ModelReference(Path("/m.keras"), "0f", True, "/layers.py", "1b"),
        "inputs": (NetworkInput("in", "image", "it is", Preprocessing((28, 28), 1, mean=(0.5,))),),
        "intervention": change,
        "mean_samples": (Sample("b", (SampleValue("/b.npy", 7),), "3"),),
    }
    samples = (Sample("a", (SampleValue("/a.png"),)),)
    toggle = ToggleRequest(**about, sample=samples[0], since=Intervention())
    sweep = SweepRequest(**about, samples=samples, neurons={"conv": (1, 2), "dense": None}, labels=(None,))
    run = RunRequest(**about, samples=samples, groups=(0,))
    for request in (toggle, sweep, run):
        assert through_json(request) == request


def test_no_two_requests_have_one_name_and_each_says_what_answers_it():
    def below(cls):
        return [cls, *(found for child in cls.__subclasses__() for found in below(child))]

    package = "nn_blender.core.requests."
    requests = {cls for cls in below(WorkerRequest) if cls.__module__.startswith(package) and "method" in vars(cls)}
    assert len(requests) >= 5
    assert len({cls.method for cls in requests}) == len(requests)
    assert all("answer" in vars(cls) for cls in requests)
    assert all("partial" in vars(cls) for cls in requests if issubclass(cls, StreamingRequest))
