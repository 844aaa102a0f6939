"""A smallest network around every public class of `keras.layers`, and around every way to wrap one in another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

L = keras.layers
RNG = np.random.default_rng(7)


def floats(*shape: int) -> np.ndarray:
    return RNG.normal(size=(3, *shape)).astype(np.float32)


def whole(most: int, *shape: int) -> np.ndarray:
    return RNG.integers(0, most, (3, *shape)).astype(np.int32)


ROW, STEPS, PLANE, SPACE = floats(6), floats(8, 4), floats(8, 8, 3), floats(4, 4, 4, 2)
FILMS = {1: floats(3, 6, 2), 2: floats(3, 6, 6, 2), 3: floats(2, 4, 4, 4, 2)}
PIXELS = RNG.uniform(0, 255, (3, 16, 16, 3)).astype(np.float32)
SOUND = floats(256)
TEXTS = np.array([["the film was good"], ["a bad actor"], ["good film"]])
WORDS = np.array([["good"], ["bad"], ["unheard"]])
VOCABULARY = ["good", "bad", "film", "actor"]
GRIDS = {"1D": STEPS, "2D": PLANE, "3D": SPACE}


@dataclass(frozen=True)
class Case:
    """A layer and what goes into it.

    Attributes:
        make: the layer, of this name.
        inputs: a batch of three samples per input.
        together: whether the inputs are given as a list, as merging layers take them.
    """

    make: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    together: bool = False

    def model(self) -> tuple[keras.Model, list[np.ndarray]]:
        """The network, and what the layer itself gives for the inputs, called eagerly."""
        keras.utils.set_random_seed(5)
        layer = self.make(name="layer")
        tensors = [
            keras.Input(
                values.shape[1:], dtype="string" if values.dtype.kind == "U" else values.dtype.name, name=f"in_{k}"
            )
            for k, values in enumerate(self.inputs)
        ]
        outputs = keras.tree.flatten(layer(tensors) if self.together else layer(*tensors))
        give_weights(layer)
        given = [keras.ops.convert_to_tensor(values) for values in self.inputs]
        how = {"training": False} if "training" in getattr(layer, "_call_context_args", ()) else {}
        values = layer(given, **how) if self.together else layer(*given, **how)
        return keras.Model(tensors, outputs), [np.asarray(value) for value in keras.tree.flatten(values)]


def give_weights(layer: keras.Layer) -> None:
    """Weights that are no zeros and ones, so that none of them may be left out."""
    random = np.random.default_rng(11)
    for weight in layer.weights:
        if "float" in str(weight.dtype):
            weight.assign(random.uniform(0.2, 0.9, weight.shape))


def one(make: Callable[..., Any], *inputs: np.ndarray) -> Case:
    return Case(make, inputs)


def several(make: Callable[..., Any], *inputs: np.ndarray) -> Case:
    return Case(make, inputs, together=True)


def with_settings(make: Callable[..., Any], **settings: Any) -> Callable[..., Any]:
    return lambda **more: make(**settings, **more)


def _cases() -> dict[str, Case]:
    s = with_settings
    cases = {
        "Activation": one(s(L.Activation, activation="gelu"), ROW),
        "ActivityRegularization": one(L.ActivityRegularization, ROW),
        "BatchNormalization": one(L.BatchNormalization, PLANE),
        "CategoryEncoding": one(s(L.CategoryEncoding, num_tokens=5, output_mode="multi_hot"), whole(5, 4)),
        "Dense": one(s(L.Dense, units=4, activation="tanh"), ROW),
        "EinsumDense": one(s(L.EinsumDense, equation="abc,cd->abd", output_shape=(8, 5)), STEPS),
        "Embedding": one(s(L.Embedding, input_dim=9, output_dim=4), whole(9, 5)),
        "ReversibleEmbedding": one(s(L.ReversibleEmbedding, input_dim=9, output_dim=4), whole(9, 5)),
        "Flatten": one(L.Flatten, PLANE),
        "GroupNormalization": one(s(L.GroupNormalization, groups=2), STEPS),
        "Masking": one(L.Masking, STEPS),
        "Normalization": one(s(L.Normalization, mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0]), PLANE),
        "Permute": one(s(L.Permute, dims=(2, 1)), STEPS),
        "RepeatVector": one(s(L.RepeatVector, n=3), ROW),
        "Rescaling": one(s(L.Rescaling, scale=1 / 255, offset=-0.5), PLANE),
        "Reshape": one(s(L.Reshape, target_shape=(2, -1)), ROW),
        "SpectralNormalization": one(lambda name: L.SpectralNormalization(L.Dense(4), name=name), ROW),
        "Discretization": one(s(L.Discretization, bin_boundaries=[-0.5, 0.0, 0.5]), ROW),
        "Hashing": one(s(L.Hashing, num_bins=7), whole(90, 4)),
        "HashedCrossing": several(s(L.HashedCrossing, num_bins=7), whole(90, 1), whole(90, 1)),
        "IntegerLookup": one(s(L.IntegerLookup, vocabulary=[3, 5, 8]), whole(9, 4)),
        "StringLookup": one(s(L.StringLookup, vocabulary=VOCABULARY), WORDS),
        "TextVectorization": one(s(L.TextVectorization, vocabulary=VOCABULARY, output_sequence_length=6), TEXTS),
        "MultiHeadAttention": one(s(L.MultiHeadAttention, num_heads=2, key_dim=3), STEPS, STEPS),
        "GroupQueryAttention": one(
            s(L.GroupQueryAttention, head_dim=3, num_query_heads=4, num_key_value_heads=2), STEPS, STEPS
        ),
        "Attention": several(s(L.Attention, use_scale=True), STEPS, STEPS),
        "AdditiveAttention": several(L.AdditiveAttention, STEPS, STEPS),
        "Concatenate": several(L.Concatenate, STEPS, STEPS),
        "Dot": several(s(L.Dot, axes=1), ROW, ROW + 1),
        "MelSpectrogram": one(
            s(
                L.MelSpectrogram,
                num_mel_bins=8,
                sampling_rate=64,
                sequence_stride=32,
                fft_length=64,
                min_freq=1,
                max_freq=32,
            ),
            SOUND,
        ),
        "STFTSpectrogram": one(
            s(L.STFTSpectrogram, frame_length=32, frame_step=16, fft_length=32, window=None), SOUND[..., np.newaxis]
        ),
        "TimeDistributed": one(lambda name: L.TimeDistributed(L.Dense(5), name=name), STEPS),
        "Bidirectional": one(lambda name: L.Bidirectional(L.LSTM(4, return_sequences=True), name=name), STEPS),
        "RNN": one(lambda name: L.RNN(L.GRUCell(4), return_sequences=True, name=name), STEPS),
        "StackedRNNCells": one(lambda name: L.RNN(L.StackedRNNCells([L.LSTMCell(4), L.GRUCell(3)]), name=name), STEPS),
        "LSTMCell": one(lambda name: L.RNN(L.LSTMCell(4), name=name), STEPS),
        "GRUCell": one(lambda name: L.RNN(L.GRUCell(4), name=name), STEPS),
        "SimpleRNNCell": one(lambda name: L.RNN(L.SimpleRNNCell(4), name=name), STEPS),
        "Resizing": one(s(L.Resizing, height=6, width=10), PIXELS),
        "CenterCrop": one(s(L.CenterCrop, height=6, width=5), PIXELS),
        "RandomCrop": one(s(L.RandomCrop, height=6, width=5), PIXELS),
        "RandomBrightness": one(s(L.RandomBrightness, factor=0.3), PIXELS),
        "RandomColorDegeneration": one(s(L.RandomColorDegeneration, factor=0.3), PIXELS),
        "RandomColorJitter": one(L.RandomColorJitter, PIXELS),
        "RandomContrast": one(s(L.RandomContrast, factor=0.3), PIXELS),
        "RandomElasticTransform": one(L.RandomElasticTransform, PIXELS),
        "RandomErasing": one(L.RandomErasing, PIXELS),
        "RandomFlip": one(L.RandomFlip, PIXELS),
        "RandomGaussianBlur": one(L.RandomGaussianBlur, PIXELS),
        "RandomGrayscale": one(L.RandomGrayscale, PIXELS),
        "RandomHue": one(s(L.RandomHue, factor=0.3), PIXELS),
        "RandomInvert": one(L.RandomInvert, PIXELS),
        "RandomPerspective": one(L.RandomPerspective, PIXELS),
        "RandomPosterization": one(s(L.RandomPosterization, factor=4), PIXELS),
        "RandomRotation": one(s(L.RandomRotation, factor=0.3), PIXELS),
        "RandomSaturation": one(s(L.RandomSaturation, factor=0.3), PIXELS),
        "RandomSharpness": one(s(L.RandomSharpness, factor=0.3), PIXELS),
        "RandomShear": one(s(L.RandomShear, x_factor=(0.0, 0.3)), PIXELS),
        "RandomTranslation": one(s(L.RandomTranslation, height_factor=0.3, width_factor=0.3), PIXELS),
        "RandomZoom": one(s(L.RandomZoom, height_factor=0.3), PIXELS),
        "RandAugment": one(L.RandAugment, PIXELS),
        "AugMix": one(L.AugMix, PIXELS),
        "AutoContrast": one(L.AutoContrast, PIXELS),
        "CutMix": one(L.CutMix, PIXELS),
        "MixUp": one(L.MixUp, PIXELS),
        "Equalization": one(s(L.Equalization, dtype="uint8"), PIXELS),
        "ContrastLimitedAdaptiveHistogramEqualization": one(L.ContrastLimitedAdaptiveHistogramEqualization, PIXELS),
        "MaxNumBoundingBoxes": one(s(L.MaxNumBoundingBoxes, max_number=4), PIXELS),
        "Solarization": one(s(L.Solarization, threshold_factor=0.5), PIXELS),
        "Pipeline": one(lambda name: L.Pipeline([L.Rescaling(1 / 255), L.CenterCrop(6, 5)], name=name), PIXELS),
    }
    cases |= {
        name: one(getattr(L, name), ROW)
        for name in (
            "Identity",
            "ELU",
            "LeakyReLU",
            "ReLU",
            "Softmax",
            "PReLU",
            "LayerNormalization",
            "RMSNormalization",
            "UnitNormalization",
        )
    }
    cases |= {name: one(s(getattr(L, name), rate=0.3), ROW) for name in ("Dropout", "AlphaDropout", "GaussianDropout")}
    cases["GaussianNoise"] = one(s(L.GaussianNoise, stddev=1.0), ROW)
    merging = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
    cases |= {name: several(getattr(L, name), ROW, ROW[::-1].copy()) for name in merging}
    cases |= {name: one(s(getattr(L, name), units=4), STEPS) for name in ("LSTM", "GRU", "SimpleRNN")}
    for rank, batch in GRIDS.items():
        convolutions = {
            f"Conv{rank}": {"filters": 4},
            f"Conv{rank}Transpose": {"filters": 4, "strides": 2},
            f"DepthwiseConv{rank}": {"depth_multiplier": 2},
            f"SeparableConv{rank}": {"filters": 4},
        }
        convolutions = {name: more for name, more in convolutions.items() if hasattr(L, name)}
        cases |= {name: one(s(getattr(L, name), kernel_size=3, **more), batch) for name, more in convolutions.items()}
        for kind in ("Average", "Max"):
            cases[f"{kind}Pooling{rank}"] = one(s(getattr(L, f"{kind}Pooling{rank}"), pool_size=2), batch)
            cases[f"Global{kind}Pooling{rank}"] = one(getattr(L, f"Global{kind}Pooling{rank}"), batch)
            cases[f"Adaptive{kind}Pooling{rank}"] = one(
                s(getattr(L, f"Adaptive{kind}Pooling{rank}"), output_size=2), batch
            )
        for kind in ("Cropping", "UpSampling", "ZeroPadding"):
            cases[f"{kind}{rank}"] = one(getattr(L, f"{kind}{rank}"), batch)
        cases[f"SpatialDropout{rank}"] = one(s(getattr(L, f"SpatialDropout{rank}"), rate=0.3), batch)
    for rank, film in FILMS.items():
        cases[f"ConvLSTM{rank}D"] = one(s(getattr(L, f"ConvLSTM{rank}D"), filters=3, kernel_size=3), film)
    return cases


CASES = _cases()
