"""Mutated files depend on the seed alone, bad outcomes are told from good ones, and a share of the files is read."""

import os
from collections import Counter
from pathlib import Path

import pytest

from fuzz.campaign import Case, Target, cases, judge, outcome, run_campaign
from fuzz.originals import write_originals

CHECKOUT = Path(__file__).resolve().parents[2]
PATHS = os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "tools")))
VARIABLES = {"PYTHONPATH": PATHS, "TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz") / "originals"
    write_originals(folder)
    return folder


@pytest.fixture
def target(tmp_path):
    target = Target(tmp_path / "session", VARIABLES)
    yield target
    target.close()


def refused(code="model.truncated", message="It is damaged.", fix="Copy it again."):
    error = {"code": code, "message": message, "fix": fix, "details": ""}
    return {"steps": [["inspect", None], ["load", error]], "megabytes": 3.0}


def test_of_one_kind_the_files_are_the_same_as_among_all():
    together = cases(7, 200, None)
    assert Counter(case.kind for case in together) == {"model": 110, "array": 30, "image": 30, "labels": 30}
    assert cases(7, 30, "image") == [case for case in together if case.kind == "image"]


@pytest.mark.parametrize("kind", ["model", "array", "image", "labels"])
def test_the_same_seed_makes_the_same_file(kind, originals, tmp_path):
    def content(seed, folder):
        (tmp_path / folder).mkdir()
        path = Case(kind, 3, seed).write(originals, tmp_path / folder)
        return path.name, [file.read_bytes() for file in (path.iterdir() if path.is_dir() else [path])]

    assert content(5, "a") == content(5, "b") != content(6, "c")


def test_success_and_clear_errors_are_good():
    assert not judge({"steps": [["inspect", None], ["load", None]], "megabytes": 0.0})
    assert not judge(refused())
    assert outcome(refused()) == "model.truncated"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("died with exit code -11", "died with exit code -11"),
        (refused("worker.bug", "Unexpected OSError in load: x."), "load: Unexpected OSError in load: x."),
        (refused(fix=""), "load: model.truncated has no fix: It is damaged."),
        (refused(message="a\nb"), "load: model.truncated has an unreadable message: 'a\\nb'"),
        ({"steps": [["inspect", None]], "megabytes": 9000.0}, "memory grew by 9,000 MB"),
    ],
)
def test_everything_else_is_a_finding(answer, problem):
    assert judge(answer) == problem


def test_a_process_that_dies_is_a_finding_and_the_next_file_is_read(target, originals):
    target.read("image", originals / "image" / "grey.png")
    target._process.kill()
    assert "died with exit code" in target.read("image", originals / "image" / "grey.png")
    assert not judge(target.read("image", originals / "image" / "grey.png"))
    assert target.starts == 2


def test_files_of_all_kinds_are_read_or_refused_clearly(target, originals, tmp_path):
    kept, said = tmp_path / "kept", []
    kept.mkdir()
    for kind in ("model", "array", "image", "labels"):
        for file in sorted((originals / kind).iterdir()):
            if file.suffix != ".pb":
                assert not judge(target.read(kind, file)), f"{file.name}, which nothing was done to"
    findings, outcomes = run_campaign(cases(11, 60, None), originals, kept, target, said.append)
    assert not findings, said
    assert outcomes.total() == 60
    assert target.starts == 1
    assert not any(kept.iterdir())
