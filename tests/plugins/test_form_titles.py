"""No screen of a built-in form shows the name of a field, which is a word for programmers."""

from __future__ import annotations

from pathlib import Path

from sapp_bot.testing import Stage
from tests.test_locales import PLUGINS, catalogue


def locales_of(plugin: Path) -> Path:
    """Return the folder whose catalogues a plugin has."""
    return plugin.parent if plugin.name == "__init__.py" else PLUGINS


async def test_every_name_of_a_field_that_is_shown_is_translated() -> None:
    """A summary names all fields, so each has a title; every title and label is in Russian."""
    docs = "https://docs.example.com"
    async with Stage(packs={1000: 50}, docs_url=docs) as stage:
        plugins = stage.bot.plugins.table.plugins
    asked = [(p, c.signature.form) for p in plugins for c in p.commands if c.signature.form]
    assert {"NewPassword", "AlertForm", "Refusal"} <= {form.form.__name__ for _, form in asked}
    for plugin, form in asked:
        russian = {str(e.id): str(e.string) for e in catalogue(locales_of(plugin.path), "ru")}
        for question in form.questions:
            if form.confirmation is not None and not question.secret:
                assert question.is_titled, question.name
            for shown in (*question.choices.values(), *([question.title] * question.is_titled)):
                assert russian.get(shown), shown
