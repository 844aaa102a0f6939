"""How many numbers a layer's weights hold at least, from its settings alone: before Keras makes room for them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from .keras_names import known_class

Shape = tuple[int, ...]
Config = dict[str, Any]


def least_weights(class_name: str, config: Config, shape: Shape) -> int:
    """A number that the count of the layer's weights is never below; 0 where there is no rule.

    Args:
        class_name: see `keras_names.known_class`.
        config: the layer's settings, as anybody may have written them.
        shape: of its first input without the batch axis; sizes that are not known count as 1.
    """
    rule = _RULES.get(class_name)
    try:
        return max(rule(config, shape), 0) if rule else 0
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return 0  # Settings that are not Keras's: it refuses them itself, before it makes room for anything.


def _channels(config: Config, shape: Shape) -> int:
    if not shape:
        return 1
    return max(shape[0] if config.get("data_format") == "channels_first" else shape[-1], 1)


def _window(config: Config, axes: int) -> int:
    size = config["kernel_size"]
    return int(size) ** axes if isinstance(size, int) else prod(int(one) for one in size)


def _conv(axes: int) -> Callable[[Config, Shape], int]:
    def count(config: Config, shape: Shape) -> int:
        inputs = max(_channels(config, shape) // (config.get("groups") or 1), 1)
        return _window(config, axes) * inputs * int(config["filters"])

    return count


def _depthwise(axes: int) -> Callable[[Config, Shape], int]:
    return lambda config, shape: (
        _window(config, axes) * _channels(config, shape) * int(config.get("depth_multiplier") or 1)
    )


def _separable(axes: int) -> Callable[[Config, Shape], int]:
    def count(config: Config, shape: Shape) -> int:
        inner = _channels(config, shape) * int(config.get("depth_multiplier") or 1)
        return inner * (_window(config, axes) + int(config["filters"]))

    return count


def _conv_lstm(axes: int) -> Callable[[Config, Shape], int]:
    def count(config: Config, shape: Shape) -> int:
        filters = int(config["filters"])
        return 4 * filters * _window(config, axes) * (_channels(config, shape[1:]) + filters)

    return count


def _recurrent(gates: int) -> Callable[[Config, Shape], int]:
    def count(config: Config, shape: Shape) -> int:
        units = int(config["units"])
        return gates * units * (_channels({}, shape) + units)

    return count


def _einsum(config: Config, shape: Shape) -> int:
    """The letters of the kernel are those of the input or of the output."""
    inputs, _, rest = str(config["equation"]).partition(",")
    kernel, _, outputs = rest.partition("->")
    stated = config["output_shape"]
    given = (stated,) if isinstance(stated, int) else tuple(stated)
    named = zip(reversed(inputs), reversed(shape), strict=False), zip(reversed(outputs), reversed(given), strict=False)
    sizes = {letter: size for pairs in named for letter, size in pairs if isinstance(size, int)}
    return prod(max(sizes.get(letter, 1), 1) for letter in kernel.strip())


def _prelu(config: Config, shape: Shape) -> int:
    shared = config.get("shared_axes") or ()
    return prod(max(size, 1) for axis, size in enumerate(shape, 1) if axis not in shared)


def _wrapped(config: Config, shape: Shape) -> int:
    inner = config["layer"]
    return least_weights(known_class(inner), inner["config"], shape)


_RULES: dict[str, Callable[[Config, Shape], int]] = {
    "Dense": lambda config, shape: int(config["units"]) * _channels({}, shape),
    "EinsumDense": _einsum,
    "Embedding": lambda config, _: int(config["input_dim"]) * int(config["output_dim"]),
    "ReversibleEmbedding": lambda config, _: int(config["input_dim"]) * int(config["output_dim"]),
    "MultiHeadAttention": lambda config, shape: (
        int(config["num_heads"]) * int(config["key_dim"]) * _channels({}, shape)
    ),
    **dict.fromkeys(
        ("GroupedQueryAttention", "GroupQueryAttention"),
        lambda config, shape: int(config["num_query_heads"]) * int(config["head_dim"]) * _channels({}, shape),
    ),
    "LSTM": _recurrent(4),
    "GRU": _recurrent(3),
    "SimpleRNN": _recurrent(1),
    "PReLU": _prelu,
    "BatchNormalization": lambda config, shape: max(shape[-1], 1) if config.get("axis") in (-1, [-1], None) else 1,
    "Bidirectional": _wrapped,
    "TimeDistributed": lambda config, shape: _wrapped(config, shape[1:]),
    "SpectralNormalization": _wrapped,
    **{f"Conv{axes}D": _conv(axes) for axes in (1, 2, 3)},
    **{f"Conv{axes}DTranspose": _conv(axes) for axes in (1, 2, 3)},
    **{f"DepthwiseConv{axes}D": _depthwise(axes) for axes in (1, 2)},
    **{f"SeparableConv{axes}D": _separable(axes) for axes in (1, 2)},
    **{f"ConvLSTM{axes}D": _conv_lstm(axes) for axes in (1, 2, 3)},
}
