"""Ratios, exponents and rows of the benchmark say what was measured and nothing else."""

import json
import re
from pathlib import Path

import pytest

import bench as bench_package
from bench import timing
from bench.cases import (
    CASES,
    FORWARD_PASS,
    FULLY_OPEN,
    MILLION_NEURONS,
    OBJECTS,
    PLAIN_KERAS,
    QUICK_OBJECTS,
    ZOO_OF_CODE,
    choose_cases,
    objects_name,
)
from bench.progress import said, say
from bench.rows import UNITS, Measured, Row, exponents, make_rows, table
from bench.timing import median_milliseconds
from devtools import bench
from devtools.console import DevError


def row(case="synthetic-10000", metric="build_s", value=2.0, baseline=None, name="", blender="4.5.15"):
    return Row(case, CASES[case].neurons, metric, UNITS[metric], value, baseline, name, blender)


def names(cases):
    return [case.name for case in cases]


def test_every_case_of_a_full_run_follows_its_baseline():
    synthetic = ["synthetic-10000", "synthetic-100000", "synthetic-1000000", "deep-150000"]
    real = ["digits", "mobilenetv2", "resnet50", "vgg16", "efficientnetb7"]
    others = ["closed-resnet50", "closed-efficientnetb7", "explain-resnet50"]
    assert names(choose_cases([], quick=False)) == ["objects-10000", *synthetic, *real, *others]
    assert names(choose_cases([], quick=True)) == ["objects-2000", *synthetic[:2], "digits"]


def test_named_cases_come_with_the_baseline_once():
    assert names(choose_cases(["deep-150000"], quick=False)) == ["objects-10000", "deep-150000"]
    assert names(choose_cases(["objects-10000"], quick=False)) == ["objects-10000"]


def test_a_metric_has_a_row_for_every_baseline():
    case = CASES["synthetic-100000"]
    measured = [Measured("build_s", 2.0, {"raw": 0.5}), Measured("frame_ms", 4.0), Measured("frame_fade_ms", 8.0)]
    references = [Measured("build_s", 30.0), Measured("frame_ms", 100.0)]
    rows = make_rows(case, measured, OBJECTS, references, "4.5.15")
    assert [(row.metric, row.baseline_name, row.baseline, row.ratio) for row in rows] == [
        ("build_s", "object per neuron (10,000)", 30.0, 15.0),
        ("build_s", "raw", 0.5, 0.25),
        ("frame_ms", "object per neuron (10,000)", 100.0, 25.0),
        ("frame_ms", "limit", 5.0, 1.25),
        ("frame_fade_ms", "limit", 5.0, 0.625),
    ]


def test_a_limit_may_be_a_share_of_a_baseline_of_the_same_run():
    measured = [Measured("toggle_late", 60.0, {FORWARD_PASS: 100.0}), Measured("import_s", 20.0, {PLAIN_KERAS: 8.0})]
    rows = make_rows(CASES["resnet50"], measured, OBJECTS, [], "4.5.15")
    assert [(row.metric, row.baseline_name, row.baseline) for row in rows] == [
        ("toggle_late", "bare forward pass", 100.0),
        ("toggle_late", "limit: 0.5 × bare forward pass", 50.0),
        ("import_s", "plain Keras", 8.0),
        ("import_s", "limit: 3 × plain Keras", 24.0),
    ]
    measured = [Measured("build_s", 0.25)]
    rows = make_rows(CASES["synthetic-10000"], measured, OBJECTS, [Measured("build_s", 3.0)], "4.5.15")
    assert [row.baseline for row in rows] == [3.0, pytest.approx(0.2)]


def test_a_limit_of_another_size_of_the_baseline_is_left_out():
    references = [Measured("build_s", 3.0)]
    (only,) = make_rows(CASES["synthetic-10000"], [Measured("build_s", 0.25)], QUICK_OBJECTS, references, "4.5.15")
    assert only.baseline_name == "object per neuron (2,000)"


def test_every_limit_is_of_a_metric_and_a_baseline_that_exist():
    limits = [(metric, limit) for case in CASES.values() for metric, limit in case.limits.items()]
    assert {metric for metric, _ in limits} <= UNITS.keys()
    assert {limit.of for _, limit in limits} == {
        "", FORWARD_PASS, PLAIN_KERAS, FULLY_OPEN, MILLION_NEURONS, objects_name(OBJECTS),
    }  # fmt: skip


def test_every_case_has_a_module_that_measures_it():
    folder = Path(bench_package.__file__).parent
    assert all((folder / f"{case.kind}.py").is_file() for case in CASES.values())


