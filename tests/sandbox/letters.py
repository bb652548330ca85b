"""Letters that no client sends: valid calls with something wrong, for a signed-in session."""

from __future__ import annotations

import gzip
import random
import struct
from collections.abc import Callable

from telethon.tl import functions, types

_VECTOR = struct.pack("<I", 0x1CB5C415)
_GZIP = struct.pack("<I", 0x3072CFA1)
_CONTAINER = struct.pack("<I", 0x73F1F8DC)
_ME = types.InputPeerSelf()
_WRAP = struct.pack("<Ii", functions.InvokeWithLayerRequest.CONSTRUCTOR_ID, 229)
_DEPTHS = (10, 300, 3_000)

_BOMB = gzip.compress(bytes(8_000_000))

_CALLS = [
    bytes(call)
    for call in (
        functions.messages.SendMessageRequest(
            _ME, "hello", random_id=1, entities=[types.MessageEntityBold(0, 2)]
        ),
        functions.messages.GetHistoryRequest(_ME, 0, None, 0, 10, 0, 0, 0),
        functions.messages.DeleteMessagesRequest([1, 2, 3], revoke=True),
        functions.messages.GetMessagesRequest([types.InputMessageID(5)]),
        functions.messages.ForwardMessagesRequest(_ME, [1], _ME, random_id=[7]),
        functions.messages.SendMediaRequest(
            _ME,
            types.InputMediaUploadedDocument(types.InputFile(1, 1, "a", ""), "a/b", []),
            "",
            random_id=9,
        ),
        functions.messages.UploadMediaRequest(
            _ME, types.InputMediaUploadedPhoto(types.InputFile(1, 1, "a.png", ""))
        ),
        functions.upload.SaveFilePartRequest(1, 0, b"\x89PNG" * 200),
        functions.upload.GetFileRequest(types.InputFileLocation(1, 1, 1, b""), 0, 4096),
        functions.users.GetUsersRequest([types.InputUserSelf()]),
        functions.updates.GetDifferenceRequest(1, None, 0),
        functions.contacts.ResolveUsernameRequest("sapp_bot"),
        functions.messages.CreateChatRequest([types.InputUserSelf()], "group"),
        functions.account.GetPasswordRequest(),
        functions.GetFutureSaltsRequest(64),
        functions.RpcDropAnswerRequest(4),
        types.MsgsStateReq([1, 2, 3]),
        types.MsgResendReq([1, 2, 3]),
        types.MsgsAck([1, 2, 3]),
    )
]


def _flipped(dice: random.Random, call: bytes) -> bytes:
    changed = bytearray(call)
    for _ in range(dice.randrange(1, 6)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _cut(dice: random.Random, call: bytes) -> bytes:
    return call[: dice.randrange(0, len(call), 4)]


def _spliced(dice: random.Random, call: bytes) -> bytes:
    at = dice.randrange(0, len(call), 4)
    return call[:at] + dice.choice(_CALLS) + call[at:]


def _counted(dice: random.Random, call: bytes) -> bytes:
    """Put a vector of many elements anywhere."""
    at = dice.randrange(4, len(call) + 1, 4)
    many = struct.pack("<i", dice.choice((-1, 2**31 - 1, 100_000, 7)))
    return call[:at] + _VECTOR + many + call[at:]


def _wrapped(dice: random.Random, call: bytes) -> bytes:
    return _WRAP * dice.choice(_DEPTHS) + call


def _packed(dice: random.Random, call: bytes) -> bytes:
    data = dice.choice((gzip.compress(call), _BOMB, b"\xff" * 999))
    field = bytes(types.MsgsStateInfo(0, data))[12:]
    return _GZIP + field


def _contained(dice: random.Random, call: bytes) -> bytes:
    """Return a container whose lengths or numbers are wrong."""
    head = _CONTAINER + struct.pack("<i", dice.choice((-1, 0, 3, 1020, 2**31 - 1)))
    inner = struct.pack("<qii", dice.randrange(2**60), dice.randrange(9), len(call)) + call
    return head + inner * dice.randrange(1, 4)


def _noise(dice: random.Random, call: bytes) -> bytes:
    return call[:4] + dice.randbytes(dice.randrange(0, 200, 4))


_WAYS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_flipped, _flipped, _cut, _spliced, _counted, _wrapped, _contained, _noise),
    _packed,
)


def malformed_letter(dice: random.Random) -> bytes:
    """Return the body of a letter with something wrong, a multiple of 4 bytes long."""
    body = dice.choice(_WAYS)(dice, dice.choice(_CALLS))
    return body[: len(body) // 4 * 4]
