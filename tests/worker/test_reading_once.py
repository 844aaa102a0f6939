"""A model file is read and hashed once, however often it is asked about, until it changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.requests.base import ModelReference
from nn_blender.core.requests.models import InspectRequest, LoadRequest
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.methods import METHODS
from nn_blender.worker.models import inspecting
from nn_blender.worker.running import runs


@pytest.fixture
def model(digits, tmp_path, request) -> Path:
    return Path(shutil.copy(digits / getattr(request, "param", "digits.keras"), tmp_path))


@pytest.fixture
def task(tmp_path) -> Task:
    return Task(1, EventLog(tmp_path), lambda: False)


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """What was read and hashed, in order."""
    done: list[str] = []
    for name in ("read_model_file", "hash_of"):
        original = getattr(inspecting, name)
        monkeypatch.setattr(
            inspecting, name, lambda path, original=original, name=name: done.append(name) or original(path)
        )
    monkeypatch.setattr(inspecting, "_examined", {})
    monkeypatch.setattr(runs, "_ready", {})
    return done


def ask(task, request):
    return METHODS[request.method].serve(task, request)


@pytest.mark.parametrize("model", ["digits.keras", "digits.h5"], indirect=True)
def test_inspecting_twice_and_loading_twice_reads_and_hashes_the_file_once(task, model, read):
    seen = [ask(task, InspectRequest(model)) for _ in range(2)]
    reference = ModelReference(model, seen[0].network.sha256)
    loaded = [ask(task, LoadRequest.of(reference)) for _ in range(2)]
    assert read == ["read_model_file", "hash_of"]
    assert seen[0] == seen[1]
    assert loaded[0].network.sha256 == seen[0].network.sha256
    # Consent makes it another model, but not another file; what Keras did with the settings has not changed them.
    runs._ready.clear()
    again = ask(task, LoadRequest(model, allow_code=True))
    assert again.network == loaded[0].network
    assert read == ["read_model_file", "hash_of"]


def test_a_file_that_changed_is_read_again(task, model, digits, read):
    before = ask(task, InspectRequest(model))
    shutil.copy(digits / "digits.h5", model)
    after = ask(task, InspectRequest(model))
    assert (before.kind, after.kind) == ("keras", "h5")
    assert before.network.sha256 != after.network.sha256
    with pytest.raises(UserError) as caught:
        ask(task, LoadRequest(model, before.network.sha256))
    assert caught.value.code == "model.changed"


def test_a_file_of_the_same_size_and_time_at_the_same_place_is_another_one(task, model, tmp_path, read):
    stat = model.stat()
    ask(task, InspectRequest(model))
    other = Path(shutil.copy(model, tmp_path / "other.keras"))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(model)
    ask(task, InspectRequest(model))
    assert read.count("hash_of") == 2


def test_a_file_that_is_written_to_while_it_is_read_is_not_remembered(task, model, monkeypatch, read):
    hashed = inspecting.hash_of

    def hash_and_touch(path):
        os.utime(path, ns=(1, len(read)))
        return hashed(path)

    monkeypatch.setattr(inspecting, "hash_of", hash_and_touch)
    for _ in range(2):
        ask(task, InspectRequest(model))
    assert read.count("hash_of") == 2


def test_a_file_that_is_gone_is_an_error_even_if_it_was_known(task, model, read):
    ask(task, InspectRequest(model))
    model.unlink()
    for request in (InspectRequest(model), LoadRequest(model)):
        with pytest.raises(UserError) as caught:
            ask(task, request)
        assert caught.value.code == "model.missing"
