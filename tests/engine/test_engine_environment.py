"""Setting TensorFlow's environment up, mending and removing it, with two tiny packages in TensorFlow's place."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from package_index import make_addition, make_index, make_variant

from nn_blender.core.errors import UserError
from nn_blender.engine.jobs import Job, Progress, State
from nn_blender.engine.tensorflow.builds import Variant
from nn_blender.engine.tensorflow.environment import Environment, Status
from nn_blender.engine.tensorflow.packages import name_of, packages_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs shell scripts and links")
BASE = Path(sys.executable)


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> str:
    """Extra arguments that make pip use the small index."""
    return f'--no-index --find-links "{make_index(tmp_path_factory.mktemp("index")).as_posix()}"'


@dataclass
class Made:
    """An environment set up from nothing, and what was seen on the way.

    Attributes:
        longest_step: seconds of processor time, which do not depend on how busy the machine is.
    """

    environment: Environment
    variant: Variant
    job: Job
    heard: list[Progress]
    longest_step: float


@pytest.fixture(scope="module")
def made(tmp_path_factory, index) -> Made:
    """Its folder has a space and foreign letters in its name."""
    root = tmp_path_factory.mktemp("finished")
    variant = make_variant(root / "requirements.txt")
    environment = Environment(root / "größer 网络", (variant,))
    job = Job(environment.set_up(variant, BASE, index), "Set up")
    made = Made(environment, variant, job, [], 0.0)
    pause = time.sleep
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.setattr(time, "sleep", lambda _: pytest.fail("a step waits"))
        before = time.thread_time()
        while job.step():
            made.longest_step = max(made.longest_step, time.thread_time() - before)
            made.heard.append(job.progress)
            pause(0.01)
            before = time.thread_time()
    return made


@pytest.fixture
def variant(tmp_path):
    return make_variant(tmp_path / "requirements.txt")


@pytest.fixture
def new(tmp_path, variant) -> Environment:
    return Environment(tmp_path / "environment", (variant,))


@pytest.fixture
def ready(tmp_path, variant, made) -> Environment:
    """A copy of it; pip's many files are shared, since no test writes to them."""

    def copy(source, target):
        (os.link if f"{os.sep}pip{os.sep}" in source else shutil.copy2)(source, target)

    shutil.copytree(made.environment.folder, tmp_path / "environment", symlinks=True, copy_function=copy)
    return Environment(tmp_path / "environment", (variant,), make_addition(tmp_path / "addition.txt"))


@pytest.fixture
def pretender(tmp_path):
    """An interpreter that tells what the test wants of itself, and otherwise is the running one."""

    def pretender(version="3.12.1", **facts):
        told = {"system": "", "odd": False, "has": ["venv", "ensurepip", "pip"], **facts}
        python = tmp_path / "pretender"
        told["executable"] = str(python)
        script = f"""#!/bin/sh
if [ "$1" = -c ]; then printf '%s\\n' 'nn_blender-python {version}' '{json.dumps(told)}'; exit 0; fi
exec "{sys.executable}" "$@"
"""
        python.write_text(script)
        python.chmod(0o755)
        return python

    return pretender


def run(generator, timeout=60, on_progress=None):
    return Job(generator, "Job").wait(on_progress, timeout)


def fails(code, generator):
    with pytest.raises(UserError) as caught:
        run(generator)
    assert caught.value.code == code, caught.value.details
    assert caught.value.fix
    return caught.value


def packages_of(environment):
    return packages_folder(environment.folder / "venv")


def installed_by_pip(environment):
    """Names in the log's last line about it."""
    lines = [line for line in environment.log.read_text().splitlines() if line.startswith("Installing collected")]
    return [name_of(name) for name in lines[-1].partition(": ")[2].split(", ")] if lines else []


def assert_cancelled_at_once(job, started, is_gone):
    """Its processes were ended, not awaited."""
    under_way = [process for process in started if process.poll() is None]
    job.cancel()
    assert job.state is State.CANCELLED
    assert under_way
    assert all(process.returncode for process in under_way)
    assert all(is_gone(process.pid) for process in started)


