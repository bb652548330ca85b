"""Checks the page by axe-core: what a screen reader, a keyboard or weak eyes would miss."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.chromium import BrowserPage

PINS = Path(__file__).parent / "axe"
AXE = (
    Path(__file__).parents[2] / ".independent" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
)

_RUN = """
axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations.flatMap(
  (rule) => rule.nodes.map(
    (node) => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`)))
"""
_SIZES = ((1200, 800), (390, 844))
_STATES = {
    "the chat": "",
    "the command menu": "document.querySelector('#menu').click()",
    "a picture": "document.querySelector('#log .photo')?.click()",
    "the panel": """
        document.querySelector('#viewer').close();
        document.querySelector('#open-panel').click();
    """,
    "a dialog": "document.querySelector('#add').click()",
}


async def violations(page: BrowserPage) -> list[str]:
    """Return the broken rules, in light and dark, of the page as it is and of what it opens.

    Empty without axe-core; see `python -m tests.screens`.
    """
    if not AXE.exists():
        return []
    await page.run(AXE.read_text())
    found: list[str] = []
    for state, opening in _STATES.items():
        if opening:
            await page.run(opening)
            await page.run("new Promise((done) => setTimeout(done, 600))")
        for dark in (False, True):
            for width, height in _SIZES:
                await page.resize(width, height, dark=dark)
                name = f"{state}, {'dark' if dark else 'light'}, {width} px"
                found += [f"{name}: {json.dumps(one)}" for one in await page.run(_RUN)]
    return found
