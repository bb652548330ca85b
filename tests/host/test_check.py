"""`check` finds what is wrong with plugins before anybody talks to them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from sapp_bot.cli.main import main

HEAD = (
    "from sapp_bot import Config, Ctx, Form, Plugin, ask\nfrom sapp_bot.services import Session\n"
)
GOOD = """
plugin = Plugin(version="1.0")


class Pet(Form):
    name: str = ask("Which name?")


@plugin.command(examples={"/good": "Fine", "/good Ann": "Ann"})
async def good(ctx: Ctx, who: str = "") -> None:
    "Be well."
    await ctx.say("Fine {who}", who=who)


@plugin.command(examples={"/mine": "person"})
async def mine(ctx: Ctx, me: Session) -> None:
    "Name the account."
    await ctx.say("You are {email}", email=me.email)


@plugin.command(role="admin", examples={"/rule": "Yes"})
async def rule(ctx: Ctx) -> None:
    "Rule."
    await ctx.say("Yes.")


@plugin.command(examples={"/adopt": "Which name?", "/adopt Rex": "Rex"})
async def adopt(ctx: Ctx, form: Pet) -> None:
    "Adopt."
    await ctx.say(form.name)
"""
BAD = """
plugin = Plugin(version="1.0")


@plugin.command(examples={"/bad": "Fine", "/bad 7": "Fine 7"})
async def bad(ctx: Ctx, n: int = 1) -> None:
    "Go wrong."
    await ctx.say("Fine {n}", n=n + 1)


@plugin.command(examples={"/crash": "never"})
async def crash(ctx: Ctx) -> None:
    "Break."
    raise RuntimeError("broken")
"""


NEEDY = """
plugin = Plugin(version="1.0")


class Settings(Config):
    key: str


@plugin.command
async def lame(ctx: Ctx, settings: Settings) -> None:
    "Limp."
"""


ODD = """
plugin = Plugin(version="1.0")


class Thing:
    pass


class Odd(Form):
    thing: Thing


@plugin.command
async def odd(ctx: Ctx, form: Odd) -> None:
    "Be odd."
"""


def write(folder: Path, **sources: str) -> Path:
    """Write plugins; gives their folder."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(HEAD + dedent(source), "utf-8")
    return folder


