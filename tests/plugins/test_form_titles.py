"""No screen of a built-in form shows the name of a field, which is a word for programmers."""

from __future__ import annotations

import pytest

from plugins.auth import Credentials, Deactivation, Forget, Registration
from plugins.clients import NewClient
from plugins.rates.alert_forms import MoveForm, RateForm, TimeForm
from plugins.rates.choices import OtherBase, OtherFavourite, OtherZone
from sapp_bot.host.authoring.forms import Form, read_form_spec
from tests.test_locales import PLUGINS, catalogue

FORMS = (
    *(Credentials, Deactivation, Forget, Registration, NewClient),
    *(OtherBase, OtherFavourite, OtherZone, RateForm, MoveForm, TimeForm),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_name_of_a_field_that_is_shown_is_translated(form: type[Form]) -> None:
    """A summary names all fields, so each has a title; every title and label is in Russian."""
    spec = read_form_spec(form)
    folder = PLUGINS / "rates" if ".rates." in form.__module__ else PLUGINS
    russian = {str(entry.id): str(entry.string) for entry in catalogue(folder, "ru")}
    for question in spec.questions:
        if spec.confirmation is not None and not question.secret:
            assert question.is_titled, question.name
        for shown in (*question.choices.values(), *([question.title] * question.is_titled)):
            assert russian.get(shown), shown
