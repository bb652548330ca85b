"""`python -m tests.screens.readme`: takes the pictures of the page that README shows anew."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import browser, find_browser

from .__main__ import sandbox
from .camera import HEIGHT, WIDTH, Camera
from .customer import CLOSE_PANEL, OPEN_PANEL
from .walk import EMAIL, PASSWORD, Photograph, shot

DOCS = Path(__file__).parents[2] / "docs"
WIDE = (1200, 800)

CHART = (shot("start", "/start"), shot("sum", "100 usd to eur"), shot("chart", "/chart eur"))
CARD = (
    shot("account", "/register", EMAIL, PASSWORD, PASSWORD, taps="Create"),
    shot("client", "/newclient", "My shop", "*", taps="Create"),
    shot("card", "/client", does="use 8"),
    shot("key", taps="Show key"),
)
PAYING = (shot("pack", "/buy", taps="1,000 reads"), shot("paid", pays=True))
AUTHOR = (
    shot("rate", "/rate gbp"),
    shot("trouble", "/me", does="api down"),
    shot("well", does="api up"),
)


async def take() -> list[str]:
    """Take the pictures; return what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        async with browser(Path(folder)) as new_page, sandbox() as (address, api):
            camera = Camera(await new_page(), Path(folder), lambda: api)
            await camera.open(address)

            async def picture(name: str, way: tuple[Photograph, ...], *, dark: bool) -> None:
                await camera.walk(way, "anna")
                await camera.page.run("new Promise((done) => setTimeout(done, 4500))")  # a toast
                await camera.page.resize(WIDTH, HEIGHT, dark=dark)
                await camera.page.picture(DOCS / f"sandbox-{name}.png")

            await picture("phone", CHART, dark=True)
            await picture("card", CARD, dark=False)
            await picture("paying", PAYING, dark=True)
            await camera.meet("bob", "ru")
            await camera.walk((shot("hello", "/start"),), "bob")
            await camera.page.run("document.querySelector('#tabs button').click()")
            await camera.page.until("document.documentElement.lang === 'en'")
            await camera.walk(AUTHOR, "anna")
            await camera.page.resize(*WIDE)
            await camera.page.run(OPEN_PANEL)
            await camera.page.run("new Promise((done) => setTimeout(done, 1000))")
            await camera.page.picture(DOCS / "sandbox-wide.png")
            await camera.page.run(CLOSE_PANEL)
            return [*camera.faults, *camera.page.complaints]


def main() -> int:
    """Take the pictures and say what is wrong; return the exit code."""
    if find_browser() is None:
        sys.stderr.write("No Chromium found; install it (Debian: chromium).\n")
        return 1
    faults = asyncio.run(take())
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
