"""Rank correlation against values worked out by hand and by the definition."""

from __future__ import annotations

import numpy as np
import pytest

from nn_blender.core.neurons.rank_correlation import mid_ranks, spearman


def by_definition(first, second):
    """Every value's rank counted one by one, then Pearson's correlation by numpy."""

    def ranks(values):
        return [sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2
                for value in values]  # fmt: skip

    return np.corrcoef(ranks(first), ranks(second))[0, 1]


def test_without_ties_it_is_the_textbook_formula():
    first = np.array([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], float)
    second = np.array([7, 27, 2, 50, 28, 29, 20, 12, 6, 17], float)
    # 1 - 6 * sum(d²) / (n * (n² - 1)) with sum(d²) = 194.
    assert spearman(first, second) == pytest.approx(1 - 6 * 194 / (10 * 99))


def test_ties_share_their_mean_rank():
    assert mid_ranks(np.array([3.0, 1.0, 3.0, 2.0, 3.0])).tolist() == [4, 1, 4, 2, 4]
    assert spearman(np.array([1.0, 2, 2, 4]), np.array([1.0, 2, 3, 4])) == pytest.approx(4.5 / np.sqrt(4.5 * 5))


@pytest.mark.parametrize("seed", range(5))
def test_any_values_agree_with_the_definition(seed):
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 12, (2, 60)).astype(np.float32)
    assert spearman(first, second) == pytest.approx(by_definition(first, second), abs=1e-12)


def test_pairs_with_nan_are_left_out_and_infinity_ranks_highest():
    nan, inf = np.nan, np.inf
    first, second = np.array([1, nan, 2, 3, -inf, 9]), np.array([2, 5, 3, inf, 1, nan])
    assert spearman(first, second) == 1
    assert spearman(first, -second) == -1


def test_what_has_no_order_has_no_correlation():
    assert spearman(np.arange(2.0), np.arange(2.0)) is None
    assert spearman(np.array([1, 2, np.nan]), np.arange(3.0)) is None
    assert spearman(np.ones(5), np.arange(5.0)) is None
