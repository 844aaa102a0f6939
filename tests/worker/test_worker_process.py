"""The protocol over real processes: requests, cancels, deaths, odd paths."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from nn_blender.core.network import Inspection, Network

INSPECT_SECONDS = 0.5
"""Of processor time, which other programs do not take away from it. TensorFlow alone would need several."""


def many(samples, times):
    return samples * times


def processor_seconds():
    """That all processes took which were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def test_the_first_event_says_ready_and_names_pythons_version(new_worker):
    event = new_worker().wait_for(lambda e: e.id == 0)
    assert event.kind == "log"
    assert event.data["message"] == "ready"
    assert event.data["versions"]["python"].startswith("3.")


def test_two_requests_in_a_row_are_answered_in_order(new_worker, digits):
    worker = new_worker()
    first = worker.send("inspect", file=str(digits / "digits.keras"))
    second = worker.send("inspect", file=str(digits / "digits.h5"))
    assert worker.end_of(second).data["value"]["kind"] == "h5"
    ends = [event.id for event in worker.events if event.kind == "result"]
    assert ends == [first, second]


def test_a_line_that_is_no_request_is_logged_and_the_next_request_works(new_worker, digits):
    worker = new_worker()
    worker.write_line(b"hello there\n\xff\xfe\n[1, 2]\n")
    assert worker.ask("inspect", file=str(digits / "digits.keras"))["kind"] == "keras"
    ignored = [event for event in worker.events if event.id == 0 and "Ignored" in event.data["message"]]
    assert len(ignored) == 3


def test_an_unknown_method_and_missing_parameters_are_errors_with_codes(new_worker):
    worker = new_worker()
    assert worker.error_of("dance")["code"] == "worker.unknown_method"
    error = worker.error_of("inspect")
    assert error["code"] == "worker.bad_request"
    assert "file" in error["message"]
    error = worker.error_of("inspect", file="m.keras", most=3)
    assert error["code"] == "worker.bad_request"
    assert "most" in error["message"]


def test_paths_with_spaces_and_other_letters_work(new_worker, tmp_path, digits, digit_samples, digit_preprocessing):
    folder = tmp_path / "Ordner mit Leerzeichen – 数字 é"
    folder.mkdir()
    model = Path(shutil.copy(digits / "digits.keras", folder / "Zählwerk ñ.keras"))
    picture = Path(shutil.copy(digit_samples[0]["file"], folder / "Ziffer №1.png"))
    worker = new_worker(tmp_path / "Sitzung ü 2")
    assert worker.ask("inspect", file=str(model))["network"]["name"] == "Zählwerk ñ"
    value = worker.ask(
        "run",
        model={"file": str(model)},
        samples=[{"name": picture.name, "file": str(picture), "label": ""}],
        preprocessing=digit_preprocessing,
    )
    assert value["samples"][0]["name"] == "Ziffer №1.png"
    assert np.load(worker.folder / value["activations"]).shape[0] == 1


def test_a_cancel_ends_a_run_long_before_its_last_sample_and_the_next_request_works(
    warm_worker, emotion_file, digit_samples, digit_preprocessing
):
    model = {"file": str(emotion_file)}
    preprocessing = {**digit_preprocessing, "size": [64, 64]}
    warm_worker.ask("run", model=model, samples=digit_samples[:1], preprocessing=preprocessing)
    run = warm_worker.send("run", model=model, samples=many(digit_samples, 1000), preprocessing=preprocessing)
    warm_worker.wait_for(lambda e: e.id == run and e.kind == "progress" and e.data["step"] > 0)
    warm_worker.cancel(run)
    assert warm_worker.end_of(run).data["error"]["code"] == "cancelled"
    last = [event.data for event in warm_worker.events if event.id == run and event.kind == "progress"][-1]
    assert last["step"] < last["total"] / 2
    assert (
        len(warm_worker.ask("run", model=model, samples=digit_samples[:2], preprocessing=preprocessing)["samples"]) == 2
    )


