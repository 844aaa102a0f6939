"""Structures of real networks."""

from __future__ import annotations

import json
from pathlib import Path

from nn_blender.core.network import Layer, Network, TensorSpec

NETWORKS = Path(__file__).parent / "networks"


def read_network(name: str) -> Network:
    """A network out of ``networks/``, as `make_networks` wrote it."""
    data = json.loads((NETWORKS / f"{name}.json").read_text())
    paths = [row[0] for row in data["layers"]]
    layers = tuple(
        Layer(
            path=path,
            class_name=class_name,
            output_shape=tuple(shape),
            axes=tuple(data["axes"][axes]),
            parameters=parameters,
            inputs=tuple(paths[k - back] if isinstance(back, int) else back for back in inputs),
        )
        for k, (path, class_name, shape, axes, parameters, inputs) in enumerate(data["layers"])
    )
    inputs = tuple(TensorSpec(spec, tuple(shape), dtype) for spec, shape, dtype in data["inputs"])
    return Network(name, "", "", layers, inputs, tuple(data["outputs"]), data["parameters"])
