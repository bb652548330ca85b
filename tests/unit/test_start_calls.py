"""What Telegram refuses for a while at the start is waited out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from sapp_bot.telegram.seam import errors
from sapp_bot.telegram.start_calls import BACKOFF, repeated


class Calls:
    """A call that fails as planned and then answers, and a sleep that notes."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.slept: list[float] = []

    async def __call__(self) -> str:
        """Fail, or answer."""
        if self.failures:
            raise self.failures.pop(0)
        return "answer"

    async def sleep(self, seconds: float) -> None:
        """Note the wait."""
        self.slept.append(seconds)


def made(call: Calls) -> Callable[[], Awaitable[str]]:
    """Give the call as a function."""
    return call.__call__


async def test_a_flood_wait_is_sat_out() -> None:
    """For as long as Telegram asks; said at once and then every minute."""
    call = Calls(errors.FloodWaitError(None, 150))
    with capture_logs() as logs:
        assert await repeated(made(call), "who am I", sleep=call.sleep) == "answer"

    assert call.slept == [60, 60, 30]
    assert [(line["event"], line["left_s"]) for line in logs] == [
        ("telegram.flood_wait", 150),
        ("telegram.flood_wait", 90),
        ("telegram.flood_wait", 30),
    ]


@pytest.mark.parametrize(
    "error",
    [errors.ServerError(None, "RPC_CALL_FAIL"), errors.TimedOutError(None, "x"), TimeoutError()],
)
async def test_a_fault_of_telegrams_is_repeated(error: Exception) -> None:
    """Less and less often; one line for all of it within a minute."""
    call = Calls(*[error] * 7)
    with capture_logs() as logs:
        assert await repeated(made(call), "who am I", sleep=call.sleep) == "answer"

    assert call.slept == [BACKOFF.wait_s(retry) for retry in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert [line["event"] for line in logs] == ["telegram.start_waits"]


async def test_a_refusal_is_not_repeated() -> None:
    """What no repeat can mend comes out at once."""
    call = Calls(errors.AuthKeyDuplicatedError(None))
    with pytest.raises(errors.AuthKeyDuplicatedError):
        await repeated(made(call), "who am I", sleep=call.sleep)

    assert call.slept == []
