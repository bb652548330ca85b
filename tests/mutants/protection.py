"""One protection of the bot: where it stands, what the code is without it, and who must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class Stale(Exception):
    """The table names a text that is not in its file exactly once."""


@dataclass(frozen=True, slots=True)
class Protection:
    """A protection, and the mutant of the source that is without it.

    Attributes:
        name: Name for `--only`.
        row: Row of `docs/reliability.md`; 0 for one that stands in no row.
        file: Path of the source file, from the root of the tree.
        old: Text of the protection; stands exactly once in the file.
        new: What stands there without it.
        tests: Ids of the tests of which at least one must fail then.
        also: Further texts of the file to replace, for a protection that stands in two places.

    """

    name: str
    row: int
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    also: tuple[tuple[str, str], ...] = ()

    def mutated(self, root: Path) -> str:
        """Return the text of the file without the protection.

        Raises:
            Stale: the text is not there exactly once, or would not change.

        """
        source = (root / self.file).read_text("utf-8")
        for old, new in ((self.old, self.new), *self.also):
            count = source.count(old)
            if count != 1 or old == new:
                raise Stale(f"{self.name}: its text stands {count} times in {self.file}, not once")
            source = source.replace(old, new)
        return source
