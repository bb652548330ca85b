"""All protections that `python -m tests.mutants` takes out, by the row of docs/reliability.md."""

from __future__ import annotations

from .of_people import OF_PEOPLE
from .of_role_scripts import OF_ROLE_SCRIPTS
from .of_roles import OF_ROLES
from .of_telegram import OF_TELEGRAM
from .of_the_api import OF_THE_API
from .of_the_host import OF_THE_HOST
from .of_the_store import OF_THE_STORE

PROTECTIONS = tuple(
    sorted(
        (
            *(*OF_TELEGRAM, *OF_THE_STORE, *OF_ROLES, *OF_ROLE_SCRIPTS),
            *(*OF_THE_HOST, *OF_PEOPLE, *OF_THE_API),
        ),
        key=lambda found: found.row,
    )
)
