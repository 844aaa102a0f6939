"""Binary: one value that says whether something is the case, a probability, a logit or a sign."""

from __future__ import annotations

import numpy as np

from ..network import CHOSEN
from . import OUTPUT_KINDS, PROBABILITIES, Claim, OutputKind
from .classes import ACCURACY, class_of, is_right, text_of_class
from .endings import OF_ONE_CASE, Ending


def _claims(ending: Ending) -> Claim | None:
    labels, activation = ending.labels, ending.activation
    if ending.layer.output_shape != (1,) or (ending.value_word and not labels.are_two_cases):
        return None
    if activation in OF_ONE_CASE:
        is_share = labels.are_measured and min(labels.numbers) >= 0 and max(labels.numbers) <= 1
        return None if is_share else Claim(f"it gives one value after {activation}")
    why = _why_two_cases(ending) if activation in ("", "tanh") else ""
    if not why:
        return None
    if activation:
        return Claim(f"it gives one value after {activation}, and {why}: its sign is the answer")
    return Claim(f"it gives one value without an activation, and {why}: it is a logit, whose sign is the answer")


def _why_two_cases(ending: Ending) -> str:
    """Why a value without a sigmoid tells two cases apart, a part of a sentence; empty where it does not."""
    if ending.labels.texts:
        return "labels tell two cases apart" if ending.labels.are_two_cases else ""
    if len(ending.evidence.classes) == 2:
        return "there are names for two classes"
    return f"a name says {ending.logit_word}" if ending.may_be_logits and ending.logit_word else ""


def no_and_yes(outputs: np.ndarray, activation: str = "sigmoid") -> np.ndarray:
    """Float32 (samples, 2): what the two cases get, from (samples, 1).

    Probabilities after sigmoid; of a logit its sigmoid, which is a probability derived from it; of any other value
    itself and its negative, of which the higher is the answer as well.
    """
    if activation and activation not in PROBABILITIES:
        return np.concatenate([-outputs, outputs], axis=1)
    yes = outputs if activation else _sigmoid(outputs)
    return np.concatenate([1 - yes, yes], axis=1)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    """Without overflow, in the precision of what it is given."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small)).astype(logits.dtype)


BINARY = OUTPUT_KINDS.register(
    OutputKind(
        "binary",
        "Binary",
        _claims,
        lambda ending: Claim(CHOSEN) if ending.units == 1 else None,
        read_truth=class_of,
        text=text_of_class,
        metrics=lambda _: (ACCURACY,),
        class_values=no_and_yes,
        is_right=is_right,
        truth="true class",
        is_answer=True,
    )
)
