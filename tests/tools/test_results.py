"""The closing table counts what happened, and silence is no success."""

import pytest

from devtools.results import Outcome, outcome_of_junit, report

JUNIT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.fixture
def junit(tmp_path):
    def write(*counts):
        path = tmp_path / "junit.xml"
        path.write_text(JUNIT.format(*counts))
        return path

    return write


def test_counts_come_from_the_report(junit):
    outcome = outcome_of_junit(junit(10, 1, 2, 3), "core", "-", 1, 0.5)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (4, 3, 3)


def test_a_suite_without_tests_fails(junit):
    outcome = outcome_of_junit(junit(0, 0, 0, 0), "core", "-", 5, 0.5)
    assert (outcome.failed, outcome.note) == (1, "no tests")


def test_a_crash_after_the_last_test_fails(junit):
    outcome = outcome_of_junit(junit(4, 0, 0, 0), "scene", "4.2", -11, 0.5)
    assert (outcome.passed, outcome.failed) == (4, 1)
    assert "-11" in outcome.note


def test_a_crash_before_the_report_fails(tmp_path):
    assert outcome_of_junit(tmp_path / "missing.xml", "scene", "4.2", 139, 0.5).failed == 1


def test_the_last_line_has_the_totals(capsys):
    outcomes = [Outcome("core", "-", 3, 0, 1, 0.1), Outcome("scene", "4.2", 5, 2, 0, 0.1)]
    assert report(outcomes) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "8 passed, 2 failed, 1 skipped"


def test_nothing_that_ran_is_no_success(capsys):
    assert report([]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"
