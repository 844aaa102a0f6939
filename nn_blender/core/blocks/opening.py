"""Which blocks of a network are open, and the picture that follows from it, as a scene keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..codec import from_dict, to_dict
from ..inputs import NetworkInput
from ..layout.picture import Folds, Picture, picture_from_dict, picture_to_dict
from ..network import Network
from ..outputs import NetworkOutput
from .answers import Answer, answers_of
from .arranging import arrange
from .at_first import AUTO, blocks_for
from .distance import with_books
from .dividing import find_hierarchy
from .explanation_maps import WantedMaps
from .hierarchy import Part, hierarchy_from_dict, hierarchy_to_dict


@dataclass(frozen=True)
class Opening:
    """A state of opening.

    Attributes:
        root: the network's hierarchy.
        opened: how far blocks are open, 0 to 1, by id; those that are not named are closed.
        picture: where everything stands then.
        by_distance: where everything stands while the distance decides which blocks are open, see
            `distance.with_books`; None where they are opened by hand.
        maps: that explain answers and stand in the picture too; None where there are none.
    """

    root: Part
    opened: Mapping[str, float]
    picture: Picture
    by_distance: Picture | None = None
    maps: WantedMaps | None = None

    @property
    def seen(self) -> Picture:
        """Where everything stands now."""
        return self.by_distance or self.picture

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "hierarchy": hierarchy_to_dict(self.root),
            "opened": dict(self.opened),
            "picture": picture_to_dict(self.picture),
            "by_distance": picture_to_dict(self.by_distance) if self.by_distance else None,
            "maps": to_dict(self.maps) if self.maps else None,
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any], network: Network) -> Opening:
        """Read what `to_dict` gives.

        Raises:
            UserError: ``hierarchy.unreadable`` or ``picture.unreadable``, where somebody wrote what does not fit.
            KeyError, TypeError, ValueError, AttributeError: it is not written as openings are.
        """
        opened = {str(id_): float(value) for id_, value in data["opened"].items()}
        root = hierarchy_from_dict(data["hierarchy"], network)
        by_distance, maps = data.get("by_distance"), data.get("maps")
        return Opening(
            root,
            opened,
            picture_from_dict(data["picture"]),
            picture_from_dict(by_distance) if by_distance is not None else None,
            from_dict(WantedMaps, maps) if maps is not None else None,
        )

    @staticmethod
    def of(
        network: Network,
        opened: Sequence[str] = (),
        answers: Sequence[Answer] | None = None,
        aspect: float = 16 / 9,
        root: Part | None = None,
        inputs: Sequence[NetworkInput] = (),
    ) -> Opening:
        """The state in which some blocks are open, of the hierarchy that is found in a network unless it is given.

        Other arguments are those of `arrange`.
        """
        root = root or find_hierarchy(network)
        states = dict.fromkeys(opened, 1.0)
        return Opening(root, states, arrange(network, root, states, answers=answers, aspect=aspect, inputs=inputs))

    @staticmethod
    def fresh(
        network: Network,
        inputs: Sequence[NetworkInput] = (),
        outputs: Sequence[NetworkOutput] = (),
        classes: Sequence[str] = (),
        answer: str = "",
        aspect: float = 16 / 9,
        wanted: str = AUTO,
    ) -> Opening:
        """The state of a new import, with the hierarchy that is found in the network.

        Args:
            inputs, outputs, classes, answer: as descriptions have them.
            aspect: width of the frame by its height.
            wanted: what is open, see `blocks_for`.

        Raises:
            UserError: see `blocks_for`.
        """
        root = find_hierarchy(network)
        answers = answers_of(network, outputs, classes, answer)
        opened = blocks_for(network, root, wanted, answers, aspect, inputs)
        return Opening.of(network, opened, answers, aspect, root, inputs)

    def with_opened(
        self,
        network: Network,
        opened: Mapping[str, float],
        answers: Sequence[Answer] | None = None,
        aspect: float = 16 / 9,
        folds: Folds | None = None,
        inputs: Sequence[NetworkInput] = (),
    ) -> Opening:
        """Another state of the same hierarchy; arguments are those of `arrange`."""
        states = {id_: value for id_, value in opened.items() if value > 0}
        picture = arrange(
            network,
            self.root,
            states,
            answers=answers,
            aspect=aspect,
            folds=folds,
            inputs=inputs,
            maps=self.maps,
        )
        return replace(self, opened=states, picture=picture)

    def with_distance(
        self,
        network: Network,
        answers: Sequence[Answer] | None = None,
        aspect: float = 16 / 9,
        inputs: Sequence[NetworkInput] = (),
    ) -> Opening:
        """The same, while the distance decides which blocks are open; arguments are those of `arrange`."""
        states = dict.fromkeys((block.id for block in self.root.blocks), 1.0)
        picture = arrange(network, self.root, states, answers=answers, aspect=aspect, inputs=inputs, maps=self.maps)
        return replace(self, by_distance=with_books(network, self.root, picture))

    def without_maps(
        self,
        network: Network,
        answers: Sequence[Answer] | None = None,
        aspect: float = 16 / 9,
        inputs: Sequence[NetworkInput] = (),
    ) -> Opening:
        """The same, with no room for maps; arguments are those of `arrange`."""
        if self.maps is None:
            return self
        plain = replace(self, maps=None).with_opened(network, self.opened, answers, aspect, inputs=inputs)
        return plain if self.by_distance is None else plain.with_distance(network, answers, aspect, inputs)
