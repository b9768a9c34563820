"""Rate limits, the headers that tell of them, and the rule against polling one envelope."""

from __future__ import annotations

from collections import deque

from ..kernel import Clock
from .wire import Refusal

HOUR = 3600
BURST = 30
QUARTER = 900


class Limits:
    """What an account may call: so many in a clock hour, and so many in 30 seconds.

    What may be asked of one envelope is not printed by the vendor. The numbers here are ours: status
    calls of one envelope in 15 minutes (`polls`) and in 30 seconds (`quick_polls`), calls that change
    it in an hour (`changes`) and in 30 seconds (`quick_changes`).
    """

    def __init__(self, clock: Clock, burst: int) -> None:
        self.hourly = 3000
        self.burst = burst
        self.polls = 20
        self.quick_polls = 10
        self.changes = 60
        self.quick_changes = 30
        self.status = 429
        """HTTP status of a breach of the account's limits; 400 has been seen too."""
        self._clock = clock
        self._hours: dict[str, tuple[int, int]] = {}
        self._bursts: dict[str, tuple[float, int]] = {}
        self._seen: dict[tuple[str, str], deque[float]] = {}
        self._last: dict[tuple[str, ...], float] = {}
        self.breaches: list[tuple[str, ...]] = []
        """Ids and operation of each status call that came within 15 minutes of the last."""

    def take(self, account: str) -> None:
        """Count a call of the account, or refuse it; a refused one is not counted."""
        hour, calls = self._hour(account)
        began, quick = self._burst(account)
        if calls >= self.hourly:
            raise self._breach("HOURLY", "hourly", account)
        if quick >= self.burst:
            raise self._breach("BURST", "burst", account)
        self._hours[account] = hour, calls + 1
        self._bursts[account] = began if quick else self._clock.monotonic(), quick + 1

    def poll(self, ids: tuple[str, ...], operation: str) -> None:
        """Count a status call of one envelope: flag what is too soon, refuse what is too much.

        Args:
            ids: of the envelope, and of the part of it that is asked for.
        """
        now = self._clock.monotonic()
        self._one("Polling", ids[0], QUARTER, self.polls, self.quick_polls)
        last = self._last.get((*ids, operation))
        if last is not None and now - last < QUARTER:
            self.breaches.append((*ids, operation))
        self._last[*ids, operation] = now

    def change(self, envelope: str) -> None:
        """Count a call that changes one envelope, or refuse it."""
        self._one("APIInvocation", envelope, HOUR, self.changes, self.quick_changes)

    def _one(self, kind: str, envelope: str, span: int, most: int, quick: int) -> None:
        """Count a call of one envelope within a span of seconds, and within a burst."""
        now = self._clock.monotonic()
        seen = self._seen.setdefault((kind, envelope), deque())
        while seen and seen[0] <= now - span:
            seen.popleft()
        if len(seen) >= most:
            raise _too_often("Hourly", kind, envelope)
        if sum(at > now - BURST for at in seen) >= quick:
            raise _too_often("Burst", kind, envelope)
        seen.append(now)

    def headers(self, account: str) -> dict[str, str]:
        hour, calls = self._hour(account)
        _, quick = self._burst(account)
        return {
            "X-RateLimit-Limit": str(self.hourly),
            "X-RateLimit-Remaining": str(max(0, self.hourly - calls)),
            "X-RateLimit-Reset": str((hour + 1) * HOUR),
            "X-BurstLimit-Limit": str(self.burst),
            "X-BurstLimit-Remaining": str(max(0, self.burst - quick)),
        }

    def _hour(self, account: str) -> tuple[int, int]:
        hour = int(self._clock.now().timestamp()) // HOUR
        began, calls = self._hours.get(account, (hour, 0))
        return (hour, calls) if began == hour else (hour, 0)

    def _burst(self, account: str) -> tuple[float, int]:
        began, calls = self._bursts.get(account, (0.0, 0))
        return (began, calls) if self._clock.monotonic() < began + BURST else (0.0, 0)

    def _breach(self, word: str, name: str, account: str) -> Refusal:
        return Refusal(
            f"{word}_APIINVOCATION_LIMIT_EXCEEDED",
            f"The maximum number of {name} API invocations has been exceeded.",
            status=self.status,
            headers=self.headers(account),
        )


def _too_often(word: str, kind: str, envelope: str) -> Refusal:
    code = {
        "Polling": f"{word}_Envelope_Polling_Limit_Exceeded",
        "APIInvocation": f"{word}_APIInvocation_Envelope_Limit_Exceeded",
    }[kind]
    told = {"Polling": "polling requests", "APIInvocation": "API invocations"}[kind]
    return Refusal(
        code,
        f"The maximum number of {word.lower()} {told} for envelope {envelope} has been exceeded.",
    )
