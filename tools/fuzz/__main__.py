"""Runs a campaign: ``python -m fuzz SEED MUTATIONS KIND|all FOLDER``, started by `tools/dev.py fuzz`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .campaign import Target, cases, run_campaign


def main(seed: int, mutations: int, only: str | None, folder: Path) -> int:
    """The exit code: 0 where every file was taken well, else 1."""
    originals, kept = folder / "originals", folder / "findings"
    subprocess.run([sys.executable, "-m", "fuzz.originals", str(originals)], check=True)
    kept.mkdir()
    target = Target(folder / "session")
    target.read("model", originals / "model" / "digits.keras")  # Starts TensorFlow.
    try:
        findings, outcomes = run_campaign(cases(seed, mutations, only), originals, kept, target, _say)
    finally:
        target.close()
    _say("")
    for name, count in sorted(outcomes.items()):
        _say(f"{count:7,}  {name}")
    starts = f"the process started {target.starts} times"
    _say(f"\n{outcomes.total():,} files, seed {seed}: {len(findings)} findings; {starts}")
    if findings:
        report = "\n".join(f"{finding.file.name}\t{finding.problem}" for finding in findings)
        (kept / "findings.txt").write_text(f"seed {seed}\n{report}\n", encoding="utf-8")
        _say(f"The files are in {kept}; the same command with --seed {seed} makes them again.")
    return 1 if findings else 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    seed, mutations, kind, folder = sys.argv[1:]
    sys.exit(main(int(seed), int(mutations), None if kind == "all" else kind, Path(folder)))
