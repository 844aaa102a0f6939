"""Structures of real networks, and of small ones put together in a test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nn_blender.core.network import Layer, Network, TensorSpec

sys.path.insert(0, str(Path(__file__).parent))  # Tests import what stands beside them.

from known_networks import read_network

AXES: dict[int, tuple[str, ...]] = {1: ("unit",), 2: ("time", "unit"), 3: ("height", "width", "channel")}


@pytest.fixture(scope="session")
def known_network() -> Callable[[str], Network]:
    """See `known_networks`."""
    return read_network


Row = tuple[str, str, tuple[int, ...], int] | tuple[str, str, tuple[int, ...], int, tuple[str, ...]]


@pytest.fixture(scope="session")
def make_network() -> Callable[[list[Row]], Network]:
    """A network of rows: path, class, output shape, parameters, and what it reads unless that is the row before."""

    def make(rows: list[Row]) -> Network:
        layers: list[Layer] = []
        for path, class_name, shape, parameters, *inputs in rows:
            reads = inputs[0] if inputs else (layers[-1].path if layers else "input",)
            layers.append(Layer(path, class_name, shape, AXES[len(shape)], parameters, reads))
        total = sum(layer.parameters for layer in layers)
        return Network("made", "", "", tuple(layers), (TensorSpec("input", (8,)),), (layers[-1].path,), total)

    return make
