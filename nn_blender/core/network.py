"""A network as data: its layers in the order of the data, their shapes and how they are connected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import UserError

UNKNOWN = -1
"""A dimension whose size is not known before data flows."""

FEATURE_AXES = ("unit", "channel")
"""Names an axis may have along which a layer's neurons are counted."""


CHOSEN = "it was chosen"
"""Why an input or output is of a kind that the user takes it for."""

PROBABILITIES = ("softmax", "sigmoid", "Softmax")
"""Activations, and layers that are one, whose values are probabilities."""


@dataclass(frozen=True)
class TensorSpec:
    """A named input of a network: its shape without the batch axis, `UNKNOWN` where a size is open."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"

    @property
    def is_integer(self) -> bool:
        """Whether it takes whole numbers only."""
        return self.dtype.startswith(("int", "uint"))


@dataclass(frozen=True)
class Layer:
    """One call of a Keras layer; a shared layer called twice is two of these.

    Attributes:
        path: unique name inside the network, nested models joined by ``/``; the second call of a
            shared layer is ``name#1``.
        class_name: Keras's class name, for example ``Conv2D``.
        output_shape: sizes without the batch axis, `UNKNOWN` where open.
        axes: one name per entry of ``output_shape``, out of time, head, depth, height, width, channel, unit.
        parameters: how many numbers the layer's weights hold.
        inputs: paths of the layers, or names of the network inputs, whose output it reads.
        activation: Keras's name of the built-in activation function, empty where there is none.
    """

    path: str
    class_name: str
    output_shape: tuple[int, ...]
    axes: tuple[str, ...]
    parameters: int
    inputs: tuple[str, ...] = ()
    activation: str = ""

    @property
    def neurons(self) -> int:
        """How many neurons: the size of the feature axis; 0 where the layer has none or it is unknown."""
        for size, axis in zip(self.output_shape, self.axes, strict=True):
            if axis in FEATURE_AXES:
                return max(size, 0)
        return 0

    @property
    def map_shape(self) -> tuple[int, int] | None:
        """Height and width of a neuron's feature map; None where the layer has no such map.

        A neuron over time is a strip, one high; of a volume one slice or the maximum along its depth is a map.
        """
        named = zip(self.axes, self.output_shape, strict=True)
        sizes = {axis: size for axis, size in named if axis not in FEATURE_AXES}
        if not self.neurons or len(sizes) != len(self.axes) - 1 or min(self.output_shape) <= 0:
            return None
        if set(sizes) == {"time"}:
            return 1, sizes["time"]
        return (sizes["height"], sizes["width"]) if set(sizes) - {"depth", "time"} == {"height", "width"} else None


def is_of_keras_2(version: str) -> bool:
    """Whether it is Keras 2 or older that has a version; files that do not say theirs are older than the entry."""
    return not version or version[:1] in "012"


@dataclass(frozen=True)
class Network:
    """A network's structure. ``layers`` are in the order of the data; input layers are in ``inputs`` instead.

    Attributes:
        outputs: paths of the layers whose output is the network's output, or names of inputs that are passed on;
            ``PATH[1]`` is the second output of a layer that has several, and so on.
        file: absolute path of the model file; may have moved since.
        sha256: hash of the model file (of all files, for a folder).
        keras_version: the version that wrote the file, empty where the file does not say.
    """

    name: str
    file: str
    sha256: str
    layers: tuple[Layer, ...]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[str, ...]
    parameters: int
    keras_version: str = ""

    @property
    def from_keras_2(self) -> bool:
        """Whether Keras 2 or older wrote its file."""
        return is_of_keras_2(self.keras_version)

    @property
    def neurons(self) -> int:
        return sum(layer.neurons for layer in self.layers)

    def layer_of_output(self, output: str) -> Layer | None:
        """The layer that gives one of `outputs`; None where that is an input."""
        paths = (output, re.sub(r"\[\d+\]$", "", output))
        return next((layer for path in paths for layer in self.layers if layer.path == path), None)

    def gives_probabilities(self, output: str) -> bool:
        """Whether the values of one of `outputs` are probabilities, by the activation that makes them."""
        layer = self.layer_of_output(output)
        return layer is not None and (layer.activation in PROBABILITIES or layer.class_name in PROBABILITIES)

    def layer(self, path: str) -> Layer:
        """The layer of that path; raises KeyError."""
        for layer in self.layers:
            if layer.path == path:
                return layer
        raise KeyError(path)

    def neuron_slices(self) -> dict[str, slice]:
        """Where each layer's neurons stand when all neurons are laid side by side in layer order."""
        slices, start = {}, 0
        for layer in self.layers:
            slices[layer.path] = slice(start, start + layer.neurons)
            start += layer.neurons
        return slices

    def to_dict(self) -> dict[str, Any]:
        # `asdict` copies every part deeply, which takes ten times as long.
        parts = {"layers": [plain(layer) for layer in self.layers], "inputs": [plain(spec) for spec in self.inputs]}
        return plain(self) | parts

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Network:
        return cls(
            name=data["name"],
            file=data["file"],
            sha256=data["sha256"],
            layers=tuple(_layer_from_dict(layer) for layer in data["layers"]),
            inputs=tuple(
                TensorSpec(spec["name"], tuple(spec["shape"]), spec.get("dtype", "float32")) for spec in data["inputs"]
            ),
            outputs=tuple(data["outputs"]),
            parameters=data["parameters"],
            keras_version=data.get("keras_version", ""),
        )


@dataclass(frozen=True)
class Risk:
    """Something in a model file that runs code or reaches outside the file."""

    layer: str
    reason: str


@dataclass(frozen=True)
class Inspection:
    """What a model file says about itself before anything of it runs.

    Attributes:
        kind: ``keras`` (Keras 3 zip), ``h5`` (legacy whole model) or ``savedmodel``.
        risks: parts that need the user's consent before the file may be loaded.
        classes_sha256: hash of the user's own code for it; empty where none was named.
    """

    kind: str
    network: Network
    risks: tuple[Risk, ...] = field(default=())
    classes_sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Inspection:
        return cls(
            data["kind"],
            Network.from_dict(data["network"]),
            tuple(Risk(risk["layer"], risk["reason"]) for risk in data["risks"]),
            data.get("classes_sha256", ""),
        )


def plain(part: Any) -> dict[str, Any]:
    """The fields of a dataclass by their names, as they are."""
    return {name: getattr(part, name) for name in part.__dataclass_fields__}


def model_changed(file: str) -> UserError:
    """What to say where a model file is no longer the one that a scene was made from."""
    return UserError(
        "model.changed",
        f"{file} is not the file that the scene was made from.",
        "Import it as a new network, or choose the original file.",
    )


def _layer_from_dict(data: dict[str, Any]) -> Layer:
    return Layer(
        path=data["path"],
        class_name=data["class_name"],
        output_shape=tuple(data["output_shape"]),
        axes=tuple(data["axes"]),
        parameters=data["parameters"],
        inputs=tuple(data["inputs"]),
        activation=data["activation"],
    )
