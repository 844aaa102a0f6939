"""Which of a text's steps are of which word, as the network's own layer splits texts."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from ..running.keras_internals import layers_inside
from .overlay_pictures import CountSteps, one_per_word


def step_counter(model: keras.Model) -> CountSteps:
    """Counts steps as the only `TextVectorization` of a model splits texts; as `one_per_word` where there is none."""
    found = [layer for layer in layers_inside(model) if isinstance(layer, keras.layers.TextVectorization)]
    if len(found) != 1 or found[0].get_config()["ngrams"]:
        return one_per_word
    config = found[0].get_config()
    names = ("standardize", "split", "encoding")
    # Unknown words become 1 and what is missing at the end 0, so that what is not 0 is a step.
    splitting = keras.layers.TextVectorization(vocabulary=["a"], **{name: config[name] for name in names})

    def count(pieces: Sequence[str]) -> Sequence[int]:
        numbers = np.asarray(splitting(tf.constant(list(pieces))[:, tf.newaxis]))
        return [int(number) for number in np.count_nonzero(numbers.reshape(len(pieces), -1), axis=1)]

    return count
