"""Measures how a score changes with what is at places of a network, inside one traced function.

Nothing here knows how a recorder calls its model: it gives a function that does, see `Called`. All else is found in the
graph that the call made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ...core.network import FEATURE_AXES, Layer
from .input_places import Gradients, PlaceFinder, computed_from, holds_decimals
from .keras_internals import redirect, with_own_gradients
from .recorders.slopes import InputPlace, Question, Slope, Slopes, Variation

GUIDED = {"Relu": "NnBlenderGuidedRelu", "Relu6": "NnBlenderGuidedRelu6"}
"""Which gradients take the place of which operations' own."""
OTHER_ACTIVATIONS = frozenset(
    ["Elu", "Erf", "Erfc", "LeakyRelu", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh", "While", "StatelessWhile"]
)
"""Operations of activations that have no guided gradient; what is in a loop has none either."""
_RELUS, _COMPARING = ("ReLU", "ThresholdedReLU"), ("Greater", "GreaterEqual")
"""Layers that may have a threshold, and operations in those that have one: such a layer is not guided, nor is a ReLU in
it, which is its slope below.
"""
_SCOPE = re.compile(r"(?:^|/)layer_(\d+)/")


@dataclass(frozen=True)
class Called:
    """What calling a network inside a traced function gave, tensors with a batch axis.

    Attributes:
        inputs: of the network; None where nothing reads it.
        layers: first outputs of the layers, by number.
        logits: of the answering output, before softmax or sigmoid. A single unit after sigmoid is two classes.
        outputs: after it.
        axes: names of the axes of both, without the batch axis.
    """

    inputs: tuple[Any, ...]
    layers: Sequence[Any] | dict[int, Any]
    logits: Any
    outputs: Any
    axes: tuple[str, ...]


@tf.RegisterGradient(GUIDED["Relu"])
def _guided_relu(operation: Any, slope: Any) -> Any:
    return tf.nn.relu(tf.raw_ops.ReluGrad(gradients=slope, features=operation.outputs[0]))


@tf.RegisterGradient(GUIDED["Relu6"])
def _guided_relu6(operation: Any, slope: Any) -> Any:
    return tf.nn.relu(tf.raw_ops.Relu6Grad(gradients=slope, features=operation.outputs[0]))


class TracedSlopes:
    """A function that was traced for one question.

    Args:
        layers: of the network.
        is_varied: whether the function takes a `Variation`.
        call: calls the network, from tensors of the signature, factors and fills.
        signature: of the network's inputs as far as it reads them.
        neurons: of all layers.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        question: Question,
        is_varied: bool,
        call: Callable[[Sequence[Any], Any, Any], Called],
        signature: Sequence[tf.TensorSpec],
        neurons: int,
    ) -> None:
        self._layers = layers
        self._numbers = {layer.path: number for number, layer in enumerate(layers)}
        self._question = question
        self._is_varied = is_varied
        self._call = call
        self._read = len(signature)
        self._count = 0
        self._places: tuple[InputPlace, ...] = ()
        self._parts: frozenset[str] = frozenset()
        self._guided: tuple[str, ...] = ()
        self._unguided: tuple[str, ...] = ()
        batch = signature[0].shape[0] if signature else None
        numbers = tf.TensorSpec((batch,), tf.int32)
        variation = [tf.TensorSpec((batch,), tf.float32)] * 2 + [numbers] if is_varied else []
        row = tf.TensorSpec((1, neurons), tf.float32)
        given = [*signature, numbers, row, row, *variation]
        self._function = tf.function(self._run, input_signature=given, autograph=False).get_concrete_function()

    def __call__(
        self, tensors: Sequence[Any], chosen: np.ndarray, gain: Any, fill: Any, variation: Variation | None
    ) -> Slopes:
        """Measure a batch; the arguments are as in `Recorder.slopes`."""
        more = () if variation is None else (variation.scale, variation.noise, variation.seeds)
        indices, scores, outputs, inputs, sites = self._function(*tensors, chosen, gain, fill, *more)
        return Slopes(
            indices.numpy(),
            self._count,
            scores.numpy(),
            outputs.numpy(),
            self._places,
            tuple(_slope(inputs.get(str(k))) for k in range(len(self._places))),
            {path: _slope(sites.get(path)) for path in self._question.sites},
            self._guided,
            self._unguided,
        )

    def _run(self, *given: Any) -> Any:
        tensors, (chosen, gain, fill, *variation) = given[: self._read], given[self._read :]
        graph = tf.compat.v1.get_default_graph()
        with graph.gradient_override_map(GUIDED if self._question.is_guided else {}):
            called = self._call(tensors, gain, fill)
        operations = graph.get_operations()
        thresholds = {self._layer_of(one) for one in operations if self._is_threshold(one)}
        relus = [one for one in operations if one.type in GUIDED]
        parts = [one for one in relus if _is_part(one) or self._layer_of(one) in thresholds]
        self._parts = frozenset(one.name for one in parts)
        if self._question.is_guided:
            with_own_gradients(parts)
        score, index, output = self._score(called, chosen)
        gradients, inputs = Gradients(score), dict[str, Any]()
        sites = [called.layers[self._numbers[path]] for path in self._question.sites]
        if self._question.at_inputs:
            gradients.at([*filter(holds_decimals, called.inputs), *sites])
            tensors_at, self._places = PlaceFinder(gradients, index).places(called.inputs)
            inputs = self._at_inputs(gradients, called.inputs, tensors_at, variation)
            self._guided, self._unguided = self._activations(called, score, index)
        return index, score, output, inputs, self._at_sites(gradients, sites)

    def _score(self, called: Called, chosen: Any) -> tuple[Any, Any, Any]:
        """Every sample's score, the number of its class, value or neuron, and what that gives after softmax."""
        if self._question.layer:
            number = self._numbers[self._question.layer]
            axes = self._layers[number].axes
            scores = outputs = _over_positions(called.layers[number], axes)
        else:
            scores, outputs = (_over_positions(tensor, called.axes) for tensor in (called.logits, called.outputs))
            scores, outputs = self._as_read(scores, outputs)
        self._count = scores.shape[1]
        ranked = tf.argsort(outputs, axis=1, direction="DESCENDING", stable=True)
        place = tf.clip_by_value(-1 - chosen, 0, self._count - 1)
        index = tf.where(chosen < 0, tf.gather(ranked, place, batch_dims=1), chosen)
        taken = tf.clip_by_value(index, 0, self._count - 1)
        return tf.gather(scores, taken, batch_dims=1), index, tf.gather(outputs, taken, batch_dims=1)

    def _as_read(self, scores: Any, outputs: Any) -> tuple[Any, Any]:
        """What classes get, (batch, classes): an only value as what it is read as, whatever a recorder takes it for."""
        if self._question.is_binary is False:
            return scores[:, -1:], outputs[:, -1:]
        if self._question.is_binary and scores.shape[1] == 1:
            no = 2 * self._question.zero - outputs
            return tf.concat([-scores, scores], axis=1), tf.concat([no, outputs], axis=1)
        return scores, outputs

    def _at_inputs(
        self, gradients: Gradients, inputs: Sequence[Any], places: Sequence[tuple[Any, ...]], variation: Sequence[Any]
    ) -> dict[str, Any]:
        """By number of the input, values and gradients; features that stand side by side are joined."""
        flat = [tensor for tensors in places for tensor in tensors]
        varied = [_varied(tensor, number, *variation) for number, tensor in enumerate(flat)] if variation else flat
        slopes = iter(zip(flat, gradients.at(varied), strict=True))
        given = {}
        for number, tensors in enumerate(places):
            pairs = [next(slopes) for _ in tensors]
            if not pairs and self._places[number].is_ignored and holds_decimals(inputs[number]):
                pairs = [(inputs[number], tf.zeros_like(inputs[number]))]
            if pairs:
                given[str(number)] = [_side_by_side(one) for one in zip(*pairs, strict=True)]
        return given

    def _at_sites(self, gradients: Gradients, sites: Sequence[Any]) -> dict[str, Any]:
        return {
            path: [_single(tensor), _single(tf.convert_to_tensor(slope))]
            for path, tensor, slope in zip(self._question.sites, sites, gradients.at(sites), strict=True)
            if slope is not None
        }

    def _activations(self, called: Called, score: Any, index: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Paths of the layers between inputs and score whose activations have guided gradients, and of all others."""
        inputs = [tensor for tensor in called.inputs if tensor is not None]
        reached = {name for tensor in inputs for name in computed_from(tensor, index)}
        numbers = self._numbers.values()
        between = {called.layers[number].op.name: number for number in numbers}
        found: dict[bool, set[int]] = {True: set(), False: set()}
        for operation in _before(score):
            is_activation = operation.type in GUIDED or operation.type in OTHER_ACTIVATIONS
            if (is_activation or self._is_threshold(operation)) and operation.outputs[0].name in reached:
                number = self._layer_of(operation)
                number = between.get(operation.name) if number is None else number
                if number is not None:
                    found[operation.type in GUIDED and operation.name not in self._parts].add(number)
        guided, unguided = (
            tuple(self._layers[number].path for number in sorted(some))
            for some in (found[True] - found[False], found[False])
        )
        return guided, unguided

    def _is_threshold(self, operation: Any) -> bool:
        """Whether it makes a ReLU layer one with a threshold."""
        number = self._layer_of(operation)
        return operation.type in _COMPARING and number is not None and self._layers[number].class_name in _RELUS

    @staticmethod
    def _layer_of(operation: Any) -> int | None:
        """Number of the layer whose call made an operation; None where that is not known from its name."""
        scopes = _SCOPE.findall(operation.name)
        return int(scopes[-1]) if scopes else None


def _is_part(relu: Any) -> bool:
    """Whether a ReLU is a part of another activation: with one of the negative as in PReLU, or as in hard sigmoid."""
    (read,) = relu.inputs
    positive = read.op.inputs[0] if read.op.type == "Neg" else read
    readers = list(positive.consumers())
    negative = [reader for one in readers if one.type == "Neg" for reader in one.outputs[0].consumers()]
    is_paired = all(any(one.type in GUIDED for one in some) for some in (readers, negative))
    return is_paired or (relu.type == "Relu6" and any(one.type == "RealDiv" for one in relu.outputs[0].consumers()))


def _before(tensor: Any) -> Iterable[Any]:
    """All operations that a tensor depends on."""
    found = {tensor.op.name: tensor.op}
    waiting = [tensor.op]
    for operation in waiting:
        for read in operation.inputs:
            if read.op.name not in found:
                found[read.op.name] = read.op
                waiting.append(read.op)
    return waiting


def _over_positions(tensor: Any, axes: Sequence[str]) -> Any:
    """The mean over positions, float32 (batch, neurons)."""
    feature = next(axis for axis, name in enumerate(axes, 1) if name in FEATURE_AXES)
    if tensor.shape.rank != len(axes) + 1:  # Layers may say of themselves that they keep an axis which they do not.
        feature = tensor.shape.rank - 1
    positions = [axis for axis in range(1, tensor.shape.rank) if axis != feature]
    numbers = _single(tensor)  # Of whole numbers and truths there would be no mean.
    values = tf.reduce_mean(numbers, axis=positions) if positions else numbers
    values.set_shape((None, tensor.shape[feature]))
    return values


def _varied(tensor: Any, number: int, scale: Any, noise: Any, seeds: Any) -> Any:
    """A tensor as it is after a `Variation`, in place of itself wherever it is read."""
    readers = list(tensor.consumers())
    axes = range(1, tensor.shape.rank)
    span = tf.reduce_max(tensor, axis=axes) - tf.reduce_min(tensor, axis=axes)
    shape = tf.shape(tensor)[1:]
    normal = tf.map_fn(
        lambda seed: tf.random.stateless_normal(shape, tf.stack([seed, number])), seeds, fn_output_signature=tf.float32
    )
    along = (-1, *(1 for _ in axes))
    factor = tf.reshape(tf.cast(scale, tensor.dtype), along)
    width = tf.reshape(tf.cast(noise, tensor.dtype) * span, along)
    varied = factor * tensor + width * tf.cast(normal, tensor.dtype)
    varied.set_shape(tensor.shape)
    redirect(tensor, readers, varied)
    return varied


def _side_by_side(tensors: Sequence[Any]) -> Any:
    return _single(tensors[0] if len(tensors) == 1 else tf.concat(tensors, axis=-1))


def _single(tensor: Any) -> Any:
    return tf.cast(tensor, tf.float32)


def _slope(pair: Any) -> Slope | None:
    return None if pair is None else Slope(*(tensor.numpy() for tensor in pair))
