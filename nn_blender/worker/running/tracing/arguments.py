"""What a model made of Python code is called with: which tensors, in which arrangement."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....core.network import UNKNOWN, TensorSpec
from ...models.structure import stated_arguments
from ..libraries import asks_for_training


@dataclass(frozen=True)
class Arguments:
    """What a model is called with.

    Attributes:
        specs: of its inputs.
        structure: their numbers, nested in lists and dictionaries as the model takes them.
        by_name: whether the outermost dictionary names arguments of the call.
    """

    specs: tuple[TensorSpec, ...]
    structure: Any
    by_name: bool = False

    def call(self, model: Any, tensors: Sequence[Any]) -> Any:
        """Call a model on tensors (batch, …), one per input, as for inference."""
        from keras import tree

        given = tree.map_structure(lambda number: tensors[number], self.structure)
        more = {"training": False} if asks_for_training(model) else {}
        return model(**given, **more) if self.by_name else model(given, **more)

    def of_type(self, dtype: str) -> Arguments:
        """The same with other numbers."""
        return replace(self, specs=tuple(replace(spec, dtype=dtype) for spec in self.specs))


def arguments_in_file(build_config: Any, model: Any) -> Arguments | None:
    """What a model was called with before it was saved, as far as its file says so.

    Args:
        build_config: what Keras wrote into the file.
    """
    stated = stated_arguments(build_config)
    if stated is None:
        return None
    first = _first_argument(model)
    shapes, structure, by_name = stated
    specs = tuple(TensorSpec(name or first, shape) for name, shape in shapes)
    return Arguments(specs, structure, by_name)


def arguments_of_samples(specs: Sequence[TensorSpec], model: Any) -> Arguments:
    """What a model is called with that is known by its samples alone.

    Args:
        specs: of a sample's values; a single one may be without a name.
    """
    if len(specs) == 1:
        only = specs[0]
        return Arguments((replace(only, name=only.name or _first_argument(model)),), 0)
    names = [spec.name for spec in specs]
    parameters = inspect.signature(model.call).parameters
    return Arguments(tuple(specs), {name: k for k, name in enumerate(names)}, all(n in parameters for n in names))


def _first_argument(model: Any) -> str:
    return next(iter(inspect.signature(model.call).parameters), "input")


def sizes_of(spec: TensorSpec, open_size: int) -> tuple[int, ...]:
    """A shape without the batch axis, with a size in place of those that are open."""
    return tuple(open_size if size == UNKNOWN else size for size in spec.shape)
