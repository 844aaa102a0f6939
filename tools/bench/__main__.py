"""Measures one case in this process: ``python -m bench CASE FILE.json``, started by `tools/dev.py bench`."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import bpy

from .cases import CASES
from .progress import say


def main(name: str, file: str) -> None:
    case = CASES[name]
    measured = []
    for one in importlib.import_module(f"bench.{case.kind}").measure(case):
        say(f"{one.metric} {one.value:.3f}")
        measured.append(asdict(one))
    Path(file).write_text(json.dumps({"blender": bpy.app.version_string, "measured": measured}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
