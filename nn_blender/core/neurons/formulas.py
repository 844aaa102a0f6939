"""A neuron's formula in words."""

from __future__ import annotations

from typing import Any

from ..texts import format_sizes


def formula_words(formula: dict[str, Any], neuron: int, bias: float | None) -> str:
    """Say how a neuron comes about, for example ``relu(sum of 784 inputs times weights, plus bias 0.012)``.

    Args:
        formula: ``kind`` (``dense``, ``convolution``, ``depthwise``, ``pooling``, ``normalisation``, ``activation``,
            ``other``) and the numbers that it needs, by the names of Keras's settings; ``source`` is the channel that a
            depthwise convolution reads.
        neuron: its number in the layer.
        bias: None where the layer has none.
    """
    return _BY_KIND.get(formula["kind"], _other)(formula, neuron, bias)


def _dense(formula: dict[str, Any], _neuron: int, bias: float | None) -> str:
    count = formula["inputs"]
    return _activated(formula, f"sum of {count:,} input{_s(count)} times weight{_s(count)}{_plus(bias)}")


def _convolution(formula: dict[str, Any], _neuron: int, bias: float | None) -> str:
    count = formula["inputs"]
    window = f"sum over a window{_size(formula)} of {count:,} channel{_s(count)} times weights{_plus(bias)}"
    return _activated(formula, window) + _movement(formula)


def _depthwise(formula: dict[str, Any], _neuron: int, bias: float | None) -> str:
    window = f"sum over a window{_size(formula)} of channel {formula['source']} times weights{_plus(bias)}"
    return _activated(formula, window) + _movement(formula)


def _pooling(formula: dict[str, Any], neuron: int, _bias: float | None) -> str:
    how = "highest value" if formula["how"] == "max" else "mean"
    if formula["global"]:
        return f"{how} of channel {neuron} over all positions"
    return f"{how} in a window{_size(formula)} of channel {neuron}{_movement(formula)}"


def _normalisation(formula: dict[str, Any], neuron: int, _bias: float | None) -> str:
    mean, variance = formula.get("mean"), formula.get("variance")
    if mean is None or variance is None:
        centred = "input minus its mean, divided by its standard deviation"
    else:
        epsilon = formula.get("epsilon") or 0.0
        centred = f"(input {neuron} minus {mean:.3g}) / √({variance:.3g} + {epsilon:.3g})"
    scale, offset = formula.get("scale"), formula.get("offset")
    times = "" if scale is None else f", times {scale:.3g}"
    return centred + times + ("" if offset is None else f", plus {offset:.3g}")


def _activation(formula: dict[str, Any], neuron: int, _bias: float | None) -> str:
    return f"{formula['activation']} of input {neuron}"


def _other(formula: dict[str, Any], _neuron: int, _bias: float | None) -> str:
    return f"what Keras's {formula.get('class_name', formula['kind'])} computes"


_BY_KIND = {
    "dense": _dense,
    "convolution": _convolution,
    "depthwise": _depthwise,
    "pooling": _pooling,
    "normalisation": _normalisation,
    "activation": _activation,
}


def _activated(formula: dict[str, Any], inside: str) -> str:
    name = formula.get("activation")
    return f"{name}({inside})" if name and name != "linear" else inside


def _plus(bias: float | None) -> str:
    return "" if bias is None else f", plus bias {bias:.3g}"


def _size(formula: dict[str, Any]) -> str:
    sizes = formula.get("kernel_size") or formula.get("pool_size")
    return f" of {format_sizes(sizes)}" if sizes else ""


def _movement(formula: dict[str, Any]) -> str:
    """How the window moves, where it does not simply go from place to place."""
    said = ""
    strides, dilation = formula.get("strides"), formula.get("dilation_rate")
    if strides and max(strides) > 1:
        said += f", moved by {format_sizes(strides)}"
    if dilation and max(dilation) > 1:
        said += f", spread out by {format_sizes(dilation)}"
    return said + (", edges padded" if formula.get("padding") == "same" else "")


def _s(count: int) -> str:
    return "" if count == 1 else "s"
