"""The SAPP API's stand-in: users, tokens and clients, as the API's contract has them."""

from __future__ import annotations

import base64
import json

import pytest

from sapp_bot.sandbox.faults import Hold
from sapp_bot.sandbox.sapp_api import SappApi
from tests.sandbox.caller import Caller, kept

ANN = {"email": "ann@mail.com", "password": "correct horse"}


async def test_ping_is_free(call: Caller) -> None:
    """The root, with its slash, answers anybody, in JSON indented by four spaces."""
    seen = await call("GET", "/")

    assert (seen.status, seen.body) == (200, b'{\n    "message": "Hello"\n}')
    assert seen.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_register_gives_user_and_token(call: Caller) -> None:
    """A user's row has gorm's capital keys, an empty password, and a token beside it."""
    seen = (await call("POST", "/auth/register", ANN)).json

    assert list(seen["user"]) == [
        *("ID", "CreatedAt", "UpdatedAt", "DeletedAt"),
        *("email", "password", "role", "active"),
    ]
    assert seen["user"]["password"] == ""
    again = (await call("GET", "/auth/user", token=seen["token"])).json
    assert kept(again) == kept(seen["user"])


async def test_the_token_is_a_jwt_of_sixty_hours(call: Caller, sapp_api: SappApi) -> None:
    """HS256; the subject is the user's id as text; `exp` is 3600 minutes from now."""
    seen = (await call("POST", "/auth/register", ANN)).json
    head, body = (
        json.loads(base64.urlsafe_b64decode(part + "==")) for part in seen["token"].split(".")[:2]
    )

    assert head["alg"] == "HS256"
    assert body["sub"] == str(seen["user"]["ID"])
    assert abs(body["exp"] - sapp_api.database.now().timestamp() - 3600 * 60) < 2
    assert set(body) == {"sub", "iss", "iat", "exp"}


async def test_an_email_is_taken_once(call: Caller, sapp_api: SappApi) -> None:
    """The second registration gets the database's own words, a deleted user's e-mail too."""
    user = sapp_api.database.add_user(ANN["email"], "x")
    sapp_api.database.users.delete(user.id)
    seen = await call("POST", "/auth/register", ANN)

    text = 'ERROR: duplicate key value violates unique constraint "uni_users_email"'
    assert (seen.status, seen.json) == (400, {"error": f"{text} (SQLSTATE 23505)"})


async def test_register_checks_nothing(call: Caller) -> None:
    """No e-mail, no password, an id of one's own choice: all taken; the role is not."""
    seen = await call("POST", "/auth/register", {"email": "?", "role": "admin", "id": 777})

    assert seen.status == 200
    assert (seen.json["user"]["role"], seen.json["user"]["ID"]) == ("client", 777)


@pytest.mark.parametrize(
    "sent", [{"email": "ann@mail.com", "password": "no"}, {"email": "?", "password": ""}, {}]
)
async def test_login_refuses(call: Caller, sent: object) -> None:
    """Wrong password and unknown e-mail sound the same."""
    await call("POST", "/auth/register", ANN)
    seen = await call("POST", "/auth/login", sent)

    assert seen.status == 400
    assert seen.json == {"error": "no active user found with the given credentials"}


async def test_login_refuses_who_is_not_active(call: Caller, sapp_api: SappApi) -> None:
    """The right password of a switched-off user is refused like a wrong one."""
    sapp_api.database.add_user(ANN["email"], ANN["password"], active=False)

    assert (await call("POST", "/auth/login", ANN)).status == 400


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"", "EOF"),
        (b"{", "unexpected EOF"),
        (b"<html>", "invalid character '<' looking for beginning of value"),
        ([], "json: cannot unmarshal array into Go value of type structs.LoginPayload"),
        (
            {"Email": 5},
            "json: cannot unmarshal number into Go struct field LoginPayload.email of type string",
        ),
    ],
)
async def test_bad_bodies_get_gos_words(call: Caller, sent: object, text: str) -> None:
    """What is no JSON, or of another shape, is a 400 with the decoder's text, as text/plain."""
    seen = await call("POST", "/auth/login", sent)

    assert (seen.status, seen.json) == (400, {"error": text})
    assert seen.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_every_credential_failure_is_an_empty_403(call: Caller, sapp_api: SappApi) -> None:
    """No token, a forged one, an expired one, a deleted user, not an admin: `{}` all the same."""
    user = sapp_api.database.add_user("ann@mail.com", "x")
    old = sapp_api.database.token_for(user)
    sapp_api.database.advance(3600 * 60)
    gone = sapp_api.database.add_user("gone@mail.com", "x")
    tokens = [
        None,
        "nonsense",
        old,
        sapp_api.database.token_for(user)[:-3] + "abc",
        sapp_api.database.token_for(gone),
    ]
    sapp_api.database.users.delete(gone.id)
    answers = [await call("GET", "/auth/user", token=token) for token in tokens]
    answers.append(await call("GET", "/users/", token=sapp_api.database.token_for(user)))

    assert {(seen.status, seen.body) for seen in answers} == {(403, b"{}")}


