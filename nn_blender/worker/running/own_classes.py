"""Runs the Python code that a user named for a model, and hands the classes and functions in it to Keras.

Nothing here is called before the user has agreed to it, see `loading`.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ...core.errors import UserError
from ...core.texts import one_line
from ..models.own_code import OwnCode
from ..models.risks import OF_FUNCTIONS

_ran: dict[str, dict[str, Any]] = {}
"""What was found in the last code, by its hash."""


class _OwnModules(MetaPathFinder, Loader):
    """Imports the modules of one `OwnCode`, from what was hashed and not from what stands on the disk by now.

    It is asked last, so that nothing of the user's hides a library.
    """

    def __init__(self, code: OwnCode) -> None:
        self._code = code
        self._made: set[str] = set()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname not in self._code.files:
            return None
        file, _ = self._code.files[fullname]
        spec = ModuleSpec(fullname, self, origin=str(file), is_package=file.name == "__init__.py")
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(file.parent))
        return spec

    def exec_module(self, module: ModuleType) -> None:
        self._made.add(module.__name__)
        exec(self.get_code(module.__name__), vars(module))  # noqa: S102  The user agreed to run it.

    def get_code(self, fullname: str) -> CodeType:
        file, content = self._code.files[fullname]
        return compile(content, str(file), "exec", dont_inherit=True)

    def withdraw(self) -> None:
        """Leave nothing behind that other code could be given in its place."""
        from keras.src.saving.object_registration import GLOBAL_CUSTOM_NAMES, GLOBAL_CUSTOM_OBJECTS

        sys.meta_path.remove(self)
        for name, entry in list(GLOBAL_CUSTOM_OBJECTS.items()):
            if getattr(entry, "__module__", None) in self._made:
                GLOBAL_CUSTOM_NAMES.pop(GLOBAL_CUSTOM_OBJECTS.pop(name), None)
        for name in self._made:
            sys.modules.pop(name, None)


def run_own_code(code: OwnCode) -> dict[str, Any]:
    """What the user's code offers: by its own names and by those that it is registered under in Keras.

    Raises:
        UserError: code ``classes.failed``, whatever the code raises.
    """
    if code.sha256 in _ran:
        return _ran[code.sha256]
    from keras.src.saving.object_registration import GLOBAL_CUSTOM_OBJECTS

    _ran.clear()
    sys.dont_write_bytecode = True  # Code of the user's may import more; nothing is written beside it.
    for other in [finder for finder in sys.meta_path if isinstance(finder, _OwnModules)]:
        other.withdraw()
    finder = _OwnModules(code)
    sys.meta_path.append(finder)
    known = dict(GLOBAL_CUSTOM_OBJECTS)
    try:
        module = importlib.import_module(code.module)
    except MemoryError:
        finder.withdraw()
        raise
    except (Exception, SystemExit) as error:
        finder.withdraw()
        raise _failed(code, error) from error
    registered = {name: entry for name, entry in GLOBAL_CUSTOM_OBJECTS.items() if known.get(name) is not entry}
    plain = {name.rpartition(">")[2]: entry for name, entry in registered.items()}
    plain |= {name: entry for name, entry in vars(module).items() if _is_offered(entry, code)}
    _ran[code.sha256] = {**plain, **registered}
    return _ran[code.sha256]


def _is_offered(entry: Any, code: OwnCode) -> bool:
    """Whether a model file may ask for it: what the code defines, and parts of models that it has from elsewhere.

    A function that it merely imports, such as ``os.system``, is not the user's offer to the file.
    """
    from keras.src.saving.keras_saveable import KerasSaveable

    if isinstance(entry, type) and issubclass(entry, KerasSaveable):
        return True
    home = str(getattr(entry, "__module__", ""))
    is_of_keras = home.startswith("keras.") and {*home.split(".")} & (OF_FUNCTIONS | {"applications", "layers"})
    return callable(entry) and (home in code.files or home == code.module or bool(is_of_keras))


def _failed(code: OwnCode, error: BaseException) -> UserError:
    """What to say of code that raises something: where in the user's own files, and what."""
    own = {str(file) for file, _ in code.files.values()}
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in own]
    where = f" in line {lines[-1].lineno} of {Path(lines[-1].filename).name}" if lines else ""
    if isinstance(error, SyntaxError) and error.filename in own:
        where = f" in line {error.lineno} of {Path(error.filename).name}"
    said = one_line(str(error), 300).rstrip(".")
    fix = "Mend it; it should define the model's classes and functions and do nothing else."
    if isinstance(error, ModuleNotFoundError) and error.name:
        fix = f'Install the package: "{sys.executable}" -m pip install {error.name.partition(".")[0]}'
    return UserError(
        "classes.failed",
        f"{code.name} cannot be run{where}: {type(error).__name__}" + (f": {said}." if said else "."),
        fix,
        traceback.format_exc(),
    )
