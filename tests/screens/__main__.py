"""`python -m tests.screens [FOLDER]`: photographs every screen, in both languages and themes.

Writes the pictures and a contact sheet, `index.html`, into the folder (`screens` if not given).
Checks accessibility by axe-core, which npm installs, pinned, into `.independent/`.
Exit code 1: a picture is missing, a text is wider than its place, or a rule of axe is broken.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from html import escape
from pathlib import Path

from sapp_bot.sandbox.console.record import ChatRecord
from sapp_bot.sandbox.console.stage import SandboxProcesses
from sapp_bot.sandbox.sapp_api.server import SappApi
from sapp_bot.sandbox.web.serve import serve_page
from tests.browser.chromium import browser, find_browser

from .accessibility import AXE, PINS, violations
from .camera import Camera
from .customer import CUSTOMER
from .owner import OWNER, OWNER_NAME
from .rehearsal import UNSEEN, rehearse
from .staff import ARRIVAL, STAFF
from .troubles import TROUBLES
from .walk import GUEST, OPERATOR

LANGUAGES = ("en", "ru")

_SHEET = """<!doctype html><meta charset="utf-8"><title>All screens</title>
<style>
body {{ font: 14px sans-serif; background: #888 }}
section {{ display: inline-block; margin: 6px; vertical-align: top; width: {width}px }}
img {{ width: 100%; display: block }}
h2 {{ font-size: 14px }}
</style><h1>{count} pictures</h1>{body}
"""


def install_axe() -> None:
    """Install axe-core, unless it is there."""
    if AXE.exists() or not shutil.which("npm"):
        return
    AXE.parents[2].mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, AXE.parents[2])
    command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    subprocess.run((*command, "--prefix", str(AXE.parents[2])), check=True)  # noqa: S603  # ours


@asynccontextmanager
async def sandbox(mode: str = "bot") -> AsyncIterator[tuple[str, SappApi]]:
    """Run the sandbox with its page in this process; yield the page's address and the local API."""
    environment = {"SAPP_MODE": mode}
    stage = SandboxProcesses(ChatRecord(), environment)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def hear(line: str) -> None:
        if not address.done():
            address.set_result(line.rsplit(maxsplit=1)[-1])

    serving = asyncio.create_task(serve_page(stage, hear, show=lambda _: True))
    try:
        yield await address, stage._here.api  # behind the scene
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def photograph(folder: Path, languages: tuple[str, ...] = LANGUAGES) -> Camera:
    """Take all pictures; return the camera with what it took and what is wrong."""
    with tempfile.TemporaryDirectory() as profile:
        async with browser(Path(profile)) as new_page:
            async with sandbox() as (address, api):
                camera = Camera(await new_page(), folder, lambda: api)
                await camera.open(address)
                for language in languages:
                    await _walk_all(camera, language)
                camera.faults += await violations(camera.page)
                camera.faults += camera.page.complaints
            async with sandbox("user") as (address, api):
                owner = replace(camera, page=await new_page(), api=lambda: api)
                await owner.open(address)
                for language in languages:
                    await owner.meet(OWNER_NAME, language)
                    await owner.walk(OWNER, OWNER_NAME)
                camera.faults += await violations(owner.page)
                camera.faults += owner.page.complaints
    return camera


async def unphotographed() -> list[str]:
    """Return what no picture shows, and is not among what need not be shown."""
    found = await rehearse()
    return [f"no picture: {one}" for one in found if not one.startswith(tuple(UNSEEN))]


async def _walk_all(camera: Camera, language: str) -> None:
    """Walk the ways of an operator, a customer, and one whom everything goes wrong for."""
    guest, boss = f"{GUEST}_{language}", f"{OPERATOR}_{language}"
    await camera.meet(OPERATOR, language)
    await camera.walk(ARRIVAL, boss)
    await camera.meet(guest, language)
    await camera.walk(CUSTOMER, guest)
    await camera.meet(OPERATOR, language)
    await camera.walk(STAFF, boss)
    await camera.meet(guest, language)
    await camera.walk(TROUBLES, guest)


def write_sheet(folder: Path, camera: Camera) -> None:
    """Write the page that shows all pictures side by side."""
    parts = [
        f"<section><h2>{escape(' · '.join(key))}</h2><img src='{escape(file)}'></section>"
        for key, file in camera.taken.items()
    ]
    sheet = _SHEET.format(width=300, count=len(parts), body="".join(parts))
    (folder / "index.html").write_text(sheet)


def main() -> int:
    """Take the pictures and say what is wrong; return the exit code."""
    if find_browser() is None:
        sys.stderr.write("No Chromium found; install it (Debian: chromium).\n")
        return 1
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screens").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    install_axe()
    camera = asyncio.run(photograph(folder))
    camera.faults += asyncio.run(unphotographed())
    write_sheet(folder, camera)
    for fault in camera.faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(f"{len(camera.taken)} pictures: {folder / 'index.html'}\n")
    return 1 if camera.faults else 0


if __name__ == "__main__":
    sys.exit(main())
