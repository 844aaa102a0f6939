"""Session folders: private, locked by their owner, removed after use and after a crash."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from nn_blender.core.errors import UserError
from nn_blender.engine.session import LOCK_FILE, PREFIX, Session

ROOT = Path(__file__).resolve().parents[2]
OTHER_BLENDER = """
import os, sys, tempfile
tempfile.tempdir = sys.argv[1]
from nn_blender.engine.session import Session
session = Session()
print(session.folder, flush=True)
sys.stdin.read()
os._exit(1)
"""


@pytest.fixture
def other_blender(temporary):
    """Another process that owns a session and crashes when its input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_BLENDER, str(temporary)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    process.folder = Path(process.stdout.readline().strip())
    yield process
    process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_the_folder_is_private_to_the_user():
    session = Session()
    assert stat.S_IMODE(session.folder.stat().st_mode) == 0o700
    session.close()


def test_the_folder_names_its_owner_and_is_gone_after_close():
    session = Session()
    (session.folder / "inner").mkdir()
    (session.folder / "inner" / "file").write_text("x")
    assert session.folder.name.startswith(f"{PREFIX}{os.getpid()}-")
    session.close()
    session.close()
    assert not session.folder.exists()


def test_the_folder_of_a_live_process_is_left_alone(other_blender):
    ours = Session()
    assert other_blender.folder.is_dir()
    ours.close()


def test_the_folder_of_a_dead_process_is_removed_at_the_next_start(other_blender):
    other_blender.communicate()
    assert other_blender.folder.is_dir()
    ours = Session()
    assert not other_blender.folder.exists()
    assert ours.exists()
    ours.close()


def test_our_other_sessions_survive_a_new_one():
    first, second = Session(), Session()
    assert first.exists()
    assert second.exists()
    first.close()
    second.close()


def test_folders_without_a_lock_file_and_links_are_left_alone(temporary, tmp_path):
    being_made = temporary / f"{PREFIX}1-new"
    being_made.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / LOCK_FILE).touch()
    if sys.platform != "win32":
        (temporary / f"{PREFIX}1-link").symlink_to(elsewhere)
    Session().close()
    assert being_made.is_dir()
    assert (elsewhere / LOCK_FILE).exists()


def test_no_folder_for_temporary_files_is_an_error_with_a_fix(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(UserError, match="TMPDIR") as caught:
        Session()
    assert caught.value.code == "session.failed"
