"""`tools/dev.py bench`: runs every case in a process of its own and prints what came of it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.cases import CASES, ZOO, Case, choose_cases
from bench.progress import said
from bench.rows import UNITS, Measured, Row, make_rows, table

from .blender import checkout_variables
from .console import DevError, Steps, run_followed, say
from .environments import BLENDERS, Environment, preferred_blender, python_of
from .paths import CHECKOUT


def run_bench(versions: Sequence[str] | None, only: Sequence[str], quick: bool, json_file: Path | None) -> int:
    """Measure, print the table and write the rows; the exit code is 1 where a case failed.

    Args:
        versions: Blender versions; the preferred one when left out.
        only: names of cases and metrics; all when empty.
        quick: leave out the large cases and take a smaller baseline.
        json_file: where the rows are written, as one list of objects.
    """
    names, metrics = _split_names(only)
    cases = choose_cases(names, quick)
    rows, failures = [], []
    for blender in [BLENDERS[version] for version in versions] if versions else [preferred_blender()]:
        of_blender, failed = _measure_cases(blender, cases)
        rows += [row for row in of_blender if not metrics or row.metric in metrics]
        failures += failed
    say(f"\n{table(rows)}")
    if json_file is not None:
        json_file.write_text(json.dumps([row.to_dict() for row in rows], indent=1, allow_nan=False), encoding="utf-8")
    for failure in failures:
        say(f"{failure}\n")
    return 1 if failures else 0


def _split_names(only: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of cases, and of metrics; ``zoo`` names all of `cases.ZOO`."""
    only = [name for one in only for name in ([case.name for case in ZOO] if one == "zoo" else [one])]
    unknown = [name for name in only if name not in CASES and name not in UNITS]
    if unknown:
        raise DevError(f"there is no case or metric {unknown[0]}; there are: {', '.join([*CASES, *UNITS])}")
    return [name for name in only if name in CASES], [name for name in only if name in UNITS]


def _measure_cases(blender: Environment, cases: Sequence[Case]) -> tuple[list[Row], list[DevError]]:
    """Rows of all cases in one Blender; the first case is the baseline of the others. A failure costs its case only."""
    rows: list[Row] = []
    failures: list[DevError] = []
    baseline: list[Measured] = []
    for case in cases:
        try:
            version, measured = _measure_case(blender, case)
        except DevError as error:
            failures.append(error)
            continue
        if case == cases[0]:
            baseline = measured
        rows += make_rows(case, measured, cases[0], baseline, version)
    return rows, failures


def _measure_case(blender: Environment, case: Case) -> tuple[str, list[Measured]]:
    """Blender's version and the measurements, from a fresh process: only there memory figures are clean."""
    python = python_of(blender)
    variables = checkout_variables()
    variables["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "tools")
    steps = Steps(f"{blender.name} {case.name}")
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        file = Path(folder) / "measured.json"
        run_followed([python, "-m", "bench", case.name, file], steps, said, variables)
        answer = json.loads(file.read_text(encoding="utf-8"))
    steps.done("measured")
    return answer["blender"], [Measured(**one) for one in answer["measured"]]
