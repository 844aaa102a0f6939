"""What shape a layer gives, worked out from its settings alone, and what its axes mean.

Used where a model file does not state shapes. Shapes are without the batch axis; a size is `UNKNOWN` where it is open.
Class names and settings are those of Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from ...core.network import UNKNOWN
from .keras_names import known_class

Shape = tuple[int, ...]
Config = dict[str, Any]

_SAME_SHAPE = frozenset(
    [
        "Activation",
        "ActivityRegularization",
        "AlphaDropout",
        "BatchNormalization",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "GroupNormalization",
        "Identity",
        "LayerNormalization",
        "LeakyReLU",
        "Masking",
        "Normalization",
        "PReLU",
        "ReLU",
        "Rescaling",
        "RMSNormalization",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "UnitNormalization",
        "SpectralNormalization",
        "RandomBrightness",
        "RandomContrast",
        "RandomFlip",
        "RandomRotation",
        "RandomTranslation",
        "RandomZoom",
        "RandomHue",
        "RandomSaturation",
        "MultiHeadAttention",
        "GroupedQueryAttention",
        "GroupQueryAttention",
        "Attention",
        "CastToFloat32",
        "FixedDropout",
    ]
)
_MERGE = frozenset(["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"])
_SPATIAL_AXES = {1: ("time",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def output_shape(class_name: str, config: Config, inputs: Sequence[Shape | None]) -> Shape | None:
    """Shape of a layer's (first) output; None where there is no rule or an input's shape is not known."""
    rule = _RULES.get(class_name)
    if rule is None or not inputs or any(shape is None for shape in inputs):
        return None
    shapes = [shape for shape in inputs if shape is not None]
    try:
        return rule(config, shapes)
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return None  # Settings of another Keras than ours: an unknown shape, not a failure.


def axis_names(class_name: str, rank: int, channels_first: bool = False) -> tuple[str, ...]:
    """One name per axis of an output of ``rank`` axes, the batch axis not counted.

    >>> axis_names("Conv2D", 3)
    ('height', 'width', 'channel')
    """
    if rank <= 1:
        return ("unit",) * rank
    if rank == 2:
        names: tuple[str, ...] = ("time", "channel" if class_name.endswith("1D") else "unit")
    elif class_name == "EinsumDense" and rank == 3:
        return "time", "head", "unit"
    elif class_name in ("ConvLSTM2D", "TimeDistributed", "Bidirectional") and rank == 4:
        names = ("time", "height", "width", "channel")
    elif class_name in ("ConvLSTM1D", "TimeDistributed", "Bidirectional") and rank == 3:
        names = ("time", "width", "channel")
    elif rank <= 4:
        names = (*_SPATIAL_AXES[rank - 1], "channel")
    else:
        names = (*(f"axis {k}" for k in range(rank - 5)), "time", "depth", "height", "width", "channel")
    return (names[-1], *names[:-1]) if channels_first else names


def _pair(value: Any, count: int) -> tuple[int, ...]:
    return (int(value),) * count if isinstance(value, int) else tuple(int(entry) for entry in value)


def _known(size: int, rule: Callable[[int], int]) -> int:
    return UNKNOWN if size < 0 else max(rule(size), 0)


def _window(size: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> int:
    """How many places a window has along one axis."""
    if padding.lower() in ("same", "causal"):
        return _known(size, lambda n: -(-n // stride))
    return _known(size, lambda n: (n - (kernel - 1) * dilation - 1) // stride + 1)


def _channels_last(rule: Callable[[Config, Shape], Shape]) -> Callable[[Config, list[Shape]], Shape]:
    """Let a rule written for channels last serve layers with channels first too."""

    def both(config: Config, inputs: list[Shape]) -> Shape:
        shape = inputs[0]
        if config.get("data_format") != "channels_first":
            return rule(config, shape)
        result = rule(config, (*shape[1:], shape[0]))
        return (result[-1], *result[:-1])

    return both


def _convolution(filters: Callable[[Config, int], int]) -> Callable[[Config, list[Shape]], Shape]:
    def rule(config: Config, shape: Shape) -> Shape:
        *sizes, channels = shape
        count = len(sizes)
        kernels, strides = _pair(config["kernel_size"], count), _pair(config.get("strides", 1), count)
        dilations = _pair(config.get("dilation_rate", 1), count)
        padding = config.get("padding", "valid")
        places = (_window(n, k, s, padding, d) for n, k, s, d in zip(sizes, kernels, strides, dilations, strict=True))
        return (*places, filters(config, channels))

    return _channels_last(rule)


def _transposed_convolution(config: Config, shape: Shape) -> Shape:
    *sizes, _channels = shape
    if config.get("output_padding") is not None:
        return (*(UNKNOWN for _ in sizes), config["filters"])
    count = len(sizes)
    kernels, strides = _pair(config["kernel_size"], count), _pair(config.get("strides", 1), count)
    valid = config.get("padding", "valid").lower() == "valid"
    grown = (
        _known(n, lambda n, k=k, s=s: n * s + (max(k - s, 0) if valid else 0))  # type: ignore[misc]
        for n, k, s in zip(sizes, kernels, strides, strict=True)
    )
    return (*grown, config["filters"])


def _pooling(config: Config, shape: Shape) -> Shape:
    *sizes, channels = shape
    pools = _pair(config.get("pool_size", 2), len(sizes))
    strides = pools if config.get("strides") is None else _pair(config["strides"], len(sizes))
    padding = config.get("padding", "valid")
    return (*(_window(n, k, s, padding) for n, k, s in zip(sizes, pools, strides, strict=True)), channels)


def _global_pooling(config: Config, shape: Shape) -> Shape:
    return (*(1 for _ in shape[:-1]), shape[-1]) if config.get("keepdims") else (shape[-1],)


def _margins(setting: str, sign: int) -> Callable[[Config, list[Shape]], Shape]:
    def rule(config: Config, shape: Shape) -> Shape:
        *sizes, channels = shape
        margins = config.get(setting, 1)
        if isinstance(margins, int):
            margins = [margins] * len(sizes)
        if len(sizes) == 1 and len(margins) == 2:
            margins = [margins]
        totals = [2 * m if isinstance(m, int) else sum(m) for m in margins]
        return (*(_known(n, lambda n, t=t: n + sign * t) for n, t in zip(sizes, totals, strict=True)), channels)  # type: ignore[misc]

    return _channels_last(rule)


def _up_sampling(config: Config, shape: Shape) -> Shape:
    *sizes, channels = shape
    factors = _pair(config.get("size", 2), len(sizes))
    return (*(_known(n, lambda n, f=f: n * f) for n, f in zip(sizes, factors, strict=True)), channels)  # type: ignore[misc]


def _flatten(_config: Config, inputs: list[Shape]) -> Shape:
    return (UNKNOWN,) if min(inputs[0], default=1) < 0 else (prod(inputs[0]),)


def _reshape(config: Config, inputs: list[Shape]) -> Shape:
    target = [int(size) for size in config["target_shape"]]
    if UNKNOWN in target and min(inputs[0], default=1) >= 0:
        rest = prod(size for size in target if size >= 0)
        target[target.index(UNKNOWN)] = prod(inputs[0]) // rest
    return tuple(target)


def _concatenate(config: Config, inputs: list[Shape]) -> Shape:
    axis = config.get("axis", -1)
    place = axis - 1 if axis > 0 else len(inputs[0]) + axis
    sizes = [shape[place] for shape in inputs]
    result = list(inputs[0])
    result[place] = UNKNOWN if min(sizes) < 0 else sum(sizes)
    return tuple(result)


def _merge(_config: Config, inputs: list[Shape]) -> Shape:
    """Broadcasting: missing axes in front count as 1, and 1 gives way to any other size."""
    rank = max(len(shape) for shape in inputs)
    padded = [(1,) * (rank - len(shape)) + shape for shape in inputs]
    return tuple(next((size for size in sizes if size != 1), 1) for sizes in zip(*padded, strict=True))


def _recurrent(config: Config, inputs: list[Shape]) -> Shape:
    units = config["units"]
    return (inputs[0][0], units) if config.get("return_sequences") else (units,)


def _bidirectional(config: Config, inputs: list[Shape]) -> Shape:
    inner = config["layer"]
    shape = output_shape(known_class(inner), inner["config"], inputs)
    if shape is None or config.get("merge_mode") is None:
        raise ValueError("no single output")
    return (*shape[:-1], shape[-1] * 2) if config["merge_mode"] == "concat" else shape


def _time_distributed(config: Config, inputs: list[Shape]) -> Shape:
    inner = config["layer"]
    shape = output_shape(known_class(inner), inner["config"], [inputs[0][1:]])
    if shape is None:
        raise ValueError("unknown inner layer")
    return (inputs[0][0], *shape)


def _resizing(config: Config, shape: Shape) -> Shape:
    return (config["height"], config["width"], shape[-1])


def _embedding(config: Config, inputs: list[Shape]) -> Shape:
    return (*inputs[0], config["output_dim"])


def _unchanged(_config: Config, inputs: list[Shape]) -> Shape:
    return inputs[0]


def _rules() -> dict[str, Callable[[Config, list[Shape]], Shape]]:
    rules: dict[str, Callable[[Config, list[Shape]], Shape]] = {
        "Dense": lambda config, inputs: (*inputs[0][:-1], config["units"]),
        "Flatten": _flatten,
        "Reshape": _reshape,
        "Permute": lambda config, inputs: tuple(inputs[0][axis - 1] for axis in config["dims"]),
        "RepeatVector": lambda config, inputs: (config["n"], *inputs[0]),
        "Concatenate": _concatenate,
        "Embedding": _embedding,
        "Bidirectional": _bidirectional,
        "TimeDistributed": _time_distributed,
        "Resizing": _channels_last(_resizing),
        "CenterCrop": _channels_last(_resizing),
    }
    rules |= dict.fromkeys(_SAME_SHAPE, _unchanged) | dict.fromkeys(_MERGE, _merge)
    rules |= dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), _recurrent)
    plain = _convolution(lambda config, _channels: config["filters"])
    depthwise = _convolution(lambda config, channels: _known(channels, lambda n: n * config.get("depth_multiplier", 1)))
    for rank in ("1D", "2D", "3D"):
        rules |= {f"Conv{rank}": plain, f"SeparableConv{rank}": plain, f"DepthwiseConv{rank}": depthwise}
        rules |= {f"Conv{rank}Transpose": _channels_last(_transposed_convolution)}
        rules |= dict.fromkeys((f"MaxPooling{rank}", f"AveragePooling{rank}"), _channels_last(_pooling))
        rules |= dict.fromkeys((f"GlobalMaxPooling{rank}", f"GlobalAveragePooling{rank}"), _channels_last_global)
        rules |= {f"ZeroPadding{rank}": _margins("padding", 1), f"Cropping{rank}": _margins("cropping", -1)}
        rules |= {f"UpSampling{rank}": _channels_last(_up_sampling)}
    return rules


def _channels_last_global(config: Config, inputs: list[Shape]) -> Shape:
    shape = inputs[0]
    if config.get("data_format") == "channels_first" and not config.get("keepdims"):
        return (shape[0],)
    return _channels_last(_global_pooling)(config, inputs)


_RULES = _rules()
