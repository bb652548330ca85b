"""The pages tell the truth: what they show is run, what they list is what there is."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import pytest

from sapp_bot.testing import Stage
from tests.pages import PAGES, ROOT


def blocks(page: str, language: str) -> list[str]:
    """List the code blocks of a page."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_made_pages_are_fresh(page: str) -> None:
    """Settings, commands and `.env.example` are what the code says; `python -m tests.pages`."""
    assert (ROOT / page).read_text("utf-8") == PAGES[page]()


def test_links_lead_somewhere() -> None:
    """Every relative link of every page names a file."""
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


async def test_the_first_conversation_goes_as_shown() -> None:
    """What README.md lets people type is answered as it says."""
    (talk,) = blocks("README.md", "text")
    async with Stage() as stage:
        ann = stage.person("Ann")
        for line in talk.splitlines():
            who, words = line.split(": ", 1)
            if who == "you":
                await ann.says(words)
            else:
                assert ann.sees(words), f"{words!r} is not in {[s.text.plain for s in ann.news]}"


async def test_the_plugin_of_the_readme_works(tmp_path: Path) -> None:
    """README.md's plugin is whole, and speaks both languages."""
    (source,) = blocks("README.md", "python")
    (tmp_path / "hello.py").write_text(source, "utf-8")  # a test's own file
    async with Stage(tmp_path) as stage:
        ann, boris = stage.person("Ann"), stage.person("Boris", language="ru")
        await ann.says("/hello")
        await ann.says("Ann")
        await boris.says("/hi Борис")

        assert (ann.last, boris.last) == ("Hello Ann!", "Здравствуйте, Борис!")


async def _times(stage: Stage) -> None:
    ann = stage.person()
    await ann.says("/x 2.5 4 EUR")
    assert ann.last == "10.0 EUR"


async def _lock(stage: Stage) -> None:
    ann = stage.person()
    await ann.says("/lock jewels")
    await ann.says("hunter2")
    assert ann.last == "jewels is locked."


async def _count(stage: Stage) -> None:
    ann = stage.person()
    await ann.says("/count 41")
    await ann.presses("Add one")
    assert ann.last == "42"


@pytest.mark.parametrize(("index", "talk"), list(enumerate((_times, _lock, _count))))
async def test_the_plugins_of_the_guide_work(
    tmp_path: Path, index: int, talk: Callable[[Stage], Awaitable[None]]
) -> None:
    """Each plugin in docs/plugins.md does what its section says."""
    source = blocks("docs/plugins.md", "python")[index]
    (tmp_path / "sample.py").write_text(source, "utf-8")  # a test's own file
    async with Stage(tmp_path) as stage:
        await talk(stage)


async def test_the_test_of_the_guide_runs(tmp_path: Path) -> None:
    """The test in docs/plugins.md passes on the plugin of its page."""
    plugin, test = blocks("docs/plugins.md", "python")[2:]
    (tmp_path / "count.py").write_text(plugin, "utf-8")  # a test's own file
    module = ModuleType("guide")
    exec(test, vars(module))  # noqa: S102  # the page's own code
    await module.test_counting(tmp_path)
