"""What a run has done, whose fault a failure is, and when to try again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import field, frozen

from ...engine.report import Report
from ...errors import (
    AuthError,
    CallError,
    ConnectorsError,
    DomainError,
    Forbidden,
    Throttled,
    TransportError,
    Unauthenticated,
)
from .context import Context

PAUSES = tuple(timedelta(seconds=60 * 4**n) for n in range(6))
"""After the first failure, the second, …: a minute to 17 hours."""

PROBLEMS = 10
"""Failures that a report names."""


@frozen(kw_only=True)
class Outcome:
    """What became of one message or envelope."""

    said: str
    """In the words of reports: "done", "ignored: …"."""
    error: ConnectorsError | None = None
    """What kept a recipient from being written; the others were, and are counted."""
    done: Mapping[str, int] = field(factory=dict)
    skipped: Mapping[str, int] = field(factory=dict)


@frozen
class Tally:
    """What a run has done so far."""

    done: Counter[str] = field(factory=Counter)
    failed: Counter[str] = field(factory=Counter)
    skipped: Counter[str] = field(factory=Counter)
    problems: list[str] = field(factory=list)

    def add(self, outcome: Outcome) -> None:
        """Take in what became of one message or envelope."""
        self.done.update(outcome.done)
        self.skipped.update(outcome.skipped)
        if outcome.said.startswith("ignored: "):
            self.skipped[outcome.said.removeprefix("ignored: ")] += 1

    def fail(self, what: str, problem: str) -> None:
        """Take in a failure."""
        self.failed[what] += 1
        if len(self.problems) < PROBLEMS:
            self.problems.append(problem)

    def report(self, ctx: Context, job: str, started: datetime, *, pending: int = 0) -> Report:
        """A run's report."""
        return Report(
            job=job,
            started=started,
            ended=ctx.now(),
            done=dict(sorted(self.done.items())),
            failed=dict(sorted(self.failed.items())),
            skipped=dict(sorted(self.skipped.items())),
            pending=pending,
            problems=tuple(self.problems),
        )


def ours(error: Exception) -> ConnectorsError:
    """An error as reports may tell it: the text of one that nobody expected may hold anything."""
    if isinstance(error, ConnectorsError):
        return error
    return DomainError(f"cannot be worked off ({type(error).__name__})")


def concerns_all(error: ConnectorsError) -> bool:
    """Whether no message could be worked off: then the run ends, and none is to blame."""
    if isinstance(error, Throttled):
        # DocuSign also limits how often a single envelope is asked for.
        return error.of_account
    if isinstance(error, Forbidden):
        # ActiveCampaign says so of a key that is no good any more.
        return error.service == "activecampaign"
    if isinstance(error, AuthError | Unauthenticated | TransportError):
        return True
    return not isinstance(error, CallError | DomainError)
