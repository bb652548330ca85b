"""A line of text as a chart, for where no picture can be drawn: ▁▂▃▅▇."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

LEVELS = "▁▂▃▄▅▆▇"
"""Seven: the full block touches the line above on some phones."""


def sparkline(values: Sequence[Decimal], *, width: int = 20) -> str:
    """Return the values as blocks, at most `width` of them: each the mean of what it stands for.

    Equal values are in the middle; nothing gives an empty text.
    """
    if not values or width < 1:
        return ""
    count = min(width, len(values))
    edges = [index * len(values) // count for index in range(count + 1)]
    parts = [values[start:end] for start, end in pairwise(edges)]
    means = [sum(part, Decimal(0)) / len(part) for part in parts]
    low, high = min(means), max(means)
    if low == high:
        return LEVELS[len(LEVELS) // 2] * count
    steps = len(LEVELS) - 1
    return "".join(
        LEVELS[int((mean - low) / (high - low) * steps + Decimal("0.5"))] for mean in means
    )