def test_a_fresh_set_up_ends_ready_and_says_how_far_it_is(made):
    assert made.job.error is None, made.job.error.details
    assert made.job.result == made.environment.python
    assert made.environment.status is Status.READY
    assert made.environment.variant == made.variant
    assert made.longest_step < 0.5
    messages = [progress.message for progress in made.heard]
    assert "Creating the environment" in messages
    assert any(message.startswith("Choosing packages") for message in messages)
    assert "Testing TensorFlow" in messages
    fractions = [progress.fraction for progress in made.heard if progress.total]
    assert fractions == sorted(fractions)
    assert sorted(installed_by_pip(made.environment)) == ["alpha", "beta-tools"]
    left = {path.name for path in made.environment.folder.iterdir()}
    assert left == {"made-by-nn_blender.txt", "complete.json", "in-use.lock", "setup.log", "venv"}
    python = [made.environment.python, "-I", "-c", "import alpha; print(alpha.version)"]
    assert subprocess.run(python, capture_output=True, check=True).stdout.strip() == b"1.0"


def test_a_second_set_up_keeps_everything(ready, variant, index):
    before = (packages_of(ready) / "alpha").stat().st_mtime_ns
    run(ready.set_up(variant, BASE, index))
    assert ready.status is Status.READY
    assert installed_by_pip(ready) == []
    assert (packages_of(ready) / "alpha").stat().st_mtime_ns == before


def test_keras_2_is_added_without_what_it_names_and_stays(ready, variant, index, tmp_path):
    assert not ready.has_keras_2
    heard = []
    run(ready.set_up(variant, BASE, index, with_keras_2=True), on_progress=heard.append)
    assert (ready.status, ready.has_keras_2) == (Status.READY, True)
    assert installed_by_pip(ready) == ["old-alpha"]
    assert "Installing Old Alpha" in [progress.message for progress in heard]
    python = [ready.python, "-I", "-c", "import old_alpha"]
    assert subprocess.run(python, check=False).returncode == 0
    (packages_of(ready) / "old_alpha.py").unlink()
    run(ready.repair(variant, BASE, index))
    assert (ready.status, ready.has_keras_2) == (Status.READY, True)
    assert (packages_of(ready) / "old_alpha.py").exists()
    newer = make_addition(tmp_path / "newer.txt", "old_alpha==3.0\n")
    assert Environment(ready.folder, (variant,), newer).status is Status.OUTDATED


def test_keras_2_that_cannot_be_had_leaves_the_rest_as_it_was(ready, variant, index, tmp_path):
    missing = Environment(ready.folder, (variant,), make_addition(tmp_path / "missing.txt", "old_alpha==9.0\n"))
    fails("environment.no_wheel", missing.set_up(variant, BASE, index, with_keras_2=True))
    assert (ready.status, ready.has_keras_2) == (Status.READY, False)


def test_cancelling_while_the_environment_is_made_is_over_at_once(new, variant, index, started, step_until, is_gone):
    job = Job(new.set_up(variant, BASE, index), "Set up")
    step_until(job, lambda: len(started) == 2 and job.progress.message == "Creating the environment", timeout=30)
    assert_cancelled_at_once(job, started, is_gone)
    assert new.status is Status.INCOMPLETE


def test_cancelling_pip_is_over_at_once_and_a_second_attempt_succeeds(
    ready, variant, index, started, step_until, is_gone
):
    shutil.rmtree(packages_of(ready) / "alpha")
    job = Job(ready.set_up(variant, BASE, index), "Set up")
    step_until(job, lambda: job.progress.message.startswith("Choosing packages"), timeout=30)
    assert_cancelled_at_once(job, started, is_gone)
    assert ready.status is Status.INCOMPLETE
    run(ready.set_up(variant, BASE, index))
    assert ready.status is Status.READY


