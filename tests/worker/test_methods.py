"""What can be asked is what is answered."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import get_type_hints

import pytest

from nn_blender.core import requests
from nn_blender.core.requests.base import WorkerRequest
from nn_blender.worker import methods


def defined() -> set[type]:
    modules = [
        importlib.import_module(f"{requests.__name__}.{found.name}")
        for found in pkgutil.iter_modules(requests.__path__)
    ]
    classes = {obj for module in modules for _, obj in inspect.getmembers(module, inspect.isclass)}
    return {cls for cls in classes if issubclass(cls, WorkerRequest) and "method" in vars(cls)}


def test_every_request_is_served_and_nothing_else():
    assert {method.request for method in methods.METHODS.values()} == defined()
    assert all(name == method.request.method for name, method in methods.METHODS.items())


@pytest.mark.parametrize("name", methods.METHODS)
def test_a_request_is_served_by_a_function_that_takes_it_and_gives_its_answer(name):
    request, serve = methods.METHODS[name]
    hints = list(get_type_hints(serve).values())
    assert hints[-2:] == [request, request.answer]
