"""Where a wrong translation stands, and what the guide's morning does after an absence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sapp_bot.cli.main import main
from sapp_bot.testing import Stage
from tests.host.live import write
from tests.plugins.people import jump_to_hour

PLUGIN = """from sapp_bot import Plugin
plugin = Plugin("1.0", locales={{
    "{language}": {{
        "Hello {{name}}": {said},
    }},
}})
"""
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\nmsgid "A {b}"\nmsgstr "Б {c}"\n'


@pytest.mark.parametrize(
    ("language", "said", "told"),
    [
        ("ru", "'Привет, {имя}'", r"hi\.py:4: .* its translation"),
        ("ru", "('а', 'б')", r"hi\.py:4: .* needs 3 plural forms"),
        ("de", "'Hallo {name}'", r"hi\.py:3: locales for \['de'\]; known are"),
    ],
)
def test_a_wrong_translation_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, said: str, told: str
) -> None:
    """Other places, too few forms and another language are found without a search."""
    path = tmp_path / "hi.py"
    path.write_text(PLUGIN.format(language=language, said=said), "utf-8")

    assert main(["check", str(path)]) == 1
    assert re.search(told, capsys.readouterr().out)


def test_a_wrong_entry_of_a_catalogue_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder of its own the file is named, too."""
    home = tmp_path / "hi"
    (home / "locales").mkdir(parents=True)
    (home / "__init__.py").write_text('from sapp_bot import Plugin\nplugin = Plugin("1.0")\n')
    (home / "locales" / "ru.po").write_text(PO, "utf-8")

    assert main(["check", str(home)]) == 1
    assert f"{home / 'locales' / 'ru.po'}:4: 'A {{b}}' has the places" in capsys.readouterr().out


def dawn() -> str:
    """Return the plugin of the guide's section."""
    section = Path("docs/plugins.md").read_text("utf-8").partition("### In the person's zone")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


async def test_a_morning_in_the_persons_zone_survives_an_absence(tmp_path: Path) -> None:
    """The guide's recipe: away from eight to eleven, it says good morning at eleven, once."""
    write(tmp_path, "dawn", dawn())
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/mornings")
        jump_to_hour(stage, 8)
        await stage.restart(away_s=3 * 3600)
        await stage.passes(600)
        assert [shown.text.plain for shown in ann.news].count("Good morning.") == 1
        await stage.passes(6 * 3600)

        assert [shown.text.plain for shown in ann.news].count("Good morning.") == 1


async def test_a_person_of_a_test_can_have_a_client(tmp_path: Path) -> None:
    """`signed_in(reads=…)` needs neither /login nor /newclient."""
    source = (
        "from sapp_bot import Ctx, Plugin\n"
        "from sapp_bot.services import Clients, Session\n"
        'plugin = Plugin("1.0")\n'
        "@plugin.command\n"
        "async def left(ctx: Ctx, me: Session, clients: Clients) -> None:\n"
        '    "Say what is left."\n'
        "    client = await clients.mine(me)\n"
        '    await ctx.say("{n} left", n=client.reads_available)\n'
    )
    write(tmp_path, "left", source)
    async with Stage(tmp_path) as stage:
        ann = await stage.signed_in("Ann", reads=7)
        await ann.says("/left")

        assert ann.last == "7 left"


async def test_a_button_is_shown_by_its_label(tmp_path: Path) -> None:
    """A failed assertion about `news` prints no signed bytes."""
    source = (
        "from sapp_bot import CommandButton, Ctx, Plugin\n"
        'plugin = Plugin("1.0")\n'
        "@plugin.command\n"
        "async def hi(ctx: Ctx) -> None:\n"
        '    "Hi."\n'
        '    await ctx.say("Hi", rows=[[CommandButton(command="hi").key("Again")]])\n'
    )
    write(tmp_path, "hi", source)
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/hi")

        assert "Callback(label='Again'" in repr(ann.news)
        assert "data=" not in repr(ann.news)