def test_all_networks_of_the_tests_are_named_at_once_and_held_to_twice_keras():
    cases, metrics = bench._split_names(["zoo", "import_cpu_s"])
    assert cases == [case.name for case in CASES.values() if case.kind == "zoo"]
    assert metrics == ["import_cpu_s"]
    worker = Path(bench_package.__file__).parents[2] / "tests" / "worker"
    made = (worker / "zoo.py").read_text(encoding="utf-8")
    listed = re.findall(r"\w+", "".join(re.findall(r"^(?:SMALL|LARGE) = (\[[^\]]*\])", made, re.MULTILINE)))
    assert {name.removeprefix("zoo-") for name in cases} == {*listed, *ZOO_OF_CODE}
    measured = [Measured("import_cpu_s", 4.0, {PLAIN_KERAS: 3.0})]
    rows = make_rows(CASES["zoo-gpt"], measured, OBJECTS, [], "4.5.15")
    assert [(row.baseline_name, row.baseline) for row in rows] == [
        ("plain Keras", 3.0),
        ("limit: 2 × plain Keras", 6.0),
    ]


def test_what_others_print_is_no_progress(capsys):
    say("frame_ms 1.500")
    assert said(capsys.readouterr().out.rstrip()) == "frame_ms 1.500"
    assert said("Fra:1 Mem:12.00M frame_ms 3") is None


def test_what_takes_long_is_repeated_less_often(monkeypatch):
    clock = iter(range(0, 10_000, 30))
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    calls = iter([900.0, 800.0, 700.0, *map(float, range(100))])
    assert median_milliseconds(lambda: next(calls)) == [2.0]


def test_what_is_compared_takes_turns():
    turns = []
    medians = median_milliseconds(lambda: turns.append("ours") or 2.0, lambda: turns.append("theirs") or 4.0)
    assert medians == [2.0, 4.0]
    assert turns == ["ours", "theirs"] * (timing.WARM_UP + timing.STEPS)


def test_the_baseline_itself_has_none():
    measured = [Measured("build_s", 30.0)]
    (only,) = make_rows(OBJECTS, measured, OBJECTS, measured, "4.5.15")
    assert (only.value, only.baseline, only.baseline_name, only.ratio) == (30.0, None, "", None)


def test_rows_in_json_have_the_agreed_fields_and_no_nan():
    answer = json.loads(json.dumps(row(metric="memory_mb", value=float("nan")).to_dict(), allow_nan=False))
    assert answer == {
        "case": "synthetic-10000",
        "neurons": 10_000,
        "metric": "memory_mb",
        "unit": "MB",
        "value": None,
        "baseline": None,
        "baseline_name": "",
        "blender": "4.5.15",
    }


def test_the_exponent_is_the_slope_between_logarithms():
    cases = ("synthetic-10000", "synthetic-100000", "synthetic-1000000")
    rows = [row(case, value=3e-4 * CASES[case].neurons ** 0.75) for case in cases]
    rows += [row(case, "frame_ms", value) for case, value in zip(cases, (1.0, 10.0, 1.0), strict=True)]
    rows += [row("deep-150000", value=99.0), row(metric="blend_mb")]
    assert exponents(rows) == pytest.approx({"build_s": 0.75, "frame_ms": 0.0}, abs=1e-12)


def test_the_table_shows_values_ratios_and_growth_per_blender():
    rows = [
        row(value=0.25, baseline=5.0, name="object per neuron (10,000)"),
        row("synthetic-100000", value=0.003121),
        row("synthetic-10000", "memory_mb", value=1234.2, blender="5.2.3"),
    ]
    lines = [" ".join(line.split()) for line in table(rows).splitlines()]
    assert "synthetic-10000 build_s 0.250 s object per neuron (10,000) 5.00 s 20.0 ×" in lines
    assert "synthetic-100000 build_s 0.00312 s" in lines
    assert "build_s grows with neurons ^ -1.90 (10,000 to 100,000)" in lines
    assert lines.index("Blender 4.5.15") < lines.index("Blender 5.2.3")
    assert lines.index("Blender 5.2.3") < lines.index("synthetic-10000 memory_mb 1,234 MB")


def test_a_failed_case_costs_its_rows_and_the_exit_code(monkeypatch, tmp_path, capsys):
    def measure(blender, case):
        if case.name == "synthetic-100000":
            raise DevError("it shows wrong values")
        return "4.5.15", [Measured("build_s", 6.0 if case == QUICK_OBJECTS else 2.0), Measured("blend_mb", 1.0)]

    monkeypatch.setattr(bench, "_measure_case", measure)
    file = tmp_path / "rows.json"
    assert bench.run_bench(["4.5"], ["build_s"], True, file) == 1
    rows = json.loads(file.read_text())
    assert [(row["case"], row["metric"], row["baseline"]) for row in rows] == [
        ("objects-2000", "build_s", None),
        ("synthetic-10000", "build_s", 6.0),
        ("digits", "build_s", 6.0),
    ]
    assert "it shows wrong values" in capsys.readouterr().out


def test_an_unknown_name_is_refused():
    with pytest.raises(DevError, match="no case or metric frame_s"):
        bench.run_bench(["4.5"], ["frame_s"], True, None)
