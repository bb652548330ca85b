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
    """Rows by id. What goes in and out is a copy, so that a stale one can be saved over a newer."""

    def __init__(
        self,
        name: str,
        *,
        now: Callable[[], datetime],
        unique: Mapping[str, str],
        limits: Mapping[str, int],
    ) -> None:
        """Make an empty table.

        Args:
            name: the table's name, for the name of its primary key.
            now: the server's clock.
            unique: column -> constraint name.
            limits: column -> longest text, in characters.
        """
        self._name = name
        self._now = now
        self._unique = unique
        self._limits = limits
        self._rows: dict[int, R] = {}
        self._holders: dict[str, dict[object, int]] = {column: {} for column in unique}
        self._sequence = 0

    def insert(self, row: R) -> R:
        """Add a row; id 0 takes the next of the sequence, which a refused insert burns as well.

        Raises:
            Refused: duplicate key, NUL or a text too long, in the words of Postgres.
        """
        if row.id == 0:
            self._sequence += 1
            row = replace(row, id=self._sequence)
        if row.id in self._rows:
            raise _duplicate(f"{self._name}_pkey")
        self._check(row)
        return self._put(row)

    def get(self, row_id: int) -> R:
        """Copy a row that is not deleted.

        Raises:
            Refused: there is none.
        """
        row = self._rows.get(row_id)
        if row is None or row.deleted_at is not None:
            raise ApiError(NOT_FOUND)
        return replace(row)

    def find(self, fits: Callable[[R], bool]) -> R | None:
        """Copy the first row that is not deleted and fits."""
        return next((row for row in self.alive() if fits(row)), None)

    def find_by(self, column: str, value: object) -> R | None:
        """Copy the row that is not deleted and holds a value in a unique column."""
        row = self._rows.get(self._holders[column].get(value, 0))
        return None if row is None or row.deleted_at is not None else replace(row)

    def alive(self) -> list[R]:
        """Copy all rows that are not deleted, by id."""
        return [row for row in self.all() if row.deleted_at is None]

    def all(self) -> list[R]:
        """Copy all rows, deleted ones too, by id."""
        return [replace(self._rows[row_id]) for row_id in sorted(self._rows)]

    def update(self, row_id: int, changes: Mapping[str, object]) -> R:
        """Write only these columns (gorm's `Updates`); zero values are left out, as gorm does.

        Raises:
            Refused: no such row, or what Postgres refuses.
        """
        row = self.get(row_id)
        for column, value in changes.items():
            if value:
                setattr(row, column, value)
        row.updated_at = self._now()
        self._check(row)
        return self._put(row)

    def save(self, row: R) -> R:
        """Write every column (gorm's `Save`).

        A row deleted since it was read comes back: the update finds nothing and gorm inserts.
        """
        row = replace(row, updated_at=self._now())
        self._check(row)
        return self._put(row)

    def delete(self, row_id: int) -> None:
        """Mark a row as deleted; it still holds its unique values.

        Raises:
            Refused: there is none.
        """
        self._put(replace(self.get(row_id), deleted_at=self._now()))

    def _put(self, row: R) -> R:
        old = self._rows.get(row.id)
        for column, holders in self._holders.items():
            if old is not None:
                del holders[getattr(old, column)]
            holders[getattr(row, column)] = row.id
        self._rows[row.id] = replace(row)
        return replace(row)

    def _check(self, row: R) -> None:
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
            if self._holders[name].get(getattr(row, name), row.id) != row.id:
                raise _duplicate(constraint)


def _duplicate(constraint: str) -> ApiError:
    return ApiError(
        f'ERROR: duplicate key value violates unique constraint "{constraint}" (SQLSTATE 23505)'
    )
