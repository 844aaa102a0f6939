"""Names of classes where no file states them: those that labels have, in Keras's order."""

from __future__ import annotations

from collections.abc import Iterable

from ..outputs.labels import Labels


def names_by_labels(labels: Iterable[str], count: int) -> tuple[str, ...]:
    """Different labels in the order in which Keras numbers them, where they are names of as many classes.

    ``keras.utils.image_dataset_from_directory`` numbers folders by ``sorted()`` of their names, with capital letters
    before small ones and ``10`` before ``2``; scikit-learn's ``LabelEncoder`` does the same with the labels of a table.

    Args:
        count: how many classes the network tells apart: values of its output, or two where that is one value.

    >>> names_by_labels(["dog", "cat", "", "dog"], 2), names_by_labels(["dog", "cat"], 3), names_by_labels("10", 2)
    (('cat', 'dog'), (), ())
    """
    found = Labels.of(labels)
    return found.texts if found.are_names and len(found.texts) == count else ()
