"""A table as gorm and Postgres keep it: id sequence, unique columns, soft delete, save-all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Generic, TypeVar

from .refusals import NOT_FOUND, ApiError
from .rows import Row

R = TypeVar("R", bound=Row)


class RowTable(Generic[R]):
    """Rows as they lie: one that was written moves to the end, so that lists have no order.

    What goes in and out is a copy, so that a stale one can be saved over a newer.
    """

    def __init__(
        self,
        name: str,
        *,
        now: Callable[[], datetime],
        unique: Mapping[str, str],
        limits: Mapping[str, int],
        check: Callable[[R], None] | None = None,
    ) -> None:
        """Make an empty table.

        Args:
            name: the table's name, for the name of its primary key.
            now: the server's clock.
            unique: column -> constraint name.
            limits: column -> longest text, in characters.
            check: looks at what a row refers to, after all else; raises ApiError.
        """
        self._name = name
        self._now = now
        self._unique = unique
        self._limits = limits
        self._check_references = check
        self._rows: dict[int, R] = {}
        self._holders: dict[str, dict[object, int]] = {column: {} for column in unique}
        self._sequence = 0

    def insert(self, row: R) -> R:
        """Add a row; id 0 takes the next of the sequence, which a refused insert burns as well.

        What comes back has the times of Go, with nanoseconds; what is kept has not.

        Raises:
            ApiError: duplicate key, NUL or a text too long, in the words of Postgres.
        """
        if row.id == 0:
            self._sequence += 1
            row = replace(row, id=self._sequence)
        if row.id in self._rows:
            raise _duplicate(f"{self._name}_pkey")
        self._check(row, row.id)
        # Never a last decimal of 0, which Go would leave out.
        return replace(self._put(row, row.id), nanos=(row.id * 370 + 1) % 1000)

    def get(self, row_id: int) -> R:
        """Copy a row that is not deleted.

        Raises:
            ApiError: there is none.
        """
        row = self._rows.get(row_id)
        if row is None or row.deleted_at is not None:
            raise ApiError(NOT_FOUND)
        return replace(row)

    def holds(self, row_id: int) -> bool:
        """Return whether there is a row, a deleted one too."""
        return row_id in self._rows

    def find(self, fits: Callable[[R], bool]) -> R | None:
        """Copy the first row that is not deleted and fits."""
        return next((row for row in self.alive() if fits(row)), None)

    def find_by(self, column: str, value: object) -> R | None:
        """Copy the row that is not deleted and holds a value in a unique column."""
        row = self._rows.get(self._holders[column].get(value, 0))
        return None if row is None or row.deleted_at is not None else replace(row)

    def alive(self) -> list[R]:
        """Copy all rows that are not deleted, as they lie."""
        return [row for row in self.all() if row.deleted_at is None]

    def all(self) -> list[R]:
        """Copy all rows, deleted ones too, as they lie."""
        return [replace(row) for row in self._rows.values()]

    def update(self, row_id: int, changes: Mapping[str, object]) -> R:
        """Write only these columns (gorm's `Updates`); zero values are left out, as gorm does.

        The column `id` gives the row another number.

        Raises:
            ApiError: no such row, or what Postgres refuses.
        """
        row = self.get(row_id)
        for column, value in changes.items():
            if value:
                setattr(row, column, value)
        if row.id != row_id and row.id in self._rows:
            raise _duplicate(f"{self._name}_pkey")
        row.updated_at = self._now()
        self._check(row, row_id)
        return self._put(row, row_id)

    def save(self, row: R) -> R:
        """Write every column (gorm's `Save`).

        A row deleted since it was read comes back: the update finds nothing and gorm inserts.
        """
        row = replace(row, updated_at=self._now())
        self._check(row, row.id)
        return self._put(row, row.id)

    def delete(self, row_id: int) -> None:
        """Mark a row as deleted; it still holds its unique values.

        Raises:
            ApiError: there is none.
        """
        self._put(replace(self.get(row_id), deleted_at=self._now()), row_id)

    def _put(self, row: R, old_id: int) -> R:
        old = self._rows.pop(old_id, None)
        for column, holders in self._holders.items():
            if old is not None:
                del holders[getattr(old, column)]
            holders[getattr(row, column)] = row.id
        self._rows[row.id] = replace(row, nanos=0)
        return replace(row, nanos=0)

    def _check(self, row: R, old_id: int) -> None:
        for column in fields(row):
            value = getattr(row, column.name)
            if isinstance(value, str) and "\0" in value:
                raise ApiError(
                    'ERROR: invalid byte sequence for encoding "UTF8": 0x00 (SQLSTATE 22021)'
                )
        for name, limit in self._limits.items():
            if len(getattr(row, name)) > limit:
                kind = f"character varying({limit})"
                raise ApiError(f"ERROR: value too long for type {kind} (SQLSTATE 22001)")
        for name, constraint in self._unique.items():
            if self._holders[name].get(getattr(row, name), old_id) != old_id:
                raise _duplicate(constraint)
        if self._check_references is not None:
            self._check_references(row)


def _duplicate(constraint: str) -> ApiError:
    return ApiError(
        f'ERROR: duplicate key value violates unique constraint "{constraint}" (SQLSTATE 23505)'
    )
