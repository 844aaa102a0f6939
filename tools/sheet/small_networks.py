"""Small Keras networks of shapes that those of `keras.applications` do not have, with random weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

layers = keras.layers
Tensor = Any


def _unit(x: Tensor, filters: int, name: str, size: int = 3, strides: int = 1) -> Tensor:
    x = layers.Conv2D(filters, size, strides, padding="same", name=f"{name}_conv")(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def u_net() -> keras.Model:
    x = photo = keras.Input((96, 96, 3), name="photo")
    skips = []
    for level, filters in enumerate((16, 32, 64, 128), 1):
        for part in "ab":
            x = _unit(x, filters, f"enc{level}_{part}")
        skips.append(x)
        x = layers.MaxPooling2D(name=f"enc{level}_pool")(x)
    for part in "ab":
        x = _unit(x, 256, f"bridge_{part}")
    for level, filters in zip((4, 3, 2, 1), (128, 64, 32, 16), strict=True):
        x = layers.Conv2DTranspose(filters, 2, 2, name=f"dec{level}_up")(x)
        x = layers.Concatenate(name=f"dec{level}_concat")([skips.pop(), x])
        for part in "ab":
            x = _unit(x, filters, f"dec{level}_{part}")
    return keras.Model(photo, layers.Conv2D(3, 1, activation="softmax", name="mask")(x), name="u-net")


def two_inputs_two_outputs() -> keras.Model:
    x = photo = keras.Input((64, 64, 3), name="photo")
    for level, filters in enumerate((16, 32, 64), 1):
        x = layers.MaxPooling2D(name=f"look{level}_pool")(_unit(x, filters, f"look{level}"))
    x = layers.GlobalAveragePooling2D(name="look_mean")(x)
    y = measurements = keras.Input((12,), name="measurements")
    for level, units in enumerate((32, 64), 1):
        y = layers.Dense(units, name=f"read{level}_dense")(y)
        y = layers.LayerNormalization(name=f"read{level}_norm")(y)
        y = layers.Activation("relu", name=f"read{level}_relu")(y)
    z = layers.Concatenate(name="join")([x, y])
    for step in (1, 2, 3):
        inner = layers.Dense(128, activation="relu", name=f"think{step}_a")(z)
        inner = layers.Dense(128, name=f"think{step}_b")(inner)
        z = layers.Add(name=f"think{step}_add")([inner, z])
    kind = layers.Dense(64, activation="relu", name="kind_dense")(z)
    kind = layers.Dense(5, activation="softmax", name="kind")(kind)
    age = layers.Dense(32, activation="relu", name="age_dense")(z)
    age = layers.Dense(1, name="age")(age)
    return keras.Model([photo, measurements], [kind, age], name="two-inputs-two-outputs")


def five_branches() -> keras.Model:
    """In every unit, branches of one to five convolutions."""
    x = photo = keras.Input((64, 64, 3), name="photo")
    for unit in range(1, 4):
        ends = []
        for branch in range(1, 6):
            end = x
            for step in range(branch):
                end = _unit(end, 24, f"unit{unit}_branch{branch}_{step}")
            ends.append(end)
        x = layers.Concatenate(name=f"unit{unit}_concat")(ends)
        x = layers.MaxPooling2D(name=f"unit{unit}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(photo, layers.Dense(10, activation="softmax", name="kind")(x), name="five-branches")


def nested_three_deep() -> keras.Model:
    """Models in models in models."""
    shape: tuple[int, ...] = (48, 48, 3)

    def nested(shape: tuple[int, ...], name: str, fill: Callable[[Tensor], Tensor]) -> keras.Model:
        inner = keras.Input(shape)
        return keras.Model(inner, fill(inner), name=name)

    def cell(name: str, shape: tuple[int, ...], filters: int) -> keras.Model:
        return nested(shape, name, lambda x: _unit(_unit(x, filters, "first"), filters, "second"))

    def stage(name: str, shape: tuple[int, ...], filters: int) -> keras.Model:
        inside = (*shape[:2], filters)

        def fill(x: Tensor) -> Tensor:
            x = cell("near", shape, filters)(x)
            x = cell("far", inside, filters)(x)
            return layers.MaxPooling2D(name="halve")(x)

        return nested(shape, name, fill)

    def body(x: Tensor) -> Tensor:
        x = stage("fine", shape, 16)(x)
        x = stage("medium", (24, 24, 16), 32)(x)
        return stage("coarse", (12, 12, 32), 64)(x)

    photo = keras.Input(shape, name="photo")
    x = nested(shape, "body", body)(photo)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(photo, layers.Dense(4, activation="softmax", name="kind")(x), name="nested-three-deep")


def transformer_encoder() -> keras.Model:
    tokens = keras.Input((32,), dtype="int32", name="tokens")
    x = layers.Embedding(200, 48, name="embedding")(tokens)
    for block in range(1, 5):
        y = layers.LayerNormalization(name=f"block{block}_attention_norm")(x)
        y = layers.MultiHeadAttention(4, 12, name=f"block{block}_attention")(y, y)
        x = layers.Add(name=f"block{block}_attention_add")([x, y])
        y = layers.LayerNormalization(name=f"block{block}_mlp_norm")(x)
        y = layers.Dense(96, activation="gelu", name=f"block{block}_mlp_1")(y)
        y = layers.Dense(48, name=f"block{block}_mlp_2")(y)
        x = layers.Add(name=f"block{block}_mlp_add")([x, y])
    x = layers.GlobalAveragePooling1D(name="mean")(layers.LayerNormalization(name="norm")(x))
    return keras.Model(tokens, layers.Dense(3, activation="softmax", name="kind")(x), name="transformer-encoder")


def layers_500() -> keras.Model:
    """Units of seven layers around which data also goes straight on, in four sizes, 500 layers in all."""
    x = photo = keras.Input((64, 64, 3), name="photo")
    x = _unit(x, 16, "stem")
    for stage, (filters, units) in enumerate(((16, 14), (24, 18), (32, 21), (48, 16)), 1):
        if stage > 1:
            x = _unit(x, filters, f"stage{stage}_down", strides=2)
        for unit in range(1, units + 1):
            name = f"stage{stage}_unit{unit}"
            inner = _unit(x, filters, f"{name}_a")
            inner = layers.Conv2D(filters, 3, padding="same", name=f"{name}_b_conv")(inner)
            inner = layers.BatchNormalization(name=f"{name}_b_bn")(inner)
            x = layers.Activation("relu", name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, inner]))
    x = layers.GlobalAveragePooling2D(name="mean")(_unit(x, 64, "top"))
    return keras.Model(photo, layers.Dense(10, activation="softmax", name="kind")(x), name="500-layers")


SMALL_NETWORKS = {
    "u-net": u_net,
    "two-inputs-two-outputs": two_inputs_two_outputs,
    "five-branches": five_branches,
    "nested-three-deep": nested_three_deep,
    "transformer-encoder": transformer_encoder,
    "500-layers": layers_500,
}
"""By the names of the catalogue."""
