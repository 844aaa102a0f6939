"""Chooses the layer whose maps are weighted: the one that was asked for, or the last one that changes a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.explanations import Target
from ...core.requests.explanations import ExplainRequest
from ...core.texts import listed
from ..running.recorders import Inputs
from ..running.recorders.slopes import Question
from ..running.runs import ReadyModel
from .forms import InputForm
from .measuring import Circumstances, MeasuredBatch
from .weighted_layers import WeightedLayer, as_weighted, candidates, layers_before, question_of, refused, scored_layer

TRIED_AT_ONCE = 8
"""Layers of which it is found out in one run whether they change a score."""


class LayerChoice:
    """The layers that a request's methods weight the maps of, by score, as batches show them.

    Attributes:
        notes: what is not as one might expect, for users.
    """

    def __init__(self, model: ReadyModel, request: ExplainRequest, forms: Sequence[InputForm]) -> None:
        self.notes: list[str] = []
        self._model = model
        self._outputs = request.outputs
        self._wanted = request.layer
        self._forms = forms
        self._layers: dict[Question, tuple[WeightedLayer | None, str]] = {}
        self._undecided: set[Question] = set()

    @property
    def first(self) -> str:
        """Path of the layer of the first target that has one; empty where none has."""
        return next((layer.path for layer, _ in self._layers.values() if layer is not None), "")

    def layer_for(self, target: Target) -> str:
        """Path of the layer of a target; empty where it has none."""
        layer, _ = self._layers.get(self._question(target), (None, ""))
        return layer.path if layer is not None else ""

    def measured(self, about: Circumstances, inputs: Inputs, target: Target) -> MeasuredBatch:
        """A batch with the layer whose maps are weighted.

        Raises:
            UserError: code ``explanation.layer_unfit``.
        """
        question = self._question(target)
        if question not in self._layers or question in self._undecided:
            self._undecided.discard(question)
            if not self._wanted:
                return self._find(about, inputs, target, question)
            chosen = self._as_wanted(question)
            self._layers[question] = chosen, ""
            self._note(chosen)
        return MeasuredBatch(about, inputs, target, *self._layers[question])

    def _as_wanted(self, question: Question) -> WeightedLayer:
        network, recorder, path = self._model.network, self._model.recorder, self._wanted
        layer = next((layer for layer in network.layers if layer.path == path), None)
        found: WeightedLayer | str = f"{network.name} has no such layer"
        if layer is not None:
            found = as_weighted(network, recorder, self._forms, layer)
            if path not in layers_before(network, [scored_layer(network, question)]):
                found = "the score does not depend on it"
        if isinstance(found, str):
            known = [one.path for one in candidates(network, recorder, self._forms, question)]
            raise refused(path, found, known)
        return found

    def _find(self, about: Circumstances, inputs: Inputs, target: Target, question: Question) -> MeasuredBatch:
        """A batch with the last layer before the score whose gradient is not 0 everywhere.

        The first sample decides for which it is not 0 at any layer. Where there is none in the batch the next one does,
        and the last layer serves until then.
        """
        layers = list(candidates(self._model.network, self._model.recorder, self._forms, question))
        changing: dict[WeightedLayer, np.ndarray] = {}
        # The last one is most often the one, and what was measured of it serves all methods.
        measured = MeasuredBatch(about, inputs, target, layers[0] if layers else None)
        for start in (0, *range(1, len(layers), TRIED_AT_ONCE)) if layers else ():
            changing |= measured.changing(layers[start : start + TRIED_AT_ONCE if start else 1])
            if any(changes[0] for changes in changing.values()):
                break
        deciding = np.flatnonzero(np.any([*changing.values()], axis=0))[:1] if changing else ()
        found = next((one for one, changes in changing.items() for k in deciding if changes[k]), None)
        if found is not None:
            self._note(found)
        elif changing:
            found = next(iter(changing))
            self._undecided.add(question)
        none = "no layer before the score has feature maps that lie over an input and change the score"
        self._layers[question] = found, "" if found else none
        if found is not None and measured.layer is found:
            return measured
        return MeasuredBatch(about, inputs, target, *self._layers[question])

    def _note(self, layer: WeightedLayer) -> None:
        """Say how steps are laid out as places, and which inputs with positions have nothing of the layer's maps."""
        if layer.grid is not None:
            rest = f"; {layer.tokens} of them, a class token, stands for none" if layer.tokens else ""
            self.notes.append(
                f"The steps of {layer.path} are laid out as {layer.grid[0]} × {layer.grid[1]} places{rest}."
            )
        axes = {self._forms[number].positions for number in layer.inputs}
        others = [form.name for form in self._forms if form.number not in layer.inputs and form.positions in axes]
        if others:
            own = listed([self._forms[number].name for number in layer.inputs])
            self.notes.append(f"The maps of {layer.path} lie over {own}: there are none of them for {listed(others)}.")

    def _question(self, target: Target) -> Question:
        return question_of(self._model.network, self._outputs, target)