def check(place: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run the command; gives exit code and lines. Nothing may come on standard error."""
    code = main(["check", str(place)])
    said = capsys.readouterr()
    assert not said.err
    return code, said.out.splitlines()


def test_good_plugins_give_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Examples of every role hold, logins and forms included; no log line is mixed in."""
    write(tmp_path, good=GOOD)

    assert check(tmp_path, capsys) == (0, ["good: nothing wrong, 6 examples hold"])
    assert check(tmp_path / "good.py", capsys) == (0, ["good: nothing wrong, 6 examples hold"])


def test_an_example_that_does_not_hold_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, line, what was typed, what came and what was promised; a crash by its own line."""
    path = write(tmp_path, bad=BAD, good=GOOD) / "bad.py"

    assert check(tmp_path, capsys) == (
        1,
        [
            f"{path}:7 bad: /bad 7 answers 'Fine 8', and should hold 'Fine 7'",
            f"{path}:16: /crash fails: RuntimeError: broken",
        ],
    )


def test_a_mistake_in_an_answer_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The person gets a general word; the author what to write instead."""
    source = (
        "plugin = Plugin('1')\n@plugin.command(examples={'/odd': 'Hi'})\n"
        "async def odd(ctx: Ctx) -> None:\n    '.'\n    await ctx.say('Hi', rows=[['L']])"
    )
    code, lines = check(write(tmp_path, odd=source), capsys)

    assert code == 1
    assert any("/odd fails: a row of a screen holds buttons, not a str" in line for line in lines)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("plugin = Plugin(", "lame.py:3: SyntaxError"),
        ("import nosuch_package", "lame.py:3: ModuleNotFoundError"),
        ("x = 1", "no plugin object"),
        (
            "plugin = Plugin('1')\n@plugin.command\nasync def lame(ctx: Ctx, x) -> None:\n '.'",
            "lame.py:4 lame: parameter x has no type",
        ),
        (NEEDY, "SAPP_LAME_KEY is not set"),
        (ODD, "lame.py:11: PydanticSchemaGenerationError: Unable to generate"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, words: str
) -> None:
    """What stops one plugin is told; the others' examples run all the same."""
    write(tmp_path, lame=source, good=GOOD)
    code, lines = check(tmp_path, capsys)

    assert (code, len(lines)) == (1, 1)
    assert words in lines[0]
    assert check(tmp_path / "good.py", capsys)[0] == 0


def test_a_lifespan_that_fails_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What only shows when a plugin begins is found too."""
    lifespan = (
        "\n\n@plugin.lifespan\nasync def life():\n    raise RuntimeError('no luck')\n    yield\n"
    )
    write(tmp_path, good=GOOD + lifespan)
    code, lines = check(tmp_path, capsys)

    assert code == 1
    assert "no luck" in lines[0]


def test_a_package_is_checked_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin may be a folder."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text(HEAD + GOOD, "utf-8")

    assert check(tmp_path / "pack", capsys)[1] == ["pack: nothing wrong, 6 examples hold"]


@pytest.mark.parametrize("place", ["nowhere", "_hidden.py", "note.txt"])
def test_a_path_that_is_no_plugin_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """A slip in the path is not "nothing wrong"."""
    for name in ("_hidden.py", "note.txt"):
        (tmp_path / name).write_text("", "utf-8")

    assert main(["check", str(tmp_path / place)]) == 1
    assert place in capsys.readouterr().err


def test_a_setting_that_nothing_reads_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault of the plugin; what one that is broken may read is no slip."""
    source = NEEDY.replace("key: str", 'key: str = ""').replace("async def lame", "async def needy")
    write(tmp_path, needy=source, odd=ODD)
    for name in ("SAPP_NEEDY_KAY", "SAPP_ODD_THING", "SAPP_NEDY_KEY"):
        monkeypatch.setenv(name, "1")
    code, lines = check(tmp_path / "needy.py", capsys)

    assert code == 0
    near = "did you mean SAPP_NEEDY_…, a setting of the plugin needy?"
    assert lines[:2] == [
        f"SAPP_NEDY_KEY is read by nothing; {near}",
        "SAPP_NEEDY_KAY is read by nothing; did you mean SAPP_NEEDY_KEY?",
    ]
    assert not [line for line in lines if "SAPP_ODD" in line]


UNASKED = """
from sapp_bot import Ctx, InlineQuery, InlineResult, Picture, Plugin
plugin = Plugin("1.0")
class Dot(Picture):
    n: int
@plugin.picture
def dot(spec: Dot) -> bytes:
    return "no picture"
@plugin.command(examples={"/draw": "A dot"})
async def draw(ctx: Ctx) -> None:
    "Draw."
    await ctx.say("A dot", picture=Dot(n=1))
@plugin.every(60)
async def look(ctx: Ctx) -> None:
    raise RuntimeError("nothing to see")
@plugin.every(60)
async def well(ctx: Ctx) -> None: ...
@plugin.inline("draw")
async def offer(query: InlineQuery) -> list[InlineResult]:
    return ["a dot"]
"""


def test_what_no_command_calls_is_tried_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture that is none, a timer that fails, an inline handler that returns something else."""
    path = tmp_path / "mine.py"
    path.write_text(UNASKED, "utf-8")

    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().out
    assert "returned a str; return PNG or JPEG bytes" in told
    assert f"{path}:15: the timer mine.look fails: RuntimeError: nothing to see" in told
    assert "the inline query 'draw' fails" in told
    assert "returned a list; return InlineResults" in told
    assert "well" not in told
