"""Walks through the page and takes pictures: each screen in light and dark, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.chromium import BrowserPage

from .walk import Photograph

WIDTH, HEIGHT = 390, 844
QUIET_MS = 350
LIMIT_MS = 9_000

_WATCH = """
window.photo = { changed: performance.now(), news: 0 };
new MutationObserver((changes) => {
  photo.changed = performance.now();
  for (const change of changes) for (const node of change.addedNodes) {
    if (node.classList?.contains('message') && !node.classList.contains('own')) photo.news += 1;
  }
}).observe(document.querySelector('#log'), { childList: true, subtree: true });
"""

_SETTLED = """
new Promise((done) => {
  const began = performance.now();
  const look = () => {
    const now = performance.now();
    const quiet = now - photo.changed > %(quiet)d && photo.news > %(before)d;
    const images = [...document.querySelectorAll('#log img')].every((one) => one.complete);
    if ((quiet && images) || now - began > %(limit)d) done(photo.news > %(before)d);
    else setTimeout(look, 30);
  };
  look();
})
"""

_TOO_WIDE = """
[...document.querySelectorAll('.bubble, .bubble .text, .message button, .message a, #panel li')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).display !== 'inline'
    && getComputedStyle(one).textOverflow !== 'ellipsis')
  .map((one) => `${one.className || one.tagName}: ${one.innerText.slice(0, 60)}`)
  .concat(document.documentElement.scrollWidth > innerWidth ? ['the page'] : [])
"""

_TAP = """
(() => {
  const rows = [...document.querySelectorAll('#log .message:not(.own)')]
    .map((one) => [...one.querySelectorAll(':scope > :not(.bubble) button')])
    .filter((keys) => keys.length);
  rows.at(-1).at(%d).click();
})()
"""


@dataclass(slots=True)
class Camera:
    """Takes pictures of one page into a folder; `faults` are sentences about what is wrong.

    `taken` are the files, by name, language and theme.
    """

    page: BrowserPage
    folder: Path
    language: str = "en"
    taken: dict[tuple[str, str, str], str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    async def open(self, address: str) -> None:
        """Open the page and wait for its first chat."""
        await self.page.open(address, width=WIDTH, height=HEIGHT)
        await self.page.until("document.querySelector('#tabs [aria-selected=true]')")
        await self.watch()

    async def watch(self) -> None:
        """Begin to notice what comes, in a page that is open."""
        await self.page.run(_WATCH)

    async def meet(self, person: str, language: str) -> None:
        """Open the chat of a person in a language."""
        self.language = language
        await self.page.run("document.querySelector('#add').click()")
        fields = {"person": person, "language": language}
        for name, value in fields.items():
            place = f"document.querySelector('#dialog [name={name}]')"
            await self.page.run(f"{place}.value = {json.dumps(value)}")
        await self.page.run("document.querySelector('#dialog-yes').click()")
        await self.page.until(f"document.documentElement.lang === '{language}'")
        name = json.dumps(person)
        await self.page.until(f"document.querySelector('#status').innerText.startsWith({name})")

    async def walk(self, way: Iterable[Photograph], person: str) -> None:
        """Take all pictures of a way."""
        for shot in way:
            for text in shot.says:
                await self._settle(self.page.says(text.format(person=person)), shot.name)
            if shot.taps is not None:
                await self._settle(self.page.run(_TAP % shot.taps), shot.name)
            if shot.script:
                await self.page.run(shot.script)
                await self.page.run("new Promise((done) => setTimeout(done, 700))")
            await self._take(shot.name)

    async def _settle(self, action: Any, name: str) -> None:
        before = await self.page.run("photo.news")
        await action
        facts = {"quiet": QUIET_MS, "before": before, "limit": LIMIT_MS}
        if not await self.page.run(_SETTLED % facts):
            self.faults.append(f"{name}, {self.language}: no answer came")

    async def _take(self, name: str) -> None:
        for fault in await self.page.run(_TOO_WIDE):
            self.faults.append(f"{name}, {self.language}: too wide: {fault}")
        for theme in ("light", "dark"):
            await self.page.resize(WIDTH, HEIGHT, dark=theme == "dark")
            await self.page.run("new Promise((done) => requestAnimationFrame(() => done()))")
            file = f"{name.replace(' ', '-')}.{self.language}.{theme}.png"
            await self.page.picture(self.folder / file)
            self.taken[name, self.language, theme] = file
        await self.page.resize(WIDTH, HEIGHT)