def test_a_deleted_package_is_seen_and_only_it_is_installed_anew(ready, index):
    shutil.rmtree(packages_of(ready) / "alpha")
    assert ready.status is Status.DAMAGED
    run(ready.repair(None, BASE, index))
    assert ready.status is Status.READY
    assert installed_by_pip(ready) == ["alpha"]
    assert (packages_of(ready) / "alpha" / "inner" / "data.txt").exists()


def test_a_truncated_file_is_found_by_a_set_up(ready, variant, index):
    (packages_of(ready) / "alpha" / "inner" / "data.txt").write_text("some")
    run(ready.set_up(variant, BASE, index))
    assert installed_by_pip(ready) == ["alpha"]


def test_damage_inside_a_file_is_found_by_a_repair(ready, index):
    file = packages_of(ready) / "alpha" / "inner" / "data.txt"
    good = file.read_text()
    file.write_text(good.replace("data", "dada"))
    run(ready.repair(None, BASE, index))
    assert installed_by_pip(ready) == ["alpha"]
    assert file.read_text() == good


def test_lost_records_of_a_package_are_mended(ready, variant, index):
    (packages_of(ready) / "alpha-1.0.dist-info" / "RECORD").unlink()
    (packages_of(ready) / "~lpha").mkdir()
    run(ready.set_up(variant, BASE, index))
    assert installed_by_pip(ready) == ["alpha"]
    assert not (packages_of(ready) / "~lpha").exists()


def test_a_damaged_pip_is_mended(ready, variant, index):
    shutil.rmtree(packages_of(ready) / "pip" / "_internal")
    run(ready.set_up(variant, BASE, index))
    assert ready.status is Status.READY
    assert (packages_of(ready) / "pip" / "_internal").is_dir()


@posix
def test_a_base_that_became_another_version_is_damage(ready, tmp_path):
    other = tmp_path / "python3.99"
    other.touch()
    ready.python.unlink()
    ready.python.symlink_to(other)
    assert ready.status is Status.DAMAGED


def test_other_requirements_make_it_outdated_and_a_set_up_brings_them(ready, variant, index):
    variant.requirements.write_text("alpha==2.0\nbeta-tools==1.0\n")
    assert ready.status is Status.OUTDATED
    run(ready.set_up(variant, BASE, index))
    assert ready.status is Status.READY
    assert installed_by_pip(ready) == ["alpha"]


def test_a_damaged_stamp_means_incomplete(ready):
    (ready.folder / "complete.json").write_text('{"variant": ')
    assert ready.status is Status.INCOMPLETE


@posix
def test_an_unsupported_python_is_refused_before_anything_is_made(new, variant, index, pretender):
    error = fails("environment.unsupported_python", new.set_up(variant, pretender("3.14.0"), index))
    assert "3.11, 3.12 or 3.13" in error.message
    assert "3.14.0" in error.message
    assert not new.folder.exists()


@posix
def test_an_unpublished_kind_of_python_is_refused(new, variant, index, pretender):
    fails("environment.unsupported_python", new.set_up(variant, pretender("3.13.0", odd=True), index))


@posix
def test_a_computer_without_tensorflow_is_refused(new, variant, index, pretender):
    fails("environment.unsupported_system", new.set_up(variant, pretender(system="darwin-x86_64"), index))


@posix
def test_a_python_without_venv_names_the_package_to_install(new, variant, index, pretender):
    python = pretender(system=variant.systems[0], has=["venv"])
    error = fails("environment.no_venv", new.set_up(variant, python, index))
    assert "python3.12-venv" in error.fix
    assert not new.folder.exists()


@posix
def test_an_environment_without_its_base_is_made_anew_even_by_a_base_without_ensurepip(
    ready, variant, index, pretender, tmp_path
):
    for name in ("python", "python3", f"python3.{sys.version_info.minor}"):
        (ready.python.parent / name).unlink(missing_ok=True)
    ready.python.symlink_to(tmp_path / "uninstalled")
    assert ready.status is Status.DAMAGED
    ensurepip = pytest.importorskip("ensurepip")
    wheel = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    shutil.copy(wheel, tmp_path)
    version = ".".join(map(str, sys.version_info[:3]))
    python = pretender(version, system=variant.systems[0], has=["venv", "pip"])
    run(ready.set_up(variant, python, f'{index} --find-links "{tmp_path.as_posix()}"'))
    assert ready.status is Status.READY


