"""Which networks are on the sheet, in its order."""

from __future__ import annotations

from dataclasses import dataclass

APPLICATION, PACKAGED, SMALL = "application", "packaged", "small"
"""Where a network comes from: `keras.applications`, the files of a Python package, or `sheet.small_networks`."""


@dataclass(frozen=True)
class Entry:
    """A network of the sheet.

    Attributes:
        name: of its model file, and what the scene's title says.
        source: `APPLICATION`, `PACKAGED` or `SMALL`.
        size: side in pixels of the photographs that a network of `keras.applications` is made for.
        arguments: what the import is told besides.
    """

    name: str
    source: str
    size: int = 0
    arguments: tuple[str, ...] = ()


ENTRIES = (
    Entry("VGG16", APPLICATION, 96),
    Entry("ResNet50V2", APPLICATION, 128),
    Entry("InceptionV3", APPLICATION, 139),
    Entry("InceptionResNetV2", APPLICATION, 139),
    Entry("Xception", APPLICATION, 128),
    Entry("MobileNetV2", APPLICATION, 128),
    Entry("MobileNetV3Small", APPLICATION, 128),
    Entry("DenseNet121", APPLICATION, 128),
    Entry("NASNetMobile", APPLICATION, 128),
    Entry("EfficientNetB0", APPLICATION, 128),
    Entry("EfficientNetV2B0", APPLICATION, 128),
    Entry("ConvNeXtTiny", APPLICATION, 128),
    Entry("emotions", PACKAGED, arguments=("--preset", "signed")),
    Entry("speech-music-noise", PACKAGED),
    Entry("u-net", SMALL),
    Entry("two-inputs-two-outputs", SMALL),
    Entry("five-branches", SMALL),
    Entry("nested-three-deep", SMALL),
    Entry("transformer-encoder", SMALL),
    Entry("500-layers", SMALL),
)
"""One of each of twelve families of `keras.applications` with random weights, networks that others trained, and shapes
that those do not have."""
