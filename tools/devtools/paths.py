"""Where things are: the checkout, and the cache that outlives it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
REQUIREMENTS = CHECKOUT / "tools" / "requirements"
OUT = CHECKOUT / "out"
DIST = CHECKOUT / "dist"


def cache_folder() -> Path:
    """Give the user's cache folder for this project; `NN_BLENDER_CACHE` overrides it."""
    chosen = os.environ.get("NN_BLENDER_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"))
    elif sys.platform == "darwin":
        base = home / "Library/Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "nn_blender-dev"
