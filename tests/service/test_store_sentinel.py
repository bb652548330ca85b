"""The address of Sentinels leads to the primary of the moment, also after a failover."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from sapp_bot.clock import SystemClock
from sapp_bot.errors import ConfigError, StoreAway
from sapp_bot.settings.parsers import check_redis_address
from sapp_bot.store import KeyRing, make_key, open_store
from sapp_bot.store.server.connector import connector
from sapp_bot.store.server.sentinel import read_sentinel_address
from tests.redis_sentinel import RedisGroup
from tests.redis_server import find_binary
from tests.service.store_kit import commit, message, signed_in


async def test_the_store_goes_on_after_a_failover(tmp_path: Path) -> None:
    """The primary is killed: what was stored is there, and what is asked meanwhile is answered."""
    if find_binary() is None:
        pytest.skip("no redis-server found")
    with RedisGroup(tmp_path) as group:
        ring = KeyRing([make_key()])
        async with open_store(group.url, ring, account=1, clock=SystemClock()) as store:
            await store.inbox.claim()
            await store.inbox.accept(message(1))
            await store.inbox.commit(commit(message(1), after=signed_in(hours=100_000)))
            facts = await store.inspect()
            group.fail_over()
            await store.inbox.accept(message(2))
            state = await store.inbox.person_state(7)
    assert facts.version
    assert state.session is not None


async def test_nobody_who_names_a_primary_is_an_outage() -> None:
    """It is waited out, and the text says where was asked, without the password."""
    url = "redis-sentinel://:hunter2@127.0.0.1:1,127.0.0.1:2/0#sapp"
    ring = KeyRing([make_key()])
    with pytest.raises(StoreAway, match=r"127\.0\.0\.1:1,127\.0\.0\.1:2#sapp") as caught:
        async with open_store(url, ring, account=1, clock=SystemClock(), timeout_s=0.5):
            pass
    assert "hunter2" not in str(caught.value)


def test_the_address_is_read_whole() -> None:
    """Several Sentinels, ports left out, IPv6, TLS, a database, a password of their own."""
    address = read_sentinel_address(
        "rediss-sentinel://bot:p%40w@s1,s2:26380,[::1]:5/3?sentinel_password=x#main"
    )
    assert address is not None
    assert address.places == (("s1", 26379), ("s2", 26380), ("::1", 5))
    assert (address.name, address.password) == ("main", "x")
    assert (address.options["username"], address.options["password"]) == ("bot", "p@w")
    assert address.options["db"] == 3
    assert address.kind.__name__ == "SSLConnection"
    assert "p@w" not in repr(address)
    assert read_sentinel_address("redis://h/0") is None


@pytest.mark.parametrize(
    "url",
    [
        "redis-sentinel://h",
        "redis-sentinel://h:1:2#n",
        "redis-sentinel://h,#n",
        "redis-sentinel://#n",
        "redis-sentinel://h/x#n",
    ],
)
def test_another_form_is_refused(url: str) -> None:
    """At the settings, and by the store itself."""
    with pytest.raises(ConfigError, match="redis-sentinel://host:26379"):
        connector(url)
    with pytest.raises(ValueError, match="redis-sentinel://host:26379"):
        check_redis_address(SecretStr(url), SecretStr(""))


def test_the_password_of_the_settings_is_the_primarys() -> None:
    """SAPP_REDIS_PASSWORD goes into the address, percent-encoded."""
    value = check_redis_address(SecretStr("redis-sentinel://a:1,b:2/0#n"), SecretStr("p/w"))
    assert value.get_secret_value() == "redis-sentinel://:p%2Fw@a:1,b:2/0#n"
    with pytest.raises(ValueError, match="keep one"):
        check_redis_address(SecretStr("redis-sentinel://:x@a:1/0#n"), SecretStr("p"))


def test_an_unknown_option_is_a_wrong_setting() -> None:
    """It is named before anything is asked."""
    with pytest.raises(ConfigError, match="option that is not known"):
        connector("redis-sentinel://h/0?colour=red#n")
