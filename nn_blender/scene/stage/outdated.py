"""Says in the legend which explanations in the picture are of the network as it was before."""

from __future__ import annotations

from ...core.description.description import Description
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts
from ..explanations.reasons import marked_reasons, reasons_key
from ..network.description import require_description
from .frame_legend import add_entry, fit_legend

OUTDATED = "outdated"
"""What is written on the entry of the legend."""


def tell_outdated(parts: Parts) -> None:
    """Let the legend of a network that has a frame tell which explanations are not of the network as it is now."""
    root, about = parts.root, require_description(parts.root)
    parts.remove([obj for obj in objects(root, "legend") if obj.get(contract.PART) == OUTDATED])
    outdated = [name for name, is_so in (("maps", _are_maps(about)), ("neurons", _are_marks(parts, about))) if is_so]
    if outdated and any(objects(root, "frame")):
        add_entry(parts, OUTDATED, f"{' and '.join(outdated)} explained: of the network as it was before")
    else:
        fit_legend(root)


def _are_maps(about: Description) -> bool:
    """Whether maps explain the network under another intervention; where it is measured otherwise, they are removed."""
    now = about.intervention.intervention.key if about.intervention else ""
    return about.explanation is not None and about.explanation.intervention != now


def _are_marks(parts: Parts, about: Description) -> bool:
    """Whether the neurons that are marked were found under another intervention, or measured otherwise."""
    marked = marked_reasons(parts.root)
    return marked is not None and marked.key != reasons_key(about, marked.sample)
