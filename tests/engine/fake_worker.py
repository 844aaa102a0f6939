"""A worker without TensorFlow that speaks the protocol, well or badly, as the method it is asked for says.

Standard library only and nothing of ours imported: it stands for the contract as written, not for our reading of it.
"""

import json
import os
import queue
import signal
import struct
import sys
import threading
import time
from pathlib import Path

SESSION = Path(sys.argv[1])
requests = queue.Queue()
cancelled = set()
held = []
asked = []
deaf = threading.Event()


def write(text):
    with (SESSION / "events.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(text)


def event(request_id, kind, **data):
    write(json.dumps({"id": request_id, "event": kind, **data}) + "\n")


def result(request_id, **value):
    event(request_id, "result", value=value)


def read_requests():
    for line in sys.stdin:
        request = json.loads(line)
        if request["method"] == "cancel":
            cancelled.add(request["params"]["id"])
        else:
            requests.put(request)
    while deaf.is_set():
        time.sleep(0.05)
    os._exit(0)


def echo(request_id, params):
    result(request_id, pid=os.getpid(), **params)


def measure(request_id, params):
    result(request_id, characters=len(params["text"]))


def surroundings(request_id, params):
    result(
        request_id,
        environment=dict(os.environ),
        folder=str(Path.cwd()),
        arguments=sys.argv,
        isolated=sys.flags.isolated,
        group=os.getpgid(0) if hasattr(os, "getpgid") else 0,
    )


def count(request_id, params):
    for step in range(params["steps"]):
        if request_id in cancelled:
            event(request_id, "error", error={"code": "cancelled", "message": "Cancelled.", "fix": "", "details": ""})
            return
        event(request_id, "progress", step=step, total=params["steps"], message=f"Step {step}")
        time.sleep(params["seconds"])
    result(request_id, counted=params["steps"])


def stream(request_id, params):
    """Partial results, and the end that is asked for: a result, an error, death, or nothing for a long time."""
    for number in range(params["parts"]):
        if request_id in cancelled:
            event(request_id, "error", error={"code": "cancelled", "message": "Cancelled.", "fix": "", "details": ""})
            return
        event(request_id, "partial", number=number, value={"part": number})
        time.sleep(params.get("seconds", 0))
    if params["end"] == "error":
        event(request_id, "error", error={"code": "bad", "message": "It went wrong.", "fix": "", "details": ""})
    elif params["end"] == "death":
        os._exit(3)
    else:
        event(request_id, "result", value={"parts": params["parts"]}, partials=params["parts"])


def stream_files(request_id, params):
    """Partial results, each with an array of its own."""
    for number in range(params["parts"]):
        name = f"{request_id}-part-{number}.npy"
        (SESSION / f"{name}.part").write_bytes(npy([float(number)] * 3))
        (SESSION / f"{name}.part").replace(SESSION / name)
        event(request_id, "partial", number=number, value={"file": name})
    event(request_id, "result", value={}, partials=params["parts"])


def stream_damaged(request_id, params):
    """Two runs of three partial results; of the first, the line that is asked for is damaged or missing."""
    asked.append(request_id)
    lines = [{"event": "partial", "number": number, "value": {"part": number}} for number in range(3)]
    lines.append({"event": "result", "value": {"runs": len(asked)}, "partials": 3})
    for number, line in enumerate(lines):
        text = json.dumps({"id": request_id, **line}) + "\n"
        if len(asked) <= params.get("bad_runs", 1) and number == params["line"]:
            text = "" if params["how"] == "missing" else text[:12] + "\n"
        write(text)
        time.sleep(0.03)


def fail(request_id, params):
    event(request_id, "error", error=params)


def crash(request_id, params):
    print("Loading something large")
    print("MemoryError: no room for the weights", flush=True)
    os._exit(params.get("code", 3))


def die_by_kill(request_id, params):
    os.kill(os.getpid(), signal.SIGKILL)


def answer_then_die(request_id, params):
    result(request_id, good=True)
    os._exit(1)


def half_line_then_die(request_id, params):
    write(json.dumps({"id": request_id, "event": "result", "value": {}})[:-10])
    os._exit(1)


def slow_line(request_id, params):
    text = json.dumps({"id": request_id, "event": "result", "value": {"text": "ü" * 10}}, ensure_ascii=False) + "\n"
    data = text.encode("utf-8")
    middle = data.index("ü".encode()) + 1
    for part in (data[:middle], data[middle:]):
        with (SESSION / "events.jsonl").open("ab") as stream:
            stream.write(part)
        time.sleep(0.2)


def garbage(request_id, params):
    # At once with the answer, which would else be asked for again.
    good = {"id": request_id, "event": "result", "value": {"good": True}}
    progress = {"id": request_id, "event": "progress", "step": "many", "total": None}
    write(
        "\x00\x01 no JSON\n[1, 2]\n{}\n\n" + '{"id": "x", "event": "result"}\n' + '{"id": 1, "eve\n'
        f"{json.dumps(progress)}\n{json.dumps(good)}\n"
    )


def garble(request_id, params):
    write('{"id": 1, "eve\n')


def senseless(request_id, params):
    event(request_id, "result", value=params["value"])


def hold(request_id, params):
    held.append(request_id)


def release(request_id, params):
    result(request_id, name="second")
    for other in held:
        result(other, name="first")


def repeat(request_id, params):
    result(request_id, number=1)
    result(request_id, number=2)
    event(request_id, "progress", step=1, total=2, message="late")
    result(9999, number=3)


def hang(request_id, params):
    event(request_id, "progress", step=1, total=2, message="Hanging")
    time.sleep(600)


def go_deaf(request_id, params):
    deaf.set()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    result(request_id, pid=os.getpid())


def npy(values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(values)},), }}"
    header = header.ljust(117) + "\n"
    return (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", len(header))
        + header.encode()
        + struct.pack(f"<{len(values)}f", *values)
    )


def array(request_id, params):
    data = npy([float(i) for i in range(params["length"])])
    data = {
        "whole": data,
        "truncated": data[: len(data) // 2 + 64],
        "beheaded": data[:20],
        "empty": b"",
        "pickle": b"\x80\x04N.",
        "archive": b"PK\x05\x06" + b"\x00" * 18,
    }[params["kind"]]
    name = f"{request_id}-array.npy"
    temporary = SESSION / f"{name}.part"
    temporary.write_bytes(data)
    temporary.replace(SESSION / name)
    result(request_id, file=name)


def inspect(request_id, params):
    event(request_id, "progress", step=0, total=0, message="Looking into the model file")
    result(request_id, good=True)


def run(request_id, params):
    """Some batches of work, then an array, as the real worker has it; what cannot be written is told if possible."""
    try:
        for step in range(6):
            if request_id in cancelled:
                event(request_id, "error", error={"code": "cancelled", "message": "Cancelled."})
                return
            event(request_id, "progress", step=step, total=6, message="Running samples")
            time.sleep(0.05)
        name = f"activations-{request_id}.npy"
        (SESSION / f"{name}.part").write_bytes(npy([1.0] * 100_000))
        (SESSION / f"{name}.part").replace(SESSION / name)
        result(request_id, activations=name)
    except OSError as error:
        event(request_id, "error", error={"code": "worker.bug", "message": str(error), "fix": "Try again."})


def versions(request_id, params):
    answer = Path(__file__).with_name("versions.json")
    result(request_id, **json.loads(answer.read_text()))


event(0, "log", message="ready")
threading.Thread(target=read_requests, daemon=True).start()
while True:
    request = requests.get()
    globals()[request["method"]](request["id"], request["params"])
