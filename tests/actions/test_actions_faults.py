"""Whatever goes wrong during an import, the scene stays as it was and the next import works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.core.errors import Cancelled, UserError
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base.find import networks

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture(autouse=True)
def scene_with_a_cube() -> Iterator[None]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    yield
    workers.close_all()


def names() -> dict[str, list[str]]:
    kinds = ("objects", "meshes", "materials", "images", "node_groups", "collections", "texts", "worlds")
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds}


def start(**choices: object) -> Job:
    options = {"file": DIGITS / "digits.keras", "max_samples": 2, **choices}
    return Job(import_network(PYTHON, ImportOptions(**options)), "import")


def run_until(job: Job, *messages: str) -> None:
    """Until one of the messages is shown; a short stage may pass between two looks."""
    while job.step():
        if any(message in job.progress.message for message in messages):
            return
    pytest.fail(f"the import never came to: {messages}")


def only_worker():
    (worker,) = workers._workers.values()
    return worker


@pytest.mark.parametrize(
    "stage",
    [
        ("Starting TensorFlow",),
        ("Loading the model",),
        ("Preparing the network", "Running samples"),
        ("Reading samples", "feature maps"),
    ],
)
def test_a_killed_worker_costs_one_import(stage: tuple[str, ...]) -> None:
    before = names()
    job = start(max_samples=100)
    run_until(job, *stage)
    os.kill(only_worker().pid, 9)
    with pytest.raises(UserError, match="ended unexpectedly") as caught:
        job.wait(timeout=30)
    assert caught.value.code == "worker.died"
    assert names() == before
    assert not workers.alive
    start().wait(timeout=120)
    assert len(networks(bpy.context.scene)) == 1


def test_a_cancelled_import_leaves_nothing() -> None:
    before = names()
    job = start()
    run_until(job, "Loading the model")
    job.cancel()
    with pytest.raises(Cancelled):
        job.wait()
    assert names() == before
    assert not workers.alive


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda file: file.write_bytes((DIGITS / "digits.keras").read_bytes()[:5000]), "model.truncated"),
        (lambda file: file.write_bytes((DIGITS / "images" / "digit-000.png").read_bytes()), "model.not_a_model"),
        (lambda file: file.write_bytes(b""), "model.truncated"),
        (lambda file: file.mkdir(), "model.empty_folder"),
        (lambda file: None, "model.missing"),
    ],
)
def test_a_bad_file_is_named_and_harms_nothing(make, code: str, tmp_path: Path) -> None:
    before = names()
    file = tmp_path / "mit Leerzeichen und ü.keras"
    make(file)
    with pytest.raises(UserError) as caught:
        start(file=file).wait(timeout=60)
    assert caught.value.code == code
    assert file.name in caught.value.message
    assert caught.value.fix
    assert names() == before


@pytest.mark.usefixtures("kept_workers")
def test_unusable_images_are_skipped_and_named(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG but no picture")
    (tmp_path / "digit.png").write_bytes((DIGITS / "images" / "digit-000.png").read_bytes())
    imported = start(samples=(tmp_path,)).wait(timeout=120)
    assert [sample.name for sample in imported.contents.recording.samples] == ["digit.png"]
    assert any("broken.png was skipped" in note for note in imported.contents.notes)
