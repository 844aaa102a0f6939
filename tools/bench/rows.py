"""Measurements as rows: a value beside what it is compared with, how it grows, and the printed table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .cases import SCALED, Case, Limit, objects_name

UNITS = {
    "build_s": "s",
    "frame_ms": "ms",
    "frame_fade_ms": "ms",
    "frame_far_ms": "ms",
    "sample_switch_ms": "ms",
    "memory_mb": "MB",
    "blend_mb": "MB",
    "cycles_s": "s",
    "cycles_memory_mb": "MB",
    "import_s": "s",
    "import_maps_s": "s",
    "import_cpu_s": "s",
    "toggle_early": "ms",
    "toggle_half": "ms",
    "toggle_late": "ms",
    "explain_gradient": "ms",
    "explain_grad_cam": "ms",
    "opening_step": "×",
    "film_step": "×",
}
"""Every metric and its unit; a MB is a million bytes. Less is better in all of them.

The last two: the largest change from one picture to the next while a block opens, as a multiple of the median.
"""


@dataclass(frozen=True)
class Measured:
    """One metric of a case; ``baselines`` are values measured beside it in the same process, by what they stand for."""

    metric: str
    value: float
    baselines: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A metric of a case beside one baseline; the baseline is None and its name empty where there is none."""

    case: str
    neurons: int
    metric: str
    unit: str
    value: float
    baseline: float | None
    baseline_name: str
    blender: str

    @property
    def ratio(self) -> float | None:
        """How many times less than the baseline; None where there is none or the value is no positive number."""
        return self.baseline / self.value if self.baseline is not None and self.value > 0 else None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, where NaN and infinity become null."""
        row = asdict(self)
        return row | {name: _json_number(row[name]) for name in ("value", "baseline")}


def make_rows(
    case: Case, measured: Sequence[Measured], objects: Case, objects_measured: Sequence[Measured], blender: str
) -> list[Row]:
    """A row per metric and baseline: the object per neuron, what was measured beside it, the limit.

    Args:
        objects: the case of one object per neuron, measured in the same run with the same Blender; compared with
            itself it has no baseline.
        objects_measured: its measurements; empty where it failed.
    """
    references = {one.metric: one.value for one in objects_measured} if case != objects else {}
    rows = []
    for one in measured:
        baselines: dict[str, float | None] = {}
        if one.metric in references:
            baselines[objects_name(objects)] = references[one.metric]
        baselines |= one.baselines
        baselines |= _limit(case.limits.get(one.metric), baselines)
        for name, baseline in (baselines or {"": None}).items():
            rows.append(Row(case.name, case.neurons, one.metric, UNITS[one.metric], one.value, baseline, name, blender))
    return rows


def _limit(limit: Limit | None, baselines: Mapping[str, float | None]) -> dict[str, float]:
    """The limit by its name; nothing where there is none, or its baseline was not measured in this run."""
    if limit is None:
        return {}
    if not limit.of:
        return {"limit": limit.value}
    baseline = baselines.get(limit.of)
    return {} if baseline is None else {f"limit: {limit.value:.3g} × {limit.of}": limit.value * baseline}


def exponents(rows: Sequence[Row]) -> dict[str, float]:
    """Per metric the least squares slope of log value over log neurons, where two sizes or more were measured."""
    sizes: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.case in SCALED and row.value > 0:
            sizes.setdefault(row.metric, {})[row.neurons] = row.value
    return {
        metric: float(np.polyfit(np.log(list(values)), np.log(list(values.values())), 1)[0])
        for metric, values in sizes.items()
        if len(values) > 1
    }


def table(rows: Sequence[Row]) -> str:
    """All rows as aligned text, with the Blender version wherever it changes and its exponents after its rows."""
    parts = []
    for blender in dict.fromkeys(row.blender for row in rows):
        of_version = [row for row in rows if row.blender == blender]
        parts += [f"Blender {blender}", _aligned(of_version), *_growth(of_version), ""]
    return "\n".join(parts)


def _aligned(rows: Sequence[Row]) -> str:
    heads = ("case", "metric", "value", "baseline", "value", "times better")
    lines = [heads, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    texts = (
        [cell.ljust(width) if column in (0, 1, 3) else cell.rjust(width) for column, (cell, width) in enumerate(cells)]
        for cells in (zip(line, widths, strict=True) for line in lines)
    )
    return "\n".join("  ".join(text).rstrip() for text in texts)


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else _quantity(row.ratio, "×")
    baseline = "" if row.baseline is None else _quantity(row.baseline, row.unit)
    return row.case, row.metric, _quantity(row.value, row.unit), row.baseline_name, baseline, ratio


def _growth(rows: Sequence[Row]) -> list[str]:
    sizes = sorted({row.neurons for row in rows if row.case in SCALED})
    return [
        f"{metric} grows with neurons ^ {exponent:.2f} ({sizes[0]:,} to {sizes[-1]:,})"
        for metric, exponent in exponents(rows).items()
    ]


def _quantity(value: float, unit: str) -> str:
    """At least three digits that say something."""
    decimals = max(0, 2 - math.floor(math.log10(value))) if 0 < value < math.inf else 0
    return f"{value:,.{decimals}f} {unit}"


def _json_number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
