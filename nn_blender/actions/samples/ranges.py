"""Which range of values pictures enter a network in: what the network says of it, tried on labelled samples."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from ...core.errors import UserError
from ...core.inputs.evidence import SampleHints
from ...core.inputs.preprocessing import PRESETS, Guess, Preprocessing
from ...core.inputs.ranges import CONFIDENCE, LIKELY, RANGE_TITLES, SURE, UNSURE, Alternative
from ...core.network import Network
from ...core.outputs import NetworkOutput
from ...core.outputs.verdicts import judge_outputs
from ...core.recording import Sample
from ...core.requests.samples import RunRequest
from ...core.samples.grouping import evenly, spread_over_classes
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.worker import Worker
from ..requests import read_recording

TRIALS = 100
"""On how many labelled samples every range is tried at most."""
_SPREADS = (0.1, 1.5)
"""How far the numbers of an array may reach, as a share of the range that the network expects."""
FEW = 8
"""Fewer samples do not make a range sure."""


@dataclass(frozen=True)
class RangeTrials:
    """What ranges of values are tried with.

    Attributes:
        request: of all samples, with what is to be done to them as far as it is known.
        number: of the input whose range is tried.
        outputs: their kinds.
        answer: number of the output that is the network's answer.
        classes: names of its classes.
    """

    request: RunRequest
    number: int
    outputs: tuple[NetworkOutput, ...]
    answer: int
    classes: tuple[str, ...]

    def with_preprocessing(self, samples: tuple[Sample, ...], preprocessing: Preprocessing) -> RunRequest:
        """The request that tries it for some samples."""
        inputs = list(self.request.inputs)
        inputs[self.number] = replace(inputs[self.number], preprocessing=preprocessing)
        return replace(self.request, samples=samples, inputs=tuple(inputs), shown=0)


def try_ranges(
    worker: Worker, network: Network, trials: RangeTrials, guess: Guess, options: MeasureOptions
) -> Generator[Progress, None, Guess]:
    """A guess that is not sure, after every range of values was tried on samples whose class is known.

    Another range than the guessed one is taken only where the network is clearly right more often with it.

    Args:
        guess: what the network says.
        options: whose choices hold in every trial.
    """
    if guess.confidence == SURE or options.choices.get("range") is not None:
        return guess
    samples = _labelled(network, trials)
    if not samples:
        return guess
    candidates = _candidates(guess, options)
    alternatives: list[Alternative] = []
    for title, wanted in candidates:
        yield Progress("Trying ranges of values", len(alternatives), len(candidates))
        try:
            ran = yield from worker.ask(trials.with_preprocessing(samples, wanted.with_choices(**options.choices)))
        except UserError as error:
            if error.code != "samples.none":
                raise
            return guess
        recording = read_recording(worker, ran, options.statistic, trials.outputs, trials.answer)
        judged = judge_outputs(trials.outputs, trials.answer, recording.results, recording.samples, trials.classes)
        known = [verdict.right for verdict in judged[trials.answer].verdicts if verdict.right is not None]
        if not known:
            return guess
        alternatives.append(Alternative(title, sum(known), len(known)))
    return _choose(guess, [wanted for _, wanted in candidates], tuple(alternatives))


def describe_numbers(guess: Guess, hints: SampleHints) -> tuple[str, ...]:
    """What to say of an array of numbers that enter a network as they are, and whether they are those it expects."""
    given = f"The array's numbers, {hints.lowest:.4g} to {hints.highest:.4g}, enter the network as they are."
    low, high = guess.preprocessing.range
    spread = (hints.highest - hints.lowest) / (high - low)
    is_other = spread < _SPREADS[0] or spread > _SPREADS[1]
    if guess.confidence == UNSURE or guess.preprocessing.mean or not is_other:
        return (given,)
    expected = f"{low:g} to {high:g} is {CONFIDENCE[guess.confidence]}"
    return given, f"They seem to be in another range than the network expects, of which {expected}: {guess.reason}."


def _labelled(network: Network, trials: RangeTrials) -> tuple[Sample, ...]:
    """Samples whose right answer is known."""
    samples, output = trials.request.samples, trials.outputs[trials.answer]
    if output.kind not in ("binary", "classes"):
        return tuple(evenly([sample for sample in samples if sample.label], TRIALS))
    layer = network.layer_of_output(output.name)
    count = layer.output_shape[-1] if layer is not None and output.kind == "classes" else 2
    return spread_over_classes(samples, trials.classes, count, TRIALS)


def _candidates(guess: Guess, options: MeasureOptions) -> list[tuple[str, Preprocessing]]:
    """Ranges to be tried, the guessed one first, each with what it is called; those that choices make equal once."""
    plain = replace(guess.preprocessing, **PRESETS["unit"])
    presets = ("unit", "signed", "byte", "torch", "caffe") if plain.channels == 3 else ("unit", "signed", "byte")
    known = {name: replace(plain, **PRESETS[name]) for name in presets}
    title = next((RANGE_TITLES[name] for name, preset in known.items() if preset == guess.preprocessing), "")
    named = [(title or "{:g} to {:g}".format(*guess.preprocessing.limits), guess.preprocessing)]
    named += [(RANGE_TITLES[name], preset) for name, preset in known.items()]
    different: dict[Preprocessing, tuple[str, Preprocessing]] = {}
    for title, preprocessing in named:
        different.setdefault(preprocessing.with_choices(**options.choices), (title, preprocessing))
    return list(different.values())


def _choose(guess: Guess, candidates: Sequence[Preprocessing], alternatives: tuple[Alternative, ...]) -> Guess:
    """The range to take, from how many samples are predicted right with each; the guessed one is the first."""
    rights, tried = [one.right or 0 for one in alternatives], alternatives[0].tried
    best = max(range(len(rights)), key=lambda k: rights[k])
    # Two trials differ by about the root of their number where only chance makes the difference.
    clearly = max(2.0, math.sqrt(tried))
    guess = replace(guess, alternatives=alternatives)
    if rights[best] - rights[0] < clearly:
        best = 0
    is_clear = all(rights[best] - right >= clearly for k, right in enumerate(rights) if k != best)
    is_sure = is_clear and tried >= FEW and 2 * rights[best] > tried
    if best == 0:
        return replace(guess, confidence=SURE, reason=_BEST) if is_sure else guess
    return replace(guess, preprocessing=candidates[best], reason=_BEST, confidence=SURE if is_sure else LIKELY)


_BEST = "of all ranges tried, it gets the most labelled samples right"
