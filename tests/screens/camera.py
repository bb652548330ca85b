"""Walks through the page and takes pictures: each screen in light and dark, and what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sapp_bot.sandbox.sapp_api.server import SappApi
from tests.browser.chromium import BrowserPage

from .backstage import ACTS
from .walk import EMAIL, Photograph

WIDTH, HEIGHT = 390, 844
ON_TOP_MS = 700
"""How long what a script did may take, in the page."""

QUIET_MS = 350
LIMIT_MS = 9_000
SILENCE_MS = 1_500

_WATCH = """
window.photo = { changed: performance.now(), news: 0 };
photo.rows = () => [...document.querySelectorAll('#log .message:not(.own)')]
  .map((one) => [...one.querySelectorAll('.key')]).filter((keys) => keys.length);
new MutationObserver((changes) => {
  photo.changed = performance.now();
  for (const change of changes) for (const node of change.addedNodes) {
    if (node.classList?.contains('message') && !node.classList.contains('own')) photo.news += 1;
  }
}).observe(document.querySelector('#log'), { childList: true, subtree: true });
new MutationObserver(() => { photo.changed = performance.now(); photo.news += 1; })
  .observe(document.querySelector('#toast'), { childList: true });
new MutationObserver(() => { photo.changed = performance.now(); photo.news += 1; })
  .observe(document.querySelector('#dialog'), { attributes: true, attributeFilter: ['open'] });
"""

_SETTLED = """
new Promise((done) => {
  const began = performance.now();
  const look = () => {
    const now = performance.now();
    const quiet = now - photo.changed > %(quiet)d && photo.news > %(before)d;
    const images = [...document.querySelectorAll('#log img')].every((one) => one.complete);
    const last = [...document.querySelectorAll('#log .message:not(.own) .text')].at(-1);
    const works = /^(Still working|Ещё работаю)/.test(last?.innerText ?? '');
    if ((quiet && images && !works) || now - began > %(limit)d) done(photo.news > %(before)d);
    else setTimeout(look, 30);
  };
  look();
})
"""

_CUT = """
(() => {
  const log = document.querySelector('#log');
  const wide = [...document.querySelectorAll(
    '.bubble, .bubble .text, .message button, .message a, #panel li')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1
      && getComputedStyle(one).display !== 'inline'
      && getComputedStyle(one).textOverflow !== 'ellipsis')
    .map((one) => `${one.className || one.tagName}: ${one.innerText.slice(0, 60)}`);
  const page = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
  const low = log.scrollHeight - log.scrollTop - log.clientHeight > 2 ? ['the newest message'] : [];
  return [...wide, ...page, ...low];
})()
"""

_PLACE = """
(() => {
  const rows = photo.rows();
  const plain = (key) => key.innerText.replaceAll('\\u00a0', ' ');
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    const number = rows[at].findIndex((key) => plain(key).includes(%s));
    if (number >= 0) return [rows.length - 1 - at, number];
  }
  return null;
})()
"""

_TAP = "photo.rows().at(-1 - %d).at(%d).click()"

_PAY = """
(async () => {
  const dialog = document.querySelector('#dialog');
  if (!dialog.open) {
    [...document.querySelectorAll('#log .key')].filter((key) => key.innerText.includes('★')).at(-1)
      .click();
    await new Promise((done) => setTimeout(done, 400));
  }
  document.querySelector('#dialog-yes').click();
})()
"""

_CLOSE_ALERT = """
if (document.querySelector('#dialog').open && document.querySelector('#dialog-no').hidden) {
  document.querySelector('#dialog-yes').click();
}
"""

_PARTS = """
(() => {
  const log = document.querySelector('#log');
  const newest = [...log.querySelectorAll('.message:not(.own)')].at(-1);
  return newest && newest.offsetHeight > log.clientHeight
    ? newest.offsetTop - log.offsetTop - 8 : null;
})()
"""

_SCROLL = "document.querySelector('#log').scrollTop = %s"


@dataclass(slots=True)
class Camera:
    """Takes pictures of one page into a folder; `faults` are sentences about what is wrong.

    `taken` are the files, by name, language and theme. `api` gives the API behind the scene.
    `places` is where each tap found its button: in other languages it is tapped there.
    """

    page: BrowserPage
    folder: Path
    api: Callable[[], SappApi]
    language: str = "en"
    places: dict[tuple[str, int], list[int]] = field(default_factory=dict)
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
            await self.page.run(_CLOSE_ALERT)
            if shot.does:
                await ACTS[shot.does](self.api(), EMAIL.format(person=person))
            for text in shot.says:
                said = self.page.says(text.format(person=person, language=self.language))
                await self._settle(said, shot.name, is_silent=shot.is_silent)
            for number, label in enumerate(shot.taps):
                await self._settle(self._tap(label, (shot.name, number)), shot.name)
            if shot.pays:
                await self._settle(self.page.run(_PAY), shot.name)
            if shot.script:
                await self.page.run(shot.script)
                await self.page.run(f"new Promise((done) => setTimeout(done, {ON_TOP_MS}))")
            await self._take(shot.name)

    async def _tap(self, label: str, tap: tuple[str, int]) -> None:
        """Tap a button by its label, or where a tap of this picture found it before."""
        place = self.places.get(tap) or await self.page.run(_PLACE % json.dumps(label))
        if place is None:
            self.faults.append(f"{tap[0]}, {self.language}: no button {label!r}")
            return
        self.places[tap] = place
        await self.page.run(_TAP % tuple(place))

    async def _settle(self, action: Any, name: str, *, is_silent: bool = False) -> None:
        before = await self.page.run("photo.news")
        await action
        limit = SILENCE_MS if is_silent else LIMIT_MS
        facts = {"quiet": QUIET_MS, "before": before, "limit": limit}
        if await self.page.run(_SETTLED % facts) == is_silent:
            wrong = "an answer came" if is_silent else "no answer came"
            self.faults.append(f"{name}, {self.language}: {wrong}")

    async def _take(self, name: str) -> None:
        for fault in await self.page.run(_CUT):
            self.faults.append(f"{name}, {self.language}: cut: {fault}")
        await self._take_part(name, "")
        if (top := await self.page.run(_PARTS)) is not None:
            await self.page.run(_SCROLL % top)
            await self._take_part(name, "-top")
            await self.page.run(_SCROLL % "1e9")
        await self.page.resize(WIDTH, HEIGHT)

    async def _take_part(self, name: str, part: str) -> None:
        for theme in ("light", "dark"):
            await self.page.resize(WIDTH, HEIGHT, dark=theme == "dark")
            await self.page.run("new Promise((done) => requestAnimationFrame(() => done()))")
            file = re.sub(r"[^\w-]+", "-", name + part) + f".{self.language}.{theme}.png"
            await self.page.picture(self.folder / file)
            self.taken[name + part, self.language, theme] = file
