"""Blocks are found in what a model file says, before it is loaded."""

from __future__ import annotations

import keras

from nn_blender.core.blocks.finding import find_blocks
from nn_blender.worker.models.inspecting import inspect_file

L = keras.layers


def titles(model, folder):
    file = folder / "model.keras"
    model.save(file)
    return [block.title for block in find_blocks(inspect_file(file).network)]


def residual():
    x = pixels = keras.Input((32, 32, 3))
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(8, 3, padding="same")(x)))
    for stage, filters in enumerate((8, 16, 32)):
        for block in range(3):
            strides = 2 if block == 0 and stage else 1
            y = L.ReLU()(L.BatchNormalization()(L.Conv2D(filters, 3, strides=strides, padding="same")(x)))
            y = L.BatchNormalization()(L.Conv2D(filters, 3, padding="same")(y))
            shortcut = L.Conv2D(filters, 1, strides=2)(x) if strides == 2 else x
            x = L.ReLU()(L.Add()([shortcut, y]))
    return keras.Model(pixels, L.Dense(10)(L.GlobalAveragePooling2D()(x)))


def vision_transformer():
    pixels = keras.Input((48, 48, 3))
    x = L.Reshape((64, 32))(L.Conv2D(32, 6, strides=6)(pixels))
    for _ in range(4):
        y = L.LayerNormalization()(x)
        x = L.Add()([x, L.MultiHeadAttention(2, 16)(y, y)])
        x = L.Add()([x, L.Dense(32)(L.Dense(64, activation="gelu")(L.LayerNormalization()(x)))])
    x = L.Flatten()(L.LayerNormalization()(x))
    return keras.Model(pixels, L.Dense(10)(x))


def dense():
    hidden = [L.Dense(16, activation="relu") for _ in range(29)]
    return keras.Sequential([keras.Input((16,)), *hidden, L.Dense(3)])


def two_towers():
    tower = keras.Sequential([keras.Input((28, 28, 1)), L.Conv2D(4, 3), L.GlobalAveragePooling2D()], name="tower")
    left, right = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    return keras.Model([left, right], L.Dense(1)(L.Concatenate()([tower(left), tower(right)])))


def test_default_names_tell_nothing_and_structure_tells_all(tmp_path):
    assert titles(residual(), tmp_path) == ["stem", "stage 1 ×3", "stage 2 ×3", "stage 3 ×3", "head"]
    assert titles(vision_transformer(), tmp_path) == ["stem", "attention ×4", "head"]
    assert titles(dense(), tmp_path) == ["dense ×29", "head"]


def test_a_model_that_is_called_twice_is_one_block(tmp_path):
    assert titles(two_towers(), tmp_path) == ["tower ×2", "head"]
