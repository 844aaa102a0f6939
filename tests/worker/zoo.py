"""Networks as people build them, small, with random weights: what the functional recorder is held to."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

L = keras.layers


def siamese():
    inner = keras.Input((10, 10, 1))
    x = L.Conv2D(4, 3, activation="relu", name="conv")(inner)
    tower = keras.Model(inner, L.Dense(5, name="dense")(L.Flatten(name="flat")(x)), name="tower")
    left, right = keras.Input((10, 10, 1), name="left"), keras.Input((10, 10, 1), name="right")
    apart = ops.abs(tower(left) - tower(right))
    return keras.Model([left, right], L.Dense(1, activation="sigmoid", name="same")(apart))


def u_net():
    x = pixels = keras.Input((16, 16, 3), name="pixels")
    kept = []
    for filters in (4, 6):
        x = L.Conv2D(filters, 3, padding="same", activation="relu")(x)
        kept.append(x)
        x = L.MaxPooling2D()(x)
    x = L.Conv2D(8, 3, padding="same", activation="relu")(x)
    for filters, skip in zip((6, 4), reversed(kept), strict=True):
        x = L.Concatenate()([L.Conv2DTranspose(filters, 2, strides=2)(x), skip])
        x = L.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return keras.Model(pixels, L.Conv2D(3, 1, activation="softmax", name="mask")(x))


def sequence_to_sequence():
    source, target = keras.Input((7, 3), name="source"), keras.Input((5, 2), name="target")
    _, hidden, memory = L.LSTM(6, return_state=True, name="encoder")(source)
    decoder = L.LSTM(6, return_sequences=True, return_state=True, name="decoder")
    x, _, _ = decoder(target, initial_state=[hidden, memory])
    return keras.Model([source, target], L.Dense(4, activation="softmax", name="words")(x))


def translator_with_attention():
    source = keras.Input((7,), dtype="int32", name="source")
    target = keras.Input((5,), dtype="int32", name="target")
    read = L.Embedding(11, 8, mask_zero=True, name="source_words")(source)
    said = L.Embedding(11, 8, mask_zero=True, name="target_words")(target)
    read = L.Bidirectional(L.GRU(4, return_sequences=True), name="encoder")(read)
    said = L.GRU(8, return_sequences=True, name="decoder")(said)
    seen = L.Attention(name="attention")([said, read])
    return keras.Model([source, target], L.Dense(11, activation="softmax", name="words")(L.Concatenate()([said, seen])))


def gpt():
    words = keras.Input((6,), dtype="int32", name="words")
    x = L.Embedding(13, 8, name="words_in")(words) + L.Embedding(6, 8, name="places")(np.arange(6)[np.newaxis])
    for k in range(2):
        y = L.LayerNormalization(name=f"before_{k}")(x)
        x = x + L.MultiHeadAttention(2, 4, name=f"attention_{k}")(y, y, use_causal_mask=True)
        y = L.LayerNormalization(name=f"between_{k}")(x)
        x = x + L.Dense(8, name=f"down_{k}")(L.Dense(16, activation="gelu", name=f"up_{k}")(y))
    return keras.Model(words, L.Dense(13, activation="softmax", name="next")(x))


def vision_transformer():
    pixels = keras.Input((16, 16, 3), name="pixels")
    x = L.Reshape((16, 8), name="tokens")(L.Conv2D(8, 4, strides=4, name="patches")(pixels))
    y = L.LayerNormalization(name="norm")(x)
    seen, _ = L.MultiHeadAttention(2, 4, name="heads")(y, y, return_attention_scores=True)
    x = L.Add(name="residual")([x, seen])
    return keras.Model(pixels, L.Dense(4, activation="softmax", name="out")(L.GlobalAveragePooling1D(name="mean")(x)))


def generator():
    x = noise = keras.Input((10,), name="noise")
    x = L.Reshape((4, 4, 4))(L.Dense(64, use_bias=False)(x))
    for filters in (6, 3):
        x = L.LeakyReLU()(L.BatchNormalization()(x))
        x = L.Conv2DTranspose(filters, 4, strides=2, padding="same")(x)
    return keras.Model(noise, L.Activation("tanh", name="picture")(x))


def autoencoder():
    pixels = keras.Input((8, 8, 1), name="pixels")
    x = L.Flatten(name="flat")(L.Conv2D(4, 3, strides=2, activation="relu", name="conv")(pixels))
    mean, spread = L.Dense(2, name="mean")(x), L.Dense(2, name="log_variance")(x)
    # In inference the sample is the mean.
    sample = mean + L.GaussianNoise(1.0, name="noise")(ops.zeros_like(spread)) * ops.exp(0.5 * spread)
    x = L.Reshape((8, 8, 1), name="picture")(L.Dense(64, activation="sigmoid", name="decoded")(sample))
    return keras.Model(pixels, [x, mean, spread])


def frames():
    film = keras.Input((4, 8, 8, 3), name="film")
    x = L.TimeDistributed(L.Conv2D(4, 3, activation="relu"), name="conv")(film)
    x = L.TimeDistributed(L.GlobalAveragePooling2D(), name="pool")(x)
    return keras.Model(film, L.Dense(2, name="out")(L.Bidirectional(L.LSTM(3), name="both")(x)))


def moving():
    film = keras.Input((4, 8, 8, 2), name="film")
    x = L.ConvLSTM2D(3, 3, return_sequences=True, name="first")(film)
    x, *states = L.ConvLSTM2D(2, 3, return_state=True, name="second")(x)
    return keras.Model(film, [x, *states])


def residual_rows():
    x = row = keras.Input((12,), name="row")
    for k in range(4):
        y = L.Dense(12, activation="swish", name=f"dense_{k}")(L.LayerNormalization(name=f"norm_{k}")(x))
        x = L.Add(name=f"sum_{k}")([x, L.Dropout(0.5, name=f"drop_{k}")(y)])
    return keras.Model(row, L.Dense(1, name="price")(x))


def branches():
    pixels = keras.Input((12, 12, 3), name="pixels")
    parts = [L.Conv2D(3, k, padding="same", activation="relu", name=f"conv_{k}")(pixels) for k in (1, 3, 5, 7)]
    parts.append(L.AveragePooling2D(3, strides=1, padding="same", name="pool")(pixels))
    x = L.GlobalMaxPooling2D(name="peak")(L.Concatenate(name="join")(parts))
    return keras.Model(
        pixels, {"kind": L.Dense(3, activation="softmax", name="kind")(x), "size": L.Dense(1, name="size")(x)}
    )


def three_deep():
    inner = keras.Input((6,))
    model = keras.Sequential(
        [keras.Input((6,)), L.Dense(6, activation="tanh", name="dense"), L.Dense(6, name="last")], name="a"
    )
    for name in ("b", "c"):
        inner = keras.Input((6,))
        model = keras.Model(inner, L.Add(name="sum")([model(inner), inner]), name=name)
    numbers = keras.Input((6,), name="numbers")
    return keras.Model(numbers, L.Dense(2, name="out")(model(model(numbers))))


def int8():
    numbers = keras.Input((12,), name="numbers")
    x = L.Dense(2, name="out")(L.Dense(16, activation="relu", name="hidden")(numbers))
    model = keras.Model(numbers, x)
    model.quantize("int8")
    return model


def mixed_precision():
    x = pixels = keras.Input((8, 8, 3), name="pixels")
    x = L.Conv2D(4, 3, activation="relu", name="conv", dtype="float16")(x)
    x = L.BatchNormalization(name="norm", dtype="mixed_bfloat16")(x)
    x = L.GlobalAveragePooling2D(name="pool", dtype="float64")(x)
    return keras.Model(pixels, L.Dense(2, name="out", dtype="float32")(x))


def wide():
    row = keras.Input((3,), name="row")
    return keras.Model(row, L.Dense(2, name="out")(L.Dense(200_000, activation="relu", name="wide")(row)))


def deep():
    x = row = keras.Input((4,), name="row")
    for k in range(500):
        x = L.Dense(4, activation="tanh", name=f"dense_{k}")(x)
    return keras.Model(row, x)


SMALL = [
    siamese, u_net, sequence_to_sequence, translator_with_attention, gpt, vision_transformer, generator, autoencoder,
    frames, moving, residual_rows, branches, three_deep, int8, mixed_precision,
]  # fmt: skip
LARGE = [wide, deep]
