"""Validators of forms: what they may ask for, and what is refused when the plugin is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationInfo, model_validator

from sapp_bot import Ctx, Form, ask, field_validator
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.forms import read_form_spec
from sapp_bot.testing import Stage

TRIP = '''"""Trip: a form whose validators know who fills it in, and when."""

from datetime import date
from typing import Self

from pydantic import ValidationInfo, field_validator, model_validator

from sapp_bot import Ctx, Form, Plugin, ask

WORDS = {"Not before {day}.": "Не раньше {day}.", "No tests, {name}.": "Без проверок, {name}."}
plugin = Plugin(version="1.0", locales={"ru": WORDS})


class Dated(Form):
    day: date = ask("Which day?")

    @field_validator("day")
    @classmethod
    def _ahead(cls, day: date, ctx: Ctx) -> date:
        if day < ctx.now.date():
            raise ValueError(ctx.t("Not before {day}.", day=f"{ctx.now:%Y-%m-%d}"))
        return day


class Trip(Dated):
    place: str = ask("Where to?")

    @field_validator("place", mode="wrap")
    @classmethod
    def _place(cls, place, inner, info: ValidationInfo, ctx: Ctx) -> str:
        if place == "test" and info.data["day"]:
            raise ValueError(ctx.t("No tests, {name}.", name=ctx.person.name))
        return inner(place).title()

    @model_validator(mode="after")
    def _speaks(self, ctx: Ctx) -> Self:
        if self.place == "Loud":
            ctx.say("hello")
        return self


@plugin.command
async def trip(ctx: Ctx, form: Trip) -> None:
    """Plan a trip."""
    await ctx.say("{place} it is.", place=form.place)
'''


async def test_a_validator_knows_the_person_and_the_time(tmp_path: Path) -> None:
    """In a question and behind the command, in the person's language, by inheritance, too."""
    (tmp_path / "trip.py").write_text(TRIP, "utf-8")
    async with Stage(tmp_path) as stage:
        today = stage.clock.now().date()
        ann = stage.person("Ann", language="ru")
        await ann.says("/trip 2001-01-01")
        assert ann.sees(f"Не раньше {today}")
        await ann.says("2001-02-03")
        assert ann.sees(f"Не раньше {today}")
        await ann.says(f"{today.year + 1}-01-01")
        await ann.says("test")
        assert ann.sees("Без проверок, Ann.")
        await ann.says("rome")
        assert ann.sees("Rome it is.")
        stage.may_fail = True
        await ann.says(f"/trip {today.year + 1}-01-01")
        await ann.says("loud")
        (failed,) = [e for e in stage.log if e["event"] == "update.refused"]
        assert "ctx.say has to be awaited" in failed["reason"]


class Asks(Form):
    """Asks for a service."""

    name: str = ask("Name?")

    @field_validator("name")
    @classmethod
    def _known(cls, name: str, clients: dict[str, str]) -> str:
        return clients[name]


class Waits(Form):
    """Waits for something."""

    name: str = ask("Name?")

    @field_validator("name")
    @classmethod
    async def _known(cls, name: str) -> str:
        return name


class Plain(Form):
    """Asks as pydantic has it."""

    name: str = ask("Name?")

    @field_validator("name")
    @classmethod
    def _known(cls, name: str, info: ValidationInfo) -> str:
        return f"{name} {len(info.data)}"

    @model_validator(mode="before")
    @classmethod
    def _any(cls, data: object, info) -> object:  # type: ignore[no-untyped-def]  # noqa: ANN001  # as pydantic allows
        assert info.context is None
        return data


class Personal(Form):
    """Asks for the person."""

    name: str = ask("Name?")

    @field_validator("name")
    @classmethod
    def _own(cls, name: str, ctx: Ctx) -> str:
        return f"{name} {ctx.person.id}"


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (Asks, r"nothing can fill clients \(dict\): .* may ask for `Ctx` and `ValidationInfo`"),
        (Waits, "a validator is called without await: write it as `def`"),
    ],
)
def test_what_cannot_be_called_is_refused(form: type[Form], why: str) -> None:
    """With file and line, when the plugin is loaded."""
    with pytest.raises(PluginError, match=rf"test_form_validators.py:\d+ _known: {why}"):
        read_form_spec(form)


def test_what_pydantic_gives_stays() -> None:
    """A parameter without a type is pydantic's, as it always was."""
    built = read_form_spec(Plain).build({"name": "Ann"})

    assert isinstance(built, Plain)
    assert built.name == "Ann 0"


class Recorded:
    """Records how often a type was looked up."""

    times = 0

    @property
    def kind(self) -> type:
        """The type."""
        self.times += 1
        return ValidationInfo


RECORDED = Recorded()


class Looks(Form):
    """Asks for what is looked up there."""

    name: str = ask("Name?")

    @field_validator("name")
    @classmethod
    def _counted(cls, name: str, info: RECORDED.kind) -> str:  # type: ignore[name-defined]  # a type at run time
        return f"{name} {len(info.data)}"


def test_what_a_validator_asks_for_is_looked_up_once() -> None:
    """However many answers it validates."""
    spec = read_form_spec(Looks)
    for name in ("Ann", "Bob"):
        built = spec.build({"name": name})
        assert isinstance(built, Looks)
        assert built.name == f"{name} 0"

    assert RECORDED.times == 1


def test_without_a_person_nothing_is_made_up() -> None:
    """A form that is filled by a test of its own is told what to do."""
    with pytest.raises(PluginError, match="use a Stage"):
        read_form_spec(Personal).build({"name": "Ann"})
