"""Files that hold what a layer computed, written batch by batch: .npz files as numpy reads them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from ...core.written_files import FileNames


def file_names(paths: Sequence[str]) -> dict[str, str]:
    """A name for the file of every layer that any system can write, by path; no two differ in letter case alone."""
    names = FileNames(taken=["index"])
    return {path: f"{names.add(path)}.npz" for path in paths}


class LayerWriter:
    """Writes the activations of one layer, as many samples as were announced.

    Args:
        count: how many samples there will be.

    Attributes:
        shape: of the array, samples first; empty before anything was written.
        dtype: of its numbers.
        reason: why there is no file; empty where there is one.
    """

    def __init__(self, file: Path, count: int) -> None:
        self._file = file
        self._count = count
        self._archive: zipfile.ZipFile | None = None
        self._stream: IO[bytes] | None = None
        self.shape: tuple[int, ...] = ()
        self.dtype = ""
        self.reason = ""

    def add(self, values: np.ndarray) -> None:
        """Append a batch, (samples, …). Types that numpy itself does not have are written as float32."""
        if self.reason:
            return
        values = np.ascontiguousarray(values if values.dtype.isbuiltin == 1 else values.astype(np.float32))
        if self._stream is None:
            self._begin(values)
        elif values.shape[1:] != self.shape[1:]:
            self.reason = "its output has another shape for other samples"
            self.close()
            self._file.unlink()
            return
        assert self._stream is not None
        self._stream.write(values.tobytes())

    def finish(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Add what else belongs into the file, by name."""
        if self._stream is None or self._archive is None:
            return
        self._stream.close()
        for name, array in arrays.items():
            with self._archive.open(f"{name}.npy", "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        for one in (self._stream, self._archive):
            if one is not None:
                one.close()
        self._stream = self._archive = None

    def _begin(self, values: np.ndarray) -> None:
        self.shape, self.dtype = (self._count, *values.shape[1:]), str(values.dtype)
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)
        self._stream = self._archive.open("activations.npy", "w", force_zip64=True)
        header = {
            "descr": np.lib.format.dtype_to_descr(values.dtype),
            "fortran_order": False,
            "shape": self.shape,
        }
        np.lib.format.write_array_header_1_0(self._stream, header)
