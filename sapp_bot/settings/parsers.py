"""How the text of an environment variable becomes a value, or is refused. Imports nothing of ours.

A refusal is a ValueError that goes on where the variable's name left off ("is not ..."). It never
repeats the text: a secret may stand in the wrong variable.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from pydantic import SecretStr

from sapp_bot.values import dataclass

# 32 random bytes in URL-safe base64. Source: https://github.com/fernet/spec/blob/master/Spec.md
_SECRET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")

# Source: https://core.telegram.org/bots/api#authorizing-your-bot
_BOT_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]{30,}")

# 32 hexadecimal digits. Source: https://my.telegram.org/apps, `api_hash`
_API_HASH = re.compile(r"[0-9a-fA-F]{32}")

# At most 52 bits, so at most 16 digits. Source: https://core.telegram.org/bots/api#user, `id`
_TELEGRAM_ID = re.compile(r"[0-9]{1,16}")

LOOPBACK = "127.0.0.1"
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


def read_address(value: object) -> object:
    """Read `host:port`; an IPv6 host stands in brackets."""
    if not isinstance(value, str):
        return value
    host, _, port = value.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) <= _LAST_PORT:
        raise ValueError("is not host:port, with a port from 1 to 65535")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def read_listen_address(value: object) -> object:
    """Read where to listen: `host:port`, or a port alone for this machine's loopback."""
    is_port = isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}", value)
    return read_address(f"{LOOPBACK}:{value}" if is_port else value)


def read_ids(value: object) -> object:
    """Read Telegram user ids, separated by commas, into a frozenset."""
    if not isinstance(value, str):
        return value
    ids = [part.strip() for part in value.split(",") if part.strip()]
    for place, text in enumerate(ids, start=1):
        if not _TELEGRAM_ID.fullmatch(text) or not int(text):
            raise ValueError(f"has an entry, number {place}, that is no Telegram user id")
    return frozenset(int(text) for text in ids)


def read_keys(value: object) -> object:
    """Read secret keys, or the file that the text names, into a tuple of SecretStr.

    A key is 32 bytes in URL-safe base64.

    In a file, keys stand on lines of their own or with commas between; "#" begins a comment.
    """
    if not isinstance(value, str):
        return value
    keys = _split_keys(value)
    if not all(_SECRET_KEY.fullmatch(key) for key in keys):
        wrong = "is neither keys separated by commas nor the path of a file that can be read"
        lines = _read_file(value, wrong).splitlines()
        keys = _split_keys("\n".join(line.partition("#")[0] for line in lines))
    for place, key in enumerate(keys, start=1):
        if not _SECRET_KEY.fullmatch(key):
            raise ValueError(f"names a file where entry number {place} is not a key")
    if not keys:
        raise ValueError("holds no key")
    return tuple(SecretStr(key) for key in keys)


def _split_keys(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text) if part]


def read_server_key(value: object) -> object:
    r"""Read an RSA public key as PKCS#1 PEM, `\n` for line ends allowed, or the file named."""
    if not isinstance(value, str) or not value:
        return value
    pem = value.replace("\\n", "\n")
    if "-----BEGIN" not in pem:
        pem = _read_file(value, "is neither PEM text nor the path of a file that can be read")
    if "-----BEGIN RSA PUBLIC KEY-----" not in pem:
        raise ValueError(
            "is not an RSA public key as PKCS#1 PEM, which begins with BEGIN RSA PUBLIC KEY"
            " (`openssl rsa -pubin -in KEY -RSAPublicKey_out` converts the other kind)"
        )
    return pem


def _read_file(path: str, otherwise: str) -> str:
    try:
        return Path(path).expanduser().read_text("utf-8")
    except (OSError, ValueError, RuntimeError):
        raise ValueError(otherwise) from None


def read_word(value: object) -> object:
    """Read a word in any case."""
    return value.lower() if isinstance(value, str) else value


def check_hash(value: SecretStr) -> SecretStr:
    """Refuse what cannot be an API hash."""
    if value and not _API_HASH.fullmatch(value.get_secret_value()):
        raise ValueError("is not 32 hexadecimal digits")
    return value


def check_token(value: SecretStr) -> SecretStr:
    """Refuse what cannot be a bot token."""
    if value and not _BOT_TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("is not a bot token: digits, a colon, at least 30 characters")
    return value


def check_web_address(value: str) -> str:
    """Refuse what is no http(s) address, or carries a password; take the slash off its end."""
    if not value:
        return value
    parts = _split_address(value, {"http", "https"})
    if parts is None:
        raise ValueError("is not an address that begins with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user name or password")
    return value.rstrip("/")


