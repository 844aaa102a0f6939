"""What is said of a neuron, in the same words wherever it is said."""

from __future__ import annotations

from ...scene.neurons.neuron_facts import NeuronFacts
from .sidebar import format_number


def describe_switch(factor: float, replaced: bool) -> str:
    """What a neuron's switch does to it.

    Args:
        factor: what its output is multiplied by; 0 where it is off.
        replaced: whether it gives its mean while it is off.
    """
    if factor == 0:
        return "Off, held at its mean" if replaced else "Off"
    return "On" if factor == 1 else f"Factor {factor:g}"


def describe_facts(facts: NeuronFacts, sample: str = "") -> list[str]:
    """A few lines: its value, its rank, and its switch where that changes anything.

    Args:
        sample: name of the one that is shown; empty where it is told elsewhere.
    """
    value = f"Activation {format_number(facts.activation)}"
    if facts.intact is not None:
        value += f", before {format_number(facts.intact)}"
    lines = [value, f"Rank {facts.rank:,} of {facts.count:,}" + (f" for {sample}" if sample else "")]
    return lines if facts.factor == 1 else [*lines, describe_switch(facts.factor, facts.replaced)]
