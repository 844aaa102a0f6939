"""How many outputs a layer gives and what shape those after the first have, from its settings alone.

Outputs that other layers read are known without these rules. Class names and settings are those of Keras.
"""

from __future__ import annotations

from typing import Any

from .keras_names import MULTI_HEADED, known_class

Config = dict[str, Any]

STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2}
"""How many states a recurrent layer has."""
_CELLS = {"LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}
_SCORING = (*MULTI_HEADED, "Attention", "AdditiveAttention")


def output_count(class_name: str, config: Config, call: Any = None) -> int:
    """How many outputs a layer gives at least.

    Args:
        call: what the file says of the call.
    """
    if class_name == "Bidirectional":
        inner = config["layer"]
        is_apart = config.get("merge_mode", "concat") is None
        return (2 if is_apart else 1) + 2 * (output_count(known_class(inner), inner["config"]) - 1)
    if class_name in STATES or class_name == "RNN":
        return 1 + (_states(class_name, config) if config.get("return_state") else 0)
    given = call.get("kwargs", {}) if isinstance(call, dict) else {}
    return 2 if class_name in _SCORING and given.get("return_attention_scores") is True else 1


def state_shape(class_name: str, config: Config, number: int) -> tuple[int, ...] | None:
    """Shape of a state that a layer of units gives as one of its outputs; None for any other output.

    Args:
        number: of the output.
    """
    if class_name == "Bidirectional":
        inner = config["layer"]
        first = 2 if config.get("merge_mode", "concat") is None else 1
        return state_shape(known_class(inner), inner["config"], 1) if number >= first else None
    return (config["units"],) if class_name in ("LSTM", "GRU", "SimpleRNN") and number else None


def _states(class_name: str, config: Config) -> int:
    cell = config.get("cell")
    if class_name != "RNN" or not isinstance(cell, dict):
        return STATES.get(class_name, 0)
    inner = cell["config"].get("cells", [cell])
    return sum(_CELLS.get(known_class(one), 0) for one in inner)
