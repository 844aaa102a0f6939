"""What stands in for known harmless layers of other packages, see `keras_names.EQUIVALENTS`."""

from __future__ import annotations

from typing import Any

import keras


class CastToFloat32(keras.layers.Layer):  # type: ignore[misc]
    """What AutoKeras puts in front of every network."""

    def call(self, values: Any) -> Any:
        return keras.ops.cast(values, "float32")


class ExpandLastDim(keras.layers.Layer):  # type: ignore[misc]
    """What AutoKeras gives pictures in grey their channel with."""

    def call(self, values: Any) -> Any:
        return keras.ops.expand_dims(values, axis=-1)


class FixedDropout(keras.layers.Dropout):  # type: ignore[misc]
    """The dropout of EfficientNet, on which segmentation models are often built; it differs in training only."""


STAND_INS = {cls.__name__: cls for cls in (CastToFloat32, ExpandLastDim, FixedDropout)}
"""By the names of what they stand in for."""
