"""The Redis protocol cut into frames, and what commands are called."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapp_bot.sandbox.redis.commands import CommandCounts, script_name, waits
from sapp_bot.sandbox.redis.resp import NotRedis, RespFrames, read_command

FRAMES = [
    b"+OK\r\n",
    b"-ERR no\r\n",
    b":-1\r\n",
    b"$-1\r\n",
    b"$0\r\n\r\n",
    b"$4\r\na\r\nb\r\n",
    b"*-1\r\n",
    b"*0\r\n",
    b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
    b"%1\r\n+k\r\n~2\r\n#t\r\n_\r\n",
    b",1.5\r\n",
    b"(123456789012345678901234567890\r\n",
    b"=7\r\ntxt:abc\r\n",
    b"!5\r\nERR x\r\n",
    b">2\r\n+message\r\n$1\r\nx\r\n",
    b"|1\r\n+ttl\r\n:5\r\n$1\r\nv\r\n",
]


@given(frames=st.lists(st.sampled_from(FRAMES)), step=st.integers(1, 40))
def test_frames_come_whole(frames: list[bytes], step: int) -> None:
    """However the stream is cut into pieces, each frame comes out once, whole and in order."""
    stream = b"".join(frames)
    cutter = RespFrames()
    found = [
        frame
        for start in range(0, len(stream), step)
        for frame in cutter.feed(stream[start : start + step])
    ]

    assert found == frames


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"*x\r\n", b"$x\r\n"])
def test_other_protocols_are_refused(data: bytes) -> None:
    """What no frame begins with is an error at once."""
    with pytest.raises(NotRedis):
        list(RespFrames().feed(data))


@given(words=st.lists(st.binary(), min_size=1))
def test_commands_come_apart(words: list[bytes]) -> None:
    """A command's words come out as they went in, whatever bytes they hold."""
    frame = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)

    assert read_command(frame).words == tuple(words)


@pytest.mark.parametrize("frame", [b"*0\r\n", b"*1\r\n:1\r\n", b"+PING\r\n"])
def test_what_is_no_command_is_refused(frame: bytes) -> None:
    """A command is an array of at least one blob."""
    with pytest.raises(NotRedis):
        read_command(frame)


def test_a_command_hides_its_arguments() -> None:
    """No argument is in a command's repr."""
    assert "secret" not in repr(read_command(b"*1\r\n$6\r\nsecret\r\n"))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((b"get", b"k"), ("GET",)),
        ((b"Script", b"exists", b"x"), ("SCRIPT EXISTS", "SCRIPT")),
        ((b"EVAL", b"-- claim\nreturn 1", b"0"), ("EVAL:claim", "EVAL")),
        ((b"EVAL", b"return 1", b"0"), ("EVAL",)),
        ((b"EVALSHA", b"ff", b"0"), ("EVALSHA",)),
        ((b"FCALL", b"claim", b"0"), ("FCALL:claim", "FCALL")),
        ((b"PING",), ("PING",)),
    ],
)
def test_names(words: tuple[bytes, ...], names: tuple[str, ...]) -> None:
    """Upper case, the subcommand included, the script's name behind a colon."""
    assert CommandCounts().of(words) == names


def test_a_loaded_script_has_its_name() -> None:
    """After SCRIPT LOAD the sum of a script's text stands for its name, in either case."""
    text = b"\n  --  take.one  \nreturn 1"
    names = CommandCounts()
    names.of((b"SCRIPT", b"LOAD", text))
    sha = hashlib.sha1(text, usedforsecurity=False).hexdigest()

    assert script_name(text) == "take.one"
    for spelt in (sha, sha.upper()):
        assert names.of((b"EVALSHA", spelt.encode(), b"0"))[0] == "EVALSHA:take.one"


@pytest.mark.parametrize(
    ("words", "waiting"),
    [
        ((b"blpop", b"k", b"0"), True),
        ((b"XREAD", b"block", b"0"), True),
        ((b"XREAD", b"STREAMS"), False),
        ((b"GET", b"block"), False),
    ],
)
def test_waiting_commands(words: tuple[bytes, ...], *, waiting: bool) -> None:
    """Commands that wait for others are known, those that could and do not are no such."""
    assert waits(words) is waiting