@pytest.mark.parametrize(("method", "path"), [("GET", "/auth/logout"), ("PUT", "/auth/deactivate")])
async def test_logout_ends_the_token_later(
    call: Caller, sapp_api: SappApi, method: str, path: str
) -> None:
    """Logout says true before the token is blacklisted; deactivate is the same and no more."""
    user = sapp_api.database.add_user(*ANN.values())
    call.token = sapp_api.database.token_for(user)
    held = sapp_api.inner.add("blacklist token", Hold())
    assert (await call(method, path)).json is True
    assert (await call("GET", "/auth/user")).status == 200
    held.release()
    await sapp_api.settle()

    assert (await call("GET", "/auth/user")).status == 403
    assert (await call("POST", "/auth/login", ANN)).json["user"]["active"] is True


async def test_the_blacklist_fails_open(call: Caller, sapp_api: SappApi) -> None:
    """While its store is down, a logout is lost and dead tokens live again."""
    call.token = sapp_api.database.token_for(sapp_api.database.add_user(*ANN.values()))
    sapp_api.database.blacklist(call.token)
    assert (await call("GET", "/auth/user")).status == 403
    sapp_api.database.blacklist_up = False

    assert (await call("GET", "/auth/user")).status == 200


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (("no", "new", "new"), "passwords don't match"),
        (("correct horse", "new", "other"), "passwords confirmation failed"),
        (("correct horse", "", ""), "failed on the 'required' tag"),
    ],
)
async def test_password_change_refuses(
    call: Caller, sapp_api: SappApi, sent: tuple[str, str, str], text: str
) -> None:
    """A wrong current one, an unlike confirmation and a missing field have their own texts."""
    call.token = sapp_api.database.token_for(sapp_api.database.add_user(*ANN.values()))
    names = ("current_password", "new_password", "new_password_confirmation")
    seen = await call("PATCH", "/auth/password", dict(zip(names, sent, strict=True)))

    assert seen.status == 400
    assert text in seen.json["error"]


async def test_password_change_keeps_old_tokens(call: Caller, sapp_api: SappApi) -> None:
    """After it only the new password logs in, and the token from before still works."""
    call.token = sapp_api.database.token_for(sapp_api.database.add_user(*ANN.values()))
    names = ("current_password", "new_password", "new_password_confirmation")
    sent = dict(zip(names, (ANN["password"], "new", "new"), strict=True))
    assert (await call("PATCH", "/auth/password", sent)).json is True

    assert (await call("POST", "/auth/login", ANN)).status == 400
    assert (await call("POST", "/auth/login", ANN | {"password": "new"})).status == 200
    assert (await call("GET", "/auth/user")).status == 200


async def test_one_client_per_user(call: Caller, sapp_api: SappApi) -> None:
    """A client begins with ten reads and any domain; a second one is a duplicate key."""
    call.token = sapp_api.database.token_for(sapp_api.database.add_user(*ANN.values()))
    none = await call("GET", "/account/client/using-token")
    made = await call("POST", "/account/register", {"name": "Tom <b>& Jerry", "domains": ""})
    again = await call("POST", "/account/register", {"name": "x", "domains": ""})

    assert (none.status, none.json) == (400, {"error": "record not found"})
    assert (made.json["reads_available"], made.json["reads_used"]) == (10, 0)
    assert (made.json["domains"], made.json["name"]) == ("*", "Tom <b>& Jerry")
    assert (again.status, "uni_clients_user_id" in again.json["error"]) == (400, True)
    assert kept((await call("GET", "/account/client/using-token")).json) == kept(made.json)


@pytest.mark.parametrize(
    ("name", "code"), [("x" * 256, "SQLSTATE 22001"), ("a\0b", "SQLSTATE 22021")]
)
async def test_names_the_database_refuses(
    call: Caller, sapp_api: SappApi, name: str, code: str
) -> None:
    """Over 255 characters, or with a NUL, Postgres takes no name."""
    call.token = sapp_api.database.token_for(sapp_api.database.add_user(*ANN.values()))
    seen = await call("POST", "/account/register", {"name": name, "domains": "*"})

    assert (seen.status, code in seen.json["error"]) == (400, True)


async def test_lone_surrogates_become_question_marks(call: Caller, sapp_api: SappApi) -> None:
    """Half a character is replaced, as Go's decoder does, and the answer is good UTF-8."""
    call.token = sapp_api.database.token_for(sapp_api.database.add_user(*ANN.values()))
    seen = await call("POST", "/account/register", b'{"name": "a\\ud800b", "domains": ""}')

    assert seen.json["name"] == "a\ufffdb"
