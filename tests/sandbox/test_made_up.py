"""Nobody takes the sandbox's rates for real ones: it says that they are made up."""

from __future__ import annotations

import pytest

from tests.pages import ROOT


@pytest.mark.parametrize("word", ["the rates are made up", "курсы вымышлены"])
def test_the_page_says_so_above_every_chat(word: str) -> None:
    """In the language of the person whose chat it is."""
    page = ROOT / "sapp_bot/sandbox/web/page"
    assert 'madeUp: "' in (page / "words.js").read_text("utf-8")
    assert word in (page / "words.js").read_text("utf-8")
    assert 't("madeUp")' in (page / "page.js").read_text("utf-8")


def test_the_pages_of_the_project_say_so() -> None:
    """The README says it where it says what the sandbox does not prove, and beside its pictures."""
    readme = (ROOT / "README.md").read_text("utf-8")
    proves = readme.partition("## What the sandbox does not prove")[2].partition("## ")[0]

    assert "rates are made up" in proves
    for picture in ("chart-one", "chart-several", "chart-year"):
        assert f"docs/{picture}.png" in readme
    assert "whose rates are made up" in (ROOT / "docs/plugins.md").read_text("utf-8")
