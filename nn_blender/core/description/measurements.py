"""Measurements of a network and its layers: the dataclasses of its description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..interventions.comparison import Comparison
from ..network import plain
from ..recording import ClassMeans, Statistics, class_name, json_number
from ..samples.options import MeasureOptions
from .answers import finite_or_nan, number

TRUE, PREDICTED = "true", "predicted"
"""Whose score influence is about where that is not one class for all samples."""


@dataclass(frozen=True)
class Source:
    """What was chosen for the measurement, so that it can be repeated.

    Attributes:
        allow_code: whether code in the model file was allowed to run; it tells so, and allows nothing by itself.
        classes_code: the user's own code for the model, see `core.requests.base.ModelReference`.
        classes_sha256: its hash.
    """

    options: MeasureOptions = field(default_factory=MeasureOptions)
    allow_code: bool = False
    classes_code: str = ""
    classes_sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        code = {"classes_code": self.classes_code, "classes_sha256": self.classes_sha256}
        return {**self.options.to_dict(), "allow_code": self.allow_code, **(code if self.classes_code else {})}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Source:
        """Read what `to_dict` gives; what is not there has its default."""
        code = data.get("allow_code", False), data.get("classes_code", ""), data.get("classes_sha256", "")
        return cls(MeasureOptions.from_dict(data), *code)


@dataclass(frozen=True)
class LayerStatistics:
    """Of all activations of a layer, over all samples or for one.

    Attributes:
        spread: the standard deviation, with the number of activations as divisor.
        active: share of the activations, 0 to 1, that are above 0.
    """

    mean: float
    spread: float
    active: float

    @classmethod
    def of(cls, statistics: Statistics, columns: slice) -> LayerStatistics:
        """Over all samples, from those of its neurons; NaN where a number is not finite.

        Args:
            columns: where its neurons stand; at least one.
        """
        means, spreads = (values[columns].astype(np.float64) for values in (statistics.mean, statistics.spread))
        with np.errstate(invalid="ignore", over="ignore"):
            # The variance of all values is the mean variance of the neurons plus the variance of their means.
            spread = np.sqrt((spreads**2).mean() + means.var())
            numbers = (means.mean(), spread, statistics.active[columns].mean())
        return cls(*(finite_or_nan(float(value)) for value in numbers))

    @classmethod
    def of_activations(cls, activations: np.ndarray) -> LayerStatistics:
        """For one sample, in double precision; float32 (neurons,), at least one. Infinity stays."""
        exact = activations.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            return cls(float(exact.mean()), float(exact.std()), float((exact > 0).mean()))

    def to_dict(self) -> dict[str, float | None]:
        return {name: json_number(getattr(self, name)) for name in ("mean", "spread", "active")}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LayerStatistics:
        """Read what `to_dict` gives; further entries are left alone."""
        return cls(number(data["mean"]), number(data["spread"]), number(data["active"]))


@dataclass(frozen=True)
class ClassCounts:
    """Of which true classes there are mean activations; the means themselves are attributes of a mesh.

    Attributes:
        names: of the classes, in the order of the attributes.
        counts: how many samples each class has.
        more: how many further classes occur, of which there are no means.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    more: int = 0

    @classmethod
    def of(cls, means: ClassMeans) -> ClassCounts:
        return cls(means.names, means.counts, means.more)

    def to_dict(self) -> dict[str, Any]:
        return {"classes": list(self.names), "counts": list(self.counts), "more": self.more}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClassCounts:
        """Read what `to_dict` gives; further entries are left alone."""
        return cls(tuple(data["classes"]), tuple(data["counts"]), data["more"])


@dataclass(frozen=True)
class InfluenceState:
    """How the influence of a layer's neurons was measured; the values themselves are attributes of its mesh.

    Attributes:
        kind: ``exact``, ``estimate``, or ``partial`` where not all neurons were swept.
        which: over the samples in the scene, ``shown``, over ``all`` that were measured, or for ``one`` of them.
        samples: how many there were.
        swept: how many neurons were switched off.
        intervention: key of the one in force; empty for the intact network.
        key: a hash of all that the values depend on.
        notes: what about the sweep is not as one might expect, for users.
        estimate_key: as ``key``, of the estimate; empty where there is none.
        spearman: rank correlation of sweep and estimate; None where there are not both.
        target: whose score it is about: the ``true`` class of each sample, its ``predicted`` one, or the class of that
            number.
        sample: name of the one sample; empty where there are several.
    """

    kind: str
    which: str
    samples: int
    swept: int
    intervention: str
    key: str
    notes: tuple[str, ...] = ()
    estimate_key: str = ""
    spearman: float | None = None
    target: str = TRUE
    sample: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Of the true class, and of several samples, it does not say so."""
        usual = {"target": TRUE, "sample": ""}
        return {name: value for name, value in plain(self).items() if (name, value) not in usual.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> InfluenceState:
        """Read what `to_dict` gives; further entries are left alone."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data and name != "notes"}
        return cls(**known, notes=tuple(data["notes"]))

    def subject(self, classes: tuple[str, ...]) -> str:
        """Whose score it is about, as a part of a sentence.

        Args:
            classes: their names.
        """
        return class_name(classes, int(self.target)) if self.target.isdecimal() else f"the {self.target} class"


@dataclass(frozen=True)
class KeptComparison:
    """What an intervention does to the answers, and the key of that intervention."""

    key: str
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        return {"key": self.key, **self.comparison.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KeptComparison:
        """Read what `to_dict` gives; further entries are left alone."""
        return cls(data["key"], Comparison.from_dict(data))
