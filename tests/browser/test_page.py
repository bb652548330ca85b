"""The sandbox's page in a Chromium: a person's eyes and hands."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.browser.chromium import BrowserPage, browser, find_browser

PROJECT = Path(__file__).parents[2]
PROGRAM = """
import argparse, asyncio, os, sys
from sapp_bot.sandbox.arguments import add_arguments
from sapp_bot.sandbox.cli import sandbox
parser = argparse.ArgumentParser()
add_arguments(parser)
command = (sys.executable, os.path.abspath("tests/sandbox/echo_bot.py"))
sys.exit(asyncio.run(sandbox(parser.parse_args(["--web"]), os.environ, command=command)))
"""
ECHO = (sys.executable, "-c", PROGRAM)
WHOLE = (sys.executable, "-m", "sapp_bot", "sandbox", "--web")
STOP_S = 20.0
DROPPED = """
(async () => {
  const files = new DataTransfer();
  for (const name of ["a.png", "b.png"]) {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
    const content = await new Promise((done) => canvas.toBlob(done));
    files.items.add(new File([content], name, { type: "image/png" }));
  }
  document.querySelector("#chat").dispatchEvent(new DragEvent("drop", { dataTransfer: files }));
})()
"""
"""Drops two pictures of one's own into the chat."""

pytestmark = pytest.mark.skipif(
    find_browser() is None, reason="no Chromium found; install it (Debian: chromium)"
)


@asynccontextmanager
async def sandbox_page(
    folder: Path, command: Sequence[str], **environment: str
) -> AsyncIterator[BrowserPage]:
    """Run a sandbox and open its page; in the end nothing was complained of, and it ends well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=PROJECT,
        env={**{n: v for n, v in os.environ.items() if "DISPLAY" not in n}, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().split()[-1]
        async with browser(folder) as new_page:
            page = await new_page()
            await page.open(address)
            await page.until("document.querySelector('#tabs [aria-selected=true]')")
            yield page
            assert page.complaints == []
        process.terminate()
        async with asyncio.timeout(STOP_S):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def labelled(text: str, within: str = "#log") -> str:
    """Return the expression for the newest button with this label."""
    return (
        f"[...document.querySelectorAll('{within} button, {within} a')]"
        f".reverse().find((e) => e.innerText.replace('\u00a0', ' ').includes('{text}'))"
    )


async def test_the_bot_in_a_browser(tmp_path: Path) -> None:
    """The first answer, a button that edits in place, a picture, and the other language."""
    async with sandbox_page(tmp_path, WHOLE) as page:
        await page.says("100 usd to eur")
        await page.sees("100.00 USD =")
        count = await page.run("document.querySelectorAll('.message').length")
        await page.taps(labelled("‹ Home"))
        await page.sees("SAPP Finance")
        assert await page.run("document.querySelectorAll('.message').length") == count

        await page.taps("document.querySelector('#menu')")
        await page.sees("/start Show the home card.", "#suggest")
        await page.hits("Escape")

        await page.taps("document.querySelector('#open-panel')")
        await page.taps("document.querySelector('#timers button')")
        await page.sees("notices.look runs", "#toast")
        await page.sees("operator", "#tabs")
        await page.taps("document.querySelector('#close-panel')")

        await page.says("/chart eur")
        await page.until("document.querySelector('.photo img')?.naturalWidth > 100")
        await page.taps("document.querySelector('.photo')")
        await page.until("document.querySelector('#viewer').open")
        await page.taps("document.querySelector('#viewer-close')")

        await page.run("document.querySelector('#entry').focus()")
        await page.types("@sapp_sandbox_bot 5 usd")
        await page.until("document.querySelector('#suggest .option:not(.none)')")
        await page.hits("ArrowDown")
        await page.hits("Enter")
        await page.sees("5.00 USD")
        await page.run(
            "(e => { e.value = 'ru'; e.dispatchEvent(new Event('change')); })"
            "(document.querySelector('#language'))"
        )
        await page.until("document.documentElement.lang === 'ru'")
        # The next update that names the person tells the bot of the language: a press does.
        await page.taps(labelled("‹ Home"))
        await page.sees("Создать учётную запись")
        # A full stop stays with the command before it: it begins no line.
        unbroken = "[...document.querySelectorAll('.unbroken')].at(-1).innerText"
        assert await page.run(unbroken) == "/login."


@pytest.mark.long
async def test_user_mode_in_a_browser(tmp_path: Path) -> None:
    """The owner writes into Saved Messages; choices are numbers, and there is no menu."""
    async with sandbox_page(tmp_path, WHOLE, SAPP_MODE="user") as page:
        await page.sees("Saved Messages", "#head")
        await page.says("/start")
        await page.sees("Send the number of your choice.")
        await page.says("1")
        await page.sees("Which e-mail address is the account for?")
        await page.taps("document.querySelector('#menu')")
        await page.sees("The bot has no commands here.", "#suggest")


async def test_a_chat_in_a_browser(tmp_path: Path) -> None:
    """Taps, edits, deletions, spoilers, payments, and a second person in another language."""
    async with sandbox_page(tmp_path, ECHO) as page:
        await page.says("buttons")
        await page.taps(labelled("World"))
        await page.sees("pressed world")
        await page.sees("you pressed world", "#toast")

        await page.says("hello")
        await page.sees("echo: hello")
        await page.hits("ArrowUp")
        await page.until("document.querySelector('#entry').value === 'hello'")
        await page.run("document.querySelector('#entry').select()")
        await page.types("<b>mended</b>")
        await page.hits("Enter")
        await page.sees("echo: <b>mended</b>")

        await page.says("hidden abc")
        await page.taps("document.querySelector('.spoiler')")
        await page.until("document.querySelector('.spoiler.open')?.innerText === 'abc'")

        await _folds_and_joins(page)
        await page.says("secret hunter2")
        await page.sees("I keep it.")
        await page.until("!document.body.innerText.includes('hunter2')")

        await page.says("sell")
        await page.sees("Tea · ★ 5")
        await page.taps(labelled("Pay"))
        await page.until("document.querySelector('#dialog').open")
        await page.taps("document.querySelector('#dialog-yes')")
        await page.sees("5 Stars paid")
        await page.until("document.querySelector('#starcount').innerText === '995'")

        await page.taps("document.querySelector('#add')")
        await page.until("document.querySelector('#dialog').open")
        await page.types("bob")
        await page.run("document.querySelector('#dialog [name=language]').value = 'ru'")
        await page.taps("document.querySelector('#dialog-yes')")
        await page.until("document.documentElement.lang === 'ru'")
        await page.says("salut")
        await page.sees("echo: salut")
        await page.taps("document.querySelector('#tabs button')")
        await page.sees("5 Stars paid")
        await page.until("document.documentElement.lang === 'en'")


async def _folds_and_joins(page: BrowserPage) -> None:
    """See a long quote folded until it is tapped, and two dropped pictures as one album."""
    await page.says("folded " + "a long line of a quote. " * 12)
    quote = "document.querySelector('blockquote')"
    await page.until(f"{quote} && {quote}.scrollHeight > {quote}.clientHeight")
    await page.taps(quote)
    await page.until(f"{quote}.scrollHeight <= {quote}.clientHeight")

    await page.run(DROPPED)
    await page.until("document.querySelectorAll('.joined .photo').length === 1")
