"""How many numbers those functions of TensorFlow give whose arguments say it, not the sizes of what they read."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import tensorflow as tf

Given = dict[str, Any]
"""A call's arguments by their names."""


def numbers_given(name: str, function: Callable[..., Any], args: Any, kwargs: Given) -> Any:
    """A float64 scalar, hardly below the number that a call gives; None for functions that give no more than they read.

    Args:
        name: of the function, below ``tensorflow``.
    """
    rule = _RULES.get(name.removeprefix("compat.v1."))
    if rule is None:
        return None
    call = inspect.signature(function).bind(*args, **kwargs)
    call.apply_defaults()
    return rule(call.arguments)


def _number(value: Any) -> Any:
    return tf.cast(value, tf.float64)


def _product(value: Any) -> Any:
    return tf.reduce_prod(_number(value))


def _size(value: Any) -> Any:
    return _number(tf.size(value, tf.int64))


def _shape(argument: str) -> Callable[[Given], Any]:
    """Of functions that are told the shape of what they give."""
    return lambda given: _product(given[argument])


def _times(argument: str, factor: str) -> Callable[[Given], Any]:
    """Of functions that repeat what they read."""
    return lambda given: _size(given[argument]) * tf.reduce_prod(tf.maximum(_number(given[factor]), 1.0))


def _pictures(argument: str, *sizes: str) -> Callable[[Given], Any]:
    """Of functions that give pictures, (batch, height, width, channels) or without the batch, of another size."""

    def rule(given: Given) -> Any:
        shape = tf.shape(given[argument], tf.int64)
        batch = _product(shape[:-3])
        return batch * _number(shape[-1]) * tf.reduce_prod(tf.stack([_product(given[size]) for size in sizes]))

    return rule


def _eye(given: Given) -> Any:
    rows, columns, batch = given["num_rows"], given["num_columns"], given["batch_shape"]
    return _number(rows) * _number(rows if columns is None else columns) * (1.0 if batch is None else _product(batch))


def _repeat(given: Given) -> Any:
    return _size(given["input"]) * tf.reduce_max(_number(given["repeats"]))


def _pad(given: Given) -> Any:
    tensor = given["tensor"]
    return tf.reduce_prod(_number(tf.shape(tensor, tf.int64)) + tf.reduce_sum(_number(given["paddings"]), axis=1))


def _range(given: Given) -> Any:
    start, limit = (0, given["start"]) if given["limit"] is None else (given["start"], given["limit"])
    return tf.abs((_number(limit) - _number(start)) / _number(given["delta"]))


def _sequence_mask(given: Given) -> Any:
    lengths, longest = given["lengths"], given["maxlen"]
    return _size(lengths) * (tf.reduce_max(_number(lengths)) if longest is None else _number(longest))


def _meshgrid(given: Given) -> Any:
    sizes = tf.stack([_size(value) for value in given["args"]])
    return tf.reduce_prod(sizes) * len(given["args"])


def _crops(given: Given) -> Any:
    channels = _number(tf.shape(given["image"], tf.int64)[-1])
    return _size(given["box_indices"]) * _product(given["crop_size"]) * channels


def _spectrum(given: Given) -> Any:
    length = given["frame_length"] if given["fft_length"] is None else given["fft_length"]
    return _size(given["signals"]) / _number(given["frame_step"]) * 2.0 * _number(length)


def _transform(argument: str, length: str) -> Callable[[Given], Any]:
    """Of Fourier transforms, which may be told the length of what they transform."""

    def rule(given: Given) -> Any:
        return _size(given[argument]) * (1.0 if given[length] is None else _product(given[length]))

    return rule


_RULES: dict[str, Callable[[Given], Any]] = {
    "broadcast_to": _shape("shape"),
    "eye": _eye,
    "fill": _shape("dims"),
    "image.crop_and_resize": _crops,
    "image.extract_patches": _times("images", "sizes"),
    "image.pad_to_bounding_box": _pictures("image", "target_height", "target_width"),
    "image.resize": _pictures("images", "size"),
    "image.resize_area": _pictures("images", "size"),
    "image.resize_bicubic": _pictures("images", "size"),
    "image.resize_bilinear": _pictures("images", "size"),
    "image.resize_image_with_pad": _pictures("image", "target_height", "target_width"),
    "image.resize_images": _pictures("images", "size"),
    "image.resize_nearest_neighbor": _pictures("images", "size"),
    "image.resize_with_crop_or_pad": _pictures("image", "target_height", "target_width"),
    "image.resize_with_pad": _pictures("image", "target_height", "target_width"),
    "linalg.tensor_diag": lambda given: _size(given["diagonal"]) ** 2,
    "linspace": lambda given: _size(given["start"]) * _number(given["num"]),
    "meshgrid": _meshgrid,
    "nn.conv1d_transpose": _shape("output_shape"),
    "nn.conv2d_transpose": _shape("output_shape"),
    "nn.conv3d_transpose": _shape("output_shape"),
    "nn.conv_transpose": _shape("output_shape"),
    "one_hot": lambda given: _size(given["indices"]) * _number(given["depth"]),
    "ones": _shape("shape"),
    "pad": _pad,
    "range": _range,
    "repeat": _repeat,
    "scatter_nd": _shape("shape"),
    "sequence_mask": _sequence_mask,
    "signal.frame": lambda given: _size(given["signal"]) * _number(given["frame_length"]),
    "signal.hamming_window": lambda given: _number(given["window_length"]),
    "signal.hann_window": lambda given: _number(given["window_length"]),
    "signal.irfft": _transform("input_tensor", "fft_length"),
    "signal.irfft2d": _transform("input_tensor", "fft_length"),
    "signal.irfft3d": _transform("input_tensor", "fft_length"),
    "signal.linear_to_mel_weight_matrix": lambda given: (
        _number(given["num_mel_bins"]) * _number(given["num_spectrogram_bins"])
    ),
    "signal.rfft": _transform("input_tensor", "fft_length"),
    "signal.rfft2d": _transform("input_tensor", "fft_length"),
    "signal.rfft3d": _transform("input_tensor", "fft_length"),
    "signal.stft": _spectrum,
    "tile": _times("input", "multiples"),
    "zeros": _shape("shape"),
}
