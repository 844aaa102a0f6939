"""Requests about single neurons: influence, weights, connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..neurons.weights import NeuronWeights
from .base import ArrayFile, ModelReference, SamplesRequest, WorkerRequest


@dataclass(frozen=True)
class InfluenceAnswer:
    """An estimate of what is lost without each neuron.

    Attributes:
        samples: how many were measured.
        influence: of the neurons of all layers, activation times gradient of the class's logit, summed over positions,
            averaged over samples; above 0 where the neuron speaks for the class. See the worker's module
            ``neurons.influence``.
        timings: seconds.
    """

    samples: int
    influence: Annotated[str, ArrayFile("float32", "neurons")]
    timings: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class InfluenceRequest(SamplesRequest[InfluenceAnswer]):
    """Estimate the influence of all neurons in one pass backwards.

    Attributes:
        answer_output: number of the output that is the network's answer.
        labels: number of the true class of every sample, None where it is not known; empty for none.
        classes: number of the class of every sample whose score is looked at, None for the one with the highest output;
            empty for the labels.
    """

    method = "influence"
    answer = InfluenceAnswer

    answer_output: int = 0
    labels: tuple[int | None, ...] = ()
    classes: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class NeuronRequest(WorkerRequest[NeuronWeights]):
    """How one neuron comes about.

    Attributes:
        layer: path.
        neuron: its number in the layer.
        most: weights in each direction.
    """

    method = "neuron"
    answer = NeuronWeights

    model: ModelReference
    layer: str
    neuron: int
    most: int = 10


@dataclass(frozen=True)
class ConnectionsAnswer:
    """The strongest weights into every neuron from neurons of other layers.

    Attributes:
        edges: number of the layer at the start, its neuron, number of the layer at the end, its neuron. Layers stand in
            their order, so do the neurons at the end, and the strongest weight comes first.
        weights: of several weights between two neurons, one per position of a window or of a feature map before a
            Flatten layer, it is their norm with the sign of their sum.
        more: by layer, how many further weights that are not 0 it has.
        left_out: paths of layers with weights from something other than neurons, such as the network's input.
    """

    edges: Annotated[str, ArrayFile("int32", "edges", "4")]
    weights: Annotated[str, ArrayFile("float32", "edges")]
    more: dict[str, int]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class ConnectionsRequest(WorkerRequest[ConnectionsAnswer]):
    """Read the weights of all layers and give the strongest.

    Attributes:
        most: per neuron.
        budget: in all layers together; where there are more, the strongest compared with their layer's strongest stay.
    """

    method = "connections"
    answer = ConnectionsAnswer

    model: ModelReference
    most: int = 3
    budget: int = 100_000
