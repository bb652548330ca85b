"""Finds the texts of a plugin that people would read in English, whatever their language.

Looked for are the languages that the plugin has a catalogue for, its own or that of its folder.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import cache

from sapp_bot.host.authoring.forms import FormSpec, Question
from sapp_bot.host.lifecycle.source.plugin_source import PluginSource
from sapp_bot.host.routing.registry import Command, LoadedPlugin
from sapp_bot.i18n import Languages, core_languages, knows

from .messages import PLUGIN_CALLS, MessageId, messages_in, name_of, validating, words_of


def untranslated(sources: list[PluginSource], plugin: LoadedPlugin) -> list[str]:
    """Return a sentence for each text that one of a plugin's catalogues lacks, by file and line."""
    found: list[str] = []
    titles = list(_titles(sources, plugin))
    for source in sources:
        said = messages_in(source.tree, shown=validating(source.tree))
        said |= {message for where, message in titles if where is source}
        for message in sorted(said, key=lambda m: (m.line, m.one)):
            found += _missing(source, message, plugin)
        found += _built_texts(source)
    return found


def _missing(source: PluginSource, message: MessageId, plugin: LoadedPlugin) -> Iterator[str]:
    for language, catalogue in sorted(plugin.catalogues.items()):
        if not knows(catalogue, message.one) and not _core_knows(language, message.one):
            where = _where(language, plugin)
            yield source.at_line(
                message.line, f"{message.one!r} has no translation into {language!r}: add {where}"
            )


@cache
def _core() -> Languages:
    return core_languages()


def _core_knows(language: str, text: str) -> bool:
    """Return whether the bot itself has a text: "Yes", "Cancel"."""
    return any(knows(c, text) for c in _core().translator(language).catalogues)


def _where(language: str, plugin: LoadedPlugin) -> str:
    """Return where a translation is to be written."""
    folder = plugin.path.parent if plugin.path.name == "__init__.py" else None
    file = folder / "locales" / f"{language}.po" if folder else None
    if file is not None and file.is_file():
        return f"a msgid to {file}"
    return f'it to Plugin(locales={{"{language}": {{…}}}})'


def _built_texts(source: PluginSource) -> Iterator[str]:
    """Find texts that are built where they are said, so that no catalogue can have them."""
    for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
        for index in PLUGIN_CALLS.at.get(name_of(call.func), ()):
            if index < len(call.args) and _is_built(call.args[index]):
                yield source.at(
                    call,
                    "a text that is put together here cannot be translated: write it whole, with "
                    'places: say("Hello {name}", name=…)',
                )


def _is_built(text: ast.expr) -> bool:
    match text:
        case ast.JoinedStr(values=parts):
            literal = "".join(str(p.value) for p in parts if isinstance(p, ast.Constant))
        case ast.Call(func=ast.Attribute(attr="format", value=ast.Constant(value=str(literal)))):
            pass
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(literal))):
            pass
        case _:
            return False
    # `/count` or a number is the same in every language.
    return any(word.isalpha() for word in words_of(literal).split())


def _titles(
    sources: list[PluginSource], plugin: LoadedPlugin
) -> Iterator[tuple[PluginSource, MessageId]]:
    """Yield what is not written as a text: headings, names of fields, labels of an `Enum`."""
    first = next((source for source in sources if source.path == plugin.path), sources[0])
    if any(not command.hidden for command in plugin.commands):
        yield first, MessageId(plugin.title, line=_line_of_plugin(first))
    for command in plugin.commands:
        if not command.hidden:
            yield from _names_shown(sources, command)
    forms = {c.signature.form.form: c.signature.form for c in plugin.commands if c.signature.form}
    for spec in forms.values():
        for source, line, text in _labels(sources, spec):
            yield source, MessageId(text, line=line)


def _names_shown(
    sources: list[PluginSource], command: Command
) -> Iterator[tuple[PluginSource, MessageId]]:
    """Yield the names of arguments and of a form's fields that the line of usage shows."""
    code = command.handler.__code__
    named = [p.name for p in command.signature.arguments if not p.choices]
    asked = command.signature.form.questions if command.signature.form else ()
    named += [q.name for q in asked if not q.choices and not q.secret]
    for source in sources:
        if str(source.path) == code.co_filename:
            for name in named:
                yield source, MessageId(name, line=code.co_firstlineno)


def _line_of_plugin(source: PluginSource) -> int:
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    return next((call.lineno for call in calls if name_of(call.func) == "Plugin"), 1)


def _labels(sources: list[PluginSource], spec: FormSpec) -> Iterator[tuple[PluginSource, int, str]]:
    """Yield what a form shows that is not written as a text: where, and which."""
    for question in spec.questions:
        found = _field(sources, spec.form.__name__, question.name)
        if found is None:
            continue
        source, line = found
        if spec.confirmation is not None and not question.is_titled and not question.secret:
            yield source, line, question.title
        yield from ((source, line, label) for label in _typed_labels(spec, question))


def _typed_labels(spec: FormSpec, question: Question) -> Iterator[str]:
    """Yield the labels of an `Enum`'s choices; values of a `Literal` are shown as they are."""
    kind = spec.form.model_fields[question.name].annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield from question.choices.values()


def _field(sources: list[PluginSource], form: str, name: str) -> tuple[PluginSource, int] | None:
    """Return where a field of a form is declared; None if its class is not in these files."""
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and node.name == form:
                lines = [
                    s.lineno
                    for s in node.body
                    if isinstance(s, ast.AnnAssign) and name_of(s.target) == name
                ]
                return source, (lines or [node.lineno])[0]
    return None
