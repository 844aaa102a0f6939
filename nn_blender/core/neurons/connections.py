"""The strongest weights between the neurons of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..network import Network


@dataclass(frozen=True)
class LayerConnections:
    """Weights into the neurons of a layer, from neurons of another.

    Attributes:
        layer: path of the layer that reads.
        source: path of the layer that is read.
        neurons: int32 (connections, 2): the neuron that is read, and the neuron that reads it.
        weights: float32 (connections,); see `core.requests.neurons.ConnectionsAnswer`.
        more: how many further weights the layer has.
    """

    layer: str
    source: str
    neurons: np.ndarray
    weights: np.ndarray
    more: int


@dataclass(frozen=True)
class Connections:
    """The strongest weights of a network, layer by layer.

    Attributes:
        most: how many were asked for per neuron.
        left_out: paths of layers that read something other than neurons.
    """

    layers: tuple[LayerConnections, ...]
    most: int
    left_out: tuple[str, ...] = ()

    @classmethod
    def from_edges(
        cls,
        edges: np.ndarray,
        weights: np.ndarray,
        more: Mapping[str, int],
        network: Network,
        most: int,
        left_out: tuple[str, ...] = (),
    ) -> Connections:
        """From edges and weights of all layers; layers without connections are left out.

        Args:
            edges: int32 (edges, 4), see `core.requests.neurons.ConnectionsAnswer`, as for ``weights`` and ``more``.
        """
        starts = np.flatnonzero(np.diff(edges[:, 2], prepend=-1))
        layers = []
        for start, end in pairwise([*starts, len(edges)]):
            path = network.layers[edges[start, 2]].path
            source = network.layers[edges[start, 0]].path
            neurons = np.ascontiguousarray(edges[start:end, [1, 3]])
            layers.append(LayerConnections(path, source, neurons, np.array(weights[start:end]), more[path]))
        return cls(tuple(layers), most, left_out)