def check_public_address(value: str) -> str:
    """Refuse a web address that people cannot open: Telegram refuses buttons with it, too."""
    address = check_web_address(value)
    host = (urlsplit(address).hostname or "").rstrip(".")
    try:
        is_private = bool(host) and not ip_address(host).is_global
    except ValueError:
        is_private = "." not in host or host.endswith((".localhost", ".local", ".internal"))
    if address and is_private:
        raise ValueError("must be public: people open it, and Telegram refuses others")
    return address


def check_api_address(value: str) -> str:
    """Refuse a web address that other paths cannot be put behind."""
    address = check_web_address(value)
    if "?" in address or "#" in address:
        raise ValueError("must not have a part behind ? or #")
    if address.endswith("/api/v1"):
        raise ValueError("must not end with /api/v1: the bot adds that itself")
    return address


def check_redis_address(value: SecretStr, password: SecretStr) -> SecretStr:
    """Refuse what is no Redis address; put the password in, percent-encoded."""
    address = value.get_secret_value()
    if address == "memory://":
        return value
    if address.startswith("unix://"):
        return _with_socket_password(address, password)
    if address.startswith(("redis-sentinel:", "rediss-sentinel:")):
        return _with_password(address, password, _split_sentinels(address))
    parts = _split_address(address, {"redis", "rediss"})
    if parts is None or not re.fullmatch(r"/?[0-9]*", parts.path):
        raise ValueError(
            "is not redis://host:port/number, rediss://... or unix:///path; in a password write"
            " / @ : # ? % as %2F %40 %3A %23 %3F %25, or use SAPP_REDIS_PASSWORD"
        )
    return _with_password(address, password, parts)


# host[:port], one or more, a number of the database, and what the Sentinels call the primary
_SENTINELS = re.compile(
    r"rediss?-sentinel://(?:[^@/?#]*@)?[^@/?#:,]+(?::[0-9]{1,5})?(?:,[^@/?#:,]+(?::[0-9]{1,5})?)*"
    r"(?:/[0-9]*)?(?:\?[^#]*)?#[^#]+"
)


def _split_sentinels(address: str) -> SplitResult:
    if not _SENTINELS.fullmatch(address):
        raise ValueError("is not redis-sentinel://host:26379,host:26379/0#name")
    return urlsplit(address)


def _with_password(address: str, password: SecretStr, parts: SplitResult) -> SecretStr:
    if not password:
        return SecretStr(address)
    if parts.password:
        raise ValueError("has a password in it while SAPP_REDIS_PASSWORD is set: keep one")
    place = parts.netloc.rpartition("@")[2]
    secret = quote(password.get_secret_value(), safe="")
    return SecretStr(parts._replace(netloc=f"{parts.username or ''}:{secret}@{place}").geturl())


def _with_socket_password(address: str, password: SecretStr) -> SecretStr:
    """Check the address of a Unix socket; its password stands behind `?password=`."""
    parts = urlsplit(address)
    if parts.hostname or not parts.path.startswith("/"):
        raise ValueError("is not unix:///path/of/redis.sock, with three slashes")
    if not password:
        return SecretStr(address)
    if "password=" in parts.query:
        raise ValueError("has a password in it while SAPP_REDIS_PASSWORD is set: keep one")
    more = urlencode({"password": password.get_secret_value()})
    query = f"{parts.query}&{more}" if parts.query else more
    return SecretStr(f"unix://{parts.path}?{query}")


# 16 bytes, or 17 that begin with dd, in hexadecimal. Source:
# https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation, "secret"
_PROXY_SECRET = re.compile(r"(?:dd)?[0-9a-fA-F]{32}")


def check_proxy(value: SecretStr) -> SecretStr:
    """Refuse what is no proxy that leads to Telegram."""
    if not value:
        return value
    parts = _split_address(value.get_secret_value(), {"socks5", "http", "mtproxy"})
    if parts is None or parts.port is None:
        raise ValueError(
            "is not socks5://host:port, http://host:port or mtproxy://SECRET@host:port"
        )
    if parts.scheme == "mtproxy" and not _PROXY_SECRET.fullmatch(parts.username or ""):
        raise ValueError(
            "is mtproxy:// with a secret that is not 32 hexadecimal digits, dd in front or not;"
            " secrets that begin with ee are not supported"
        )
    return value


def _split_address(value: str, schemes: set[str]) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        return None
    return parts if sound else None
