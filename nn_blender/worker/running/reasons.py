"""Finds the one sentence that says why in what Keras and TensorFlow raise."""

from __future__ import annotations

import re

from ...core.texts import one_line

KERAS_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What Keras raises for settings, weights and tensors that it does not like; code from a file may raise any of them."""

LONGEST = 400
"""Letters of a reason; Keras puts whole configurations behind it."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_WHERE = re.compile(
    r"""\s*(Graph\ execution\ error:|Detected\ at\ node|File\ "|<stack\ traces\ unavailable>|in\ user\ code:
    |\[\[|\d+\ root\ error|Arguments\ received\ by|\[Op:|List\ of\ objects|$)""",
    re.VERBOSE,
)
"""How lines begin that say where something happened rather than what."""
_STATUS = re.compile(r"\s*(\(\d+\)\s+)?(?:[A-Z_]{5,}: +|\w*Error: +|\{\{[^}]*\}\}\s*)*")
"""What may stand before a reason: number of an error, status code, class of an exception, node."""
_DESERIALIZED = re.compile(r"deserializing class '(\w+)' using config=\{'name': '((?:[^'\\]|\\.)+)'")
_LOADED = re.compile(r"Example error message for object <(\w+) name=([^,>]+)")
_NODE = re.compile(r"\{\{node ([^}]*)\}\}|Detected at node (\S+)")


def reason_of(error: BaseException) -> str:
    """Why something failed, in Keras's or TensorFlow's own words, without where in their code it happened."""
    text = _COLOURS.sub("", str(getattr(error, "message", "") or error))
    for introduction in ("Exception encountered: ", "Example error message for object"):
        text = text[text.rfind(introduction) :].removeprefix(introduction) if introduction in text else text
    if text.startswith(" <"):  # The object comes before its message.
        text = text.partition("\n")[2]
    if "Exception encountered when calling" in text:
        text = text[text.rfind("Exception encountered when calling") :].partition("\n")[2] or text
    is_traced = text.startswith("in user code:")
    lines = [line.strip() for line in text.split("\n") if not _WHERE.match(line)]
    if is_traced:  # The code that was called comes first, what it raised last.
        lines = lines[-1:]
    line = next((_STATUS.sub("", line, count=1) for line in lines), "")
    line = re.sub(r"\s*\[Op:.*$", "", line).strip()
    if not line:
        return f"{type(error).__name__}."
    if isinstance(error, (LookupError, AssertionError, AttributeError, NameError)):
        line = f"{type(error).__name__}: {line}"
    line = one_line(line, LONGEST)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def layer_of(error: BaseException) -> tuple[str, str] | None:
    """Class and name of the layer that could not be built or filled with weights; None where Keras does not say."""
    text = str(error)
    found = _DESERIALIZED.findall(text) or _LOADED.findall(text)
    return found[-1] if found else None


def nodes_of(error: BaseException) -> list[str]:
    """Names of the operations that a message of TensorFlow names, the deepest first."""
    return [first or second for first, second in reversed(_NODE.findall(str(error)))]