def test_too_little_room_is_told_with_numbers_before_anything_is_made(new, variant, index, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100e6, 90e6, 10e6))
    error = fails("environment.no_space", new.set_up(variant, BASE, index))
    assert "10 MB free" in error.message
    assert "32 MB are needed" in error.message
    assert "22 MB" in error.fix
    assert not (new.folder / "venv").exists()


def test_offline_is_told_and_the_next_attempt_goes_on(ready, variant, index):
    shutil.rmtree(packages_of(ready) / "alpha")
    error = fails("environment.offline", ready.set_up(variant, BASE, "--index-url http://127.0.0.1:9 --retries 1"))
    assert "127.0.0.1" in error.details
    assert ready.status is Status.INCOMPLETE
    run(ready.set_up(variant, BASE, index))
    assert ready.status is Status.READY


def test_offline_does_not_take_a_working_environment_away(ready, variant):
    variant.requirements.write_text("alpha==2.0\nbeta-tools==1.0\n")
    fails("environment.offline", ready.set_up(variant, BASE, "--index-url http://127.0.0.1:9 --retries 1"))
    assert ready.status is Status.OUTDATED


def test_a_package_the_index_has_only_in_other_versions_is_named(ready, tmp_path, index):
    variant = make_variant(tmp_path / "other.txt", "alpha==7.0\n")
    assert "alpha==7.0" in fails("environment.no_wheel", ready.set_up(variant, BASE, index)).message


def test_packages_that_do_not_start_are_told(ready, tmp_path, index):
    variant = make_variant(tmp_path / "other.txt", modules=("alpha", "not_there"))
    error = fails("environment.not_working", ready.set_up(variant, BASE, index))
    assert "not_there" in error.message
    assert ready.status is Status.INCOMPLETE


def test_an_open_quotation_mark_is_told(new, variant):
    fails("environment.bad_arguments", new.set_up(variant, BASE, '--index-url "half'))


def test_a_folder_that_cannot_be_made_is_told(variant, tmp_path):
    (tmp_path / "file").touch()
    fails("environment.unwritable", Environment(tmp_path / "file" / "inner").set_up(variant, BASE))


def test_a_folder_with_other_things_is_neither_used_nor_removed(new, variant):
    new.folder.mkdir()
    (new.folder / "thesis.txt").touch()
    assert new.status is Status.ABSENT
    fails("environment.foreign", new.set_up(variant, BASE))
    fails("environment.foreign", new.remove())
    assert (new.folder / "thesis.txt").exists()


def test_two_blenders_at_once(ready, variant, index, step_until):
    first = Job(ready.set_up(variant, BASE, index), "First")
    step_until(first, lambda: first.progress.message.startswith("Choosing"), timeout=30)
    other = Environment(ready.folder, (variant,))
    fails("environment.busy", other.set_up(variant, BASE, index))
    fails("environment.busy", other.remove())
    first.wait(timeout=30)
    assert ready.status is Status.READY


def test_removing_leaves_nothing_and_follows_no_links(ready, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    if sys.platform != "win32":
        (ready.folder / "venv" / "link").symlink_to(elsewhere)
    run(ready.remove())
    assert not ready.folder.exists()
    assert ready.status is Status.ABSENT
    assert (elsewhere / "kept").exists()
    run(ready.remove())


def test_an_interrupted_removal_can_be_taken_up_again(ready, step_until):
    job = Job(ready.remove(), "Remove")
    step_until(job, lambda: not (ready.folder / "complete.json").exists())
    job.cancel()
    assert ready.status in (Status.INCOMPLETE, Status.ABSENT)
    run(ready.remove())
    assert not ready.folder.exists()