def test_a_request_cancelled_while_it_waits_never_starts(warm_worker, digits, digit_samples, digit_preprocessing):
    model = {"file": str(digits / "digits.keras")}
    first = warm_worker.send("run", model=model, samples=many(digit_samples, 20), preprocessing=digit_preprocessing)
    second = warm_worker.send("run", model=model, samples=digit_samples, preprocessing=digit_preprocessing)
    warm_worker.cancel(second)
    assert warm_worker.end_of(second).data["error"]["code"] == "cancelled"
    assert warm_worker.end_of(first).kind == "result"
    assert not [event for event in warm_worker.events if event.id == second and event.kind == "progress"]


def test_closing_the_input_ends_the_worker_in_the_middle_of_a_run(
    new_worker, digits, digit_samples, digit_preprocessing
):
    worker = new_worker()
    run = worker.send(
        "run",
        model={"file": str(digits / "digits.keras")},
        samples=many(digit_samples, 500),
        preprocessing=digit_preprocessing,
    )
    worker.wait_for(lambda e: e.id == run and e.kind == "progress" and e.data["step"] > 0)
    worker.process.stdin.close()
    assert worker.process.wait(3) == 0


def test_a_worker_killed_in_the_middle_of_a_run_leaves_whole_events_and_a_new_one_just_works(
    new_worker, digits, digit_samples, digit_preprocessing
):
    request = {"model": {"file": str(digits / "digits.keras")}, "preprocessing": digit_preprocessing}
    worker = new_worker()
    run = worker.send("run", samples=many(digit_samples, 500), **request)
    worker.wait_for(lambda e: e.id == run and e.kind == "progress" and e.data["step"] > 0)
    worker.process.kill()
    worker.process.wait()
    assert not list(worker.folder.glob("*.npy"))
    assert len(new_worker().ask("run", samples=digit_samples[:3], **request)["samples"]) == 3


def test_prints_of_libraries_go_to_the_log_and_not_among_the_events(warm_worker, digits):
    warm_worker.ask("load", file=str(digits / "digits.keras"))
    assert all(event.kind in ("log", "progress", "partial", "result", "error") for event in warm_worker.events)


def test_versions_names_what_the_worker_runs_on(warm_worker):
    value = warm_worker.ask("versions")
    assert {"python", "tensorflow", "keras", "h5py", "numpy", "pillow"} <= set(value)


def test_load_gives_the_network_versions_and_times(warm_worker, digits):
    value = warm_worker.ask("load", file=str(digits / "digits.keras"), allow_code=False)
    network = Network.from_dict(value["network"])
    assert network.neurons == 1386
    assert network.layers[-1].activation == "softmax"
    assert set(value["timings"]) == {"import_tensorflow_s", "load_s"}
    assert set(value["versions"]) == {"python", "tensorflow", "keras"}


def test_inspect_of_a_hundred_layers_is_quick_from_process_start_and_imports_no_tensorflow(new_worker, hundred_layers):
    seconds = []
    for _ in range(3):
        before = processor_seconds()
        worker = new_worker()
        value = worker.ask("inspect", file=str(hundred_layers))
        worker.close()
        seconds.append(processor_seconds() - before)
    assert len(Inspection.from_dict(value).network.layers) == 100
    assert min(seconds) < INSPECT_SECONDS, seconds


def test_looking_into_a_file_imports_neither_tensorflow_nor_keras(hundred_layers):
    root = Path(__file__).resolve().parents[2]
    code = (
        f"import sys; sys.path.append({str(root)!r})\n"
        "from pathlib import Path\n"
        "import nn_blender.worker.serving\n"
        "from nn_blender.worker.models.inspecting import inspect_file\n"
        f"inspect_file(Path({str(hundred_layers)!r}))\n"
        "print(sorted({'tensorflow', 'keras', 'PIL', 'bpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
