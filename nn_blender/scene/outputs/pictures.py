"""Pictures of outputs under an intervention, beside those of the intact network."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.maps.packing import PackedMaps
from ..base.parts import Parts
from ..maps.atlas_images import packed_image

_INTACT = "intact atlas"


def part_of(output: str) -> str:
    """What tells the picture of an output from those of inputs and other outputs."""
    return f"output {output}"


def show_changed_pictures(parts: Parts, atlases: Iterable[PackedMaps]) -> None:
    """Let boards show other pictures; those of the intact network stay in the file."""
    for maps in atlases:
        part = part_of(maps.atlas.output)
        image = parts.find_image("atlas", "", part)
        if not maps.atlas.output or image is None:
            continue
        if parts.find_image(_INTACT, "", part) is None:
            parts.tag_image(image, _INTACT, "", part)
            image.use_fake_user = True
        packed_image(parts, "Output picture", maps, "atlas", part)


def restore_pictures(parts: Parts, outputs: Iterable[str]) -> None:
    """Let boards show the pictures of the intact network again."""
    for output in outputs:
        part = part_of(output)
        intact, changed = parts.find_image(_INTACT, "", part), parts.find_image("atlas", "", part)
        if intact is None:
            continue
        if changed is not None:
            changed.user_remap(intact)
            parts.remove_image(changed)
        parts.tag_image(intact, "atlas", "", part)
        intact.use_fake_user = False
