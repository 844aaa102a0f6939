"""What every recorder can do, whatever it runs a model with, and which recorder runs which model.

A recorder is a folder or file here that registers itself. `tests/worker/test_recorder_contract.py` holds all of them
to the same facts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core.errors import UserError
from ....core.interventions.intervention import Intervention, switch_of
from ....core.network import Layer, Network
from ....core.registry import Registry
from ..loading import LoadedModel
from ..switches import Switches, is_decimal, refuse_unswitchable
from .slopes import Question, Slopes, Variation

PREDICTED = -1
"""In place of a class: the one with the highest output."""
NO_NEURON = -1
"""In place of a neuron: none is switched off."""

Summary = Callable[[Layer, Any, Any], Any]
"""What is kept of a layer's gradients; see `Recorder.gradients`."""


def nothing() -> None:
    """Let a run go on."""


@dataclass(frozen=True)
class Inputs:
    """A batch of samples on its way into a network.

    Attributes:
        keys: one per sample. Samples of equal keys have equal values, so a recorder may use what it knows of them.
        read: gives the values, an array (batch, …) per input of the network. A recorder that knows enough of the
            samples does not call it.
    """

    keys: tuple[Hashable, ...]
    read: Callable[[], tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class Activations:
    """What was measured of a batch.

    Attributes:
        first: the number of the first layer that was measured. Those before give what they gave without the change.
        values: float32 (batch, neurons of the layers from the first on, side by side).
        outputs: float32 (batch, …), what each output of the network gives; NaN for texts.
    """

    first: int
    values: np.ndarray
    outputs: tuple[np.ndarray, ...]


class Recorder(ABC):
    """Runs one loaded model and measures its layers, under any intervention.

    Every method takes an intervention as `Switches`: a neuron's output y becomes
    ``where(gain == 1, y, where(gain == 0, fill, gain * y))``, in all calls of its layer. NaN and infinity of other
    neurons stay what they are. Units of a recurrent layer are switched inside its loop, or `notes` says that they are
    not. Layers do what they do in inference.

    What a recorder keeps between calls makes it faster and changes no result; an error or a cancel leaves it usable.

    Args:
        network: the model's description; layer k of the recorder is its layer k.
        dtypes: of every layer's output, as Keras names them.
        ranks: how many axes each of the network's outputs has, the batch axis included.

    Attributes:
        columns: where each layer's neurons are, in arrays over all neurons side by side.
        intact: the empty intervention.
        resumes: whether a run may begin at a layer behind the input, with what was kept of an earlier run. Where it
            does not, `Activations.first` is always 0.
    """

    resumes = False

    def __init__(self, network: Network, dtypes: Sequence[str], ranks: Sequence[int]) -> None:
        self.network = network
        self.dtypes = tuple(dtypes)
        self.columns = [*network.neuron_slices().values()]
        self._ranks = tuple(ranks)
        self._numbers = {layer.path: number for number, layer in enumerate(network.layers)}
        self._calls: dict[str, list[int]] = {}
        for path, number in self._numbers.items():
            self._calls.setdefault(switch_of(path), []).append(number)
        self.intact = self._switches(Intervention(), None)

    def number_of(self, path: str) -> int:
        """The number of a layer."""
        return self._numbers[path]

    def calls_of(self, path: str) -> list[int]:
        """The numbers of all calls of the layer that a path is a call of."""
        return self._calls[switch_of(path)]

    def changed_layers(self, intervention: Intervention) -> list[int]:
        """The numbers of the layers that an intervention changes, found without asking hundreds of others."""
        return sorted(number for switch in intervention.layers for number in self._calls[switch])

    def switches(self, intervention: Intervention, means: np.ndarray | None = None) -> Switches:
        """An intervention ready to run.

        Args:
            means: float32 (neurons,), what replaced neurons give.

        Raises:
            UserError: code ``intervention.unsupported``.
        """
        if intervention.is_empty:
            return self.intact
        layers = self.network.layers
        refuse_unswitchable({layers[k].path: self.dtypes[k] for k in self.changed_layers(intervention)})
        return self._switches(intervention, means)

    def switches_among(
        self, paths: Collection[str], intervention: Intervention, means: np.ndarray | None = None
    ) -> Switches:
        """As `switches`, for one of many interventions that change some of the same layers.

        All these layers count as changed, so that what is traced for the first of the interventions serves for all.

        Args:
            paths: of the layers, of each one call.

        Raises:
            UserError: as `switches`.
        """
        layers = self.network.layers
        calls = {number for path in paths for number in self.calls_of(path) if is_decimal(self.dtypes[number])}
        refuse_unswitchable({layers[k].path: self.dtypes[k] for k in self.changed_layers(intervention)})
        switches = self._switches(intervention, means)
        switches.changed[[number for number in calls if layers[number].neurons]] = True
        return switches

    def _switches(self, intervention: Intervention, means: np.ndarray | None) -> Switches:
        layers = self.network.layers
        changed = {number: layers[number].path for number in self.changed_layers(intervention)}
        return Switches(len(layers), self.columns, intervention, changed, means)

    def refuse_no_numbers(self, answer: int) -> None:
        """Insist on an output that is numbers in a row, as `sweep` and `gradients` need it.

        Args:
            answer: number of the output.

        Raises:
            UserError: code ``output.unsupported``.
        """
        if not (0 <= answer < len(self._ranks) and self._ranks[answer] == 2):
            raise UserError(
                "output.unsupported",
                "The network's answer is not numbers in a row, so the influence of neurons cannot be measured.",
                "Choose another output as the answer, or use a network that classifies.",
            )

    @abstractmethod
    def is_never_negative(self, number: int) -> bool:
        """Whether a layer is known to give 0 or more, so that a mean of 0 means 0 everywhere."""

    @abstractmethod
    def notes(self, intervention: Intervention) -> list[str]:
        """What about an intervention is not as one might expect, for users."""

    @abstractmethod
    def activations(
        self,
        inputs: Inputs,
        statistic: str,
        switches: Switches,
        first: int = 0,
        total: int | None = None,
        between: Callable[[], object] = nothing,
    ) -> Activations:
        """Run samples and measure every neuron.

        Args:
            statistic: one of `core.recording.STATISTICS`, of neurons with positions.
            first: the number of the first layer whose activations are wanted; more may be given.
            total: how many samples this batch is a part of. A recorder that resumes then keeps what it needs to run
                them again, provided that there is room for all; None keeps nothing.
            between: is called between parts of the work; what it raises ends the run.

        Raises:
            SamplesFailed: it cannot be run on these samples, see `samples.batches`.
            UserError: ``model.failed``.
        """

    def rerun(
        self, inputs: Inputs, statistic: str, switches: Switches, first: int, between: Callable[[], object] = nothing
    ) -> Activations:
        """As `activations`, of one sample that somebody watches while switching neurons.

        A recorder that resumes begins as close before layer ``first`` as it can, and prepares for the next change.
        """
        return self.activations(inputs, statistic, switches, first, between=between)

    @abstractmethod
    def layer_outputs(
        self, inputs: Inputs, paths: Sequence[str], switches: Switches, between: Callable[[], object] = nothing
    ) -> dict[str, np.ndarray]:
        """Run samples and give outputs of layers, (batch, …) in the layer's own dtype, by path.

        Raises:
            UserError: as `activations`.
        """

    @abstractmethod
    def outputs(
        self,
        inputs: Inputs,
        switches: Switches,
        total: int | None = None,
        between: Callable[[], object] = nothing,
    ) -> tuple[np.ndarray, ...]:
        """Run samples and give `Activations.outputs` alone.

        Raises:
            UserError: as `activations`.
        """

    @abstractmethod
    def sweep(
        self, inputs: Inputs, path: str, neurons: np.ndarray, base: Switches, answer: int = 0
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """What one sample's classes get without each of some neurons, on top of an intervention.

        Args:
            inputs: one sample.
            path: of the layer; all its calls are switched.
            neurons: int (neurons,), `NO_NEURON` for the network as it is under ``base``.
            answer: number of the output that gives the classes.

        Yields:
            Which of the neurons were off, then float32 (those, classes): logits, before softmax or sigmoid, and
            outputs. A single unit after sigmoid counts as the two classes no and yes. Where ``base`` changes the last
            layer, its outputs stand for its logits. Parts are so small that a request can be cancelled between them.

        Raises:
            UserError: as `activations`.
        """

    @abstractmethod
    def gradients(
        self, inputs: Inputs, classes: np.ndarray, switches: Switches, summary: Summary, answer: int = 0
    ) -> Mapping[str, np.ndarray]:
        """Gradients of each sample's class score (its logit, see `sweep`) with respect to the outputs of layers.

        Args:
            classes: int32 (batch,), `PREDICTED` for the class with the highest output.
            summary: takes a layer, its output and the gradient, tensors (batch, …), and gives the tensor that is wanted
                of them. The gradient is None where the score does not depend on the layer. It may be traced, once per
                function and intervention.
            answer: number of the output that gives the classes.

        Returns:
            What ``summary`` gave by path, for layers with neurons whose output are decimal numbers.

        Raises:
            UserError: as `activations`.
        """

    @abstractmethod
    def slopes(
        self,
        inputs: Inputs,
        question: Question,
        chosen: np.ndarray,
        switches: Switches,
        variation: Variation | None = None,
    ) -> Slopes:
        """Values and gradients of each sample's score at inputs of the network and at layers.

        An input of whole numbers or texts has slopes where they first become decimals with a row of features for each:
        where they are looked up. What is said of a layer's outputs in `gradients` counts here too.

        Args:
            chosen: int32 (batch,), numbers of classes, values or neurons; -1 - k for the one with the k-th highest
                output, from 0.
            variation: what is made of values at inputs before the network goes on with them; slopes are those there.

        Raises:
            UserError: as `activations`; ``output.unsupported`` where the output has no axis of classes or values.
        """

    def refuse_no_scores(self, question: Question) -> None:
        """Insist on an output or a layer that has an axis of classes, values or neurons.

        Raises:
            UserError: code ``output.unsupported``.
        """
        if question.layer or (0 <= question.output < len(self._ranks) and self.axes_of_output(question.output)):
            return
        raise UserError(
            "output.unsupported",
            "This output of the network has no axis of classes or values, so there is no score to explain.",
            "Choose another output, or a neuron of a layer.",
        )

    def axes_of_output(self, output: int) -> tuple[str, ...]:
        """Names of the axes of one of the network's outputs without the batch axis; none where no unit is counted."""
        rank = self._ranks[output]
        layer = self.network.layer_of_output(self.network.outputs[output])
        if layer is not None and len(layer.axes) == rank - 1 and layer.neurons:
            return layer.axes
        return ("unit",) if rank == 2 else ()


@dataclass(frozen=True)
class RecorderKind:
    """A way to run models.

    Attributes:
        can_run: whether a model can be run that way.
        make: a recorder of a model.
    """

    name: str
    can_run: Callable[[LoadedModel], bool]
    make: Callable[[LoadedModel], Recorder]


RECORDERS: Registry[RecorderKind] = Registry(__name__)


def recorder_of(loaded: LoadedModel) -> Recorder:
    """A recorder of the first kind that can run a model; `load_model` refuses models that none can run."""
    return next(kind.make(loaded) for kind in RECORDERS if kind.can_run(loaded))
