"""What a run did, and whether a connection is good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import field, frozen

from ..core.frames import frame

if TYPE_CHECKING:
    import pandas


@frozen(kw_only=True)
class Report:
    """What one run, or one applied plan, did.

    `done` counts changes made, `failed` those that could not be, `changed_since_planned` records
    that moved between plan and apply and were left alone, `skipped` what was left alone on purpose,
    by reason. `calls` counts requests by endpoint, repeats included.
    """

    job: str
    started: datetime
    ended: datetime
    done: Mapping[str, int] = field(factory=dict)
    failed: Mapping[str, int] = field(factory=dict)
    changed_since_planned: int = 0
    skipped: Mapping[str, int] = field(factory=dict)
    pending: int = 0
    """What the next run goes on with: contacts that GetResponse has accepted and not shown yet,
    messages that wait."""
    problems: tuple[str, ...] = ()
    """The first that failed: who, and why."""
    warnings: tuple[str, ...] = ()
    calls: Mapping[str, int] = field(factory=dict)

    @property
    def writes(self) -> int:
        """Changes made on either side."""
        return sum(self.done.values())

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    def to_dict(self) -> dict[str, object]:
        """All of it as plain data."""
        return {
            "job": self.job,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "done": dict(self.done),
            "failed": dict(self.failed),
            "changed_since_planned": self.changed_since_planned,
            "skipped": dict(self.skipped),
            "pending": self.pending,
            "problems": list(self.problems),
            "warnings": list(self.warnings),
            "calls": dict(self.calls),
        }

    def to_frame(self) -> pandas.DataFrame:
        """Outcomes as a pandas DataFrame (extra `notebook`)."""
        outcomes = {"done": self.done, "failed": self.failed, "skipped": self.skipped}
        return frame(
            [
                {"outcome": outcome, "what": what, "count": count}
                for outcome, counts in outcomes.items()
                for what, count in counts.items()
            ],
            ("outcome", "what", "count"),
        )

    def __str__(self) -> str:
        lines = [f"{self.job}: {self.writes} changes, {sum(self.calls.values())} calls"]
        lines += [f"  {n:>6}  {name}" for name, n in self.done.items()]
        lines += [f"  {n:>6}  failed: {name}" for name, n in self.failed.items()]
        lines += [f"          {problem}" for problem in self.problems]
        lines += [f"  {n:>6}  left alone: {reason}" for reason, n in self.skipped.items()]
        if self.changed_since_planned:
            lines.append(f"  {self.changed_since_planned:>6}  changed since planned")
        if self.pending:
            lines.append(f"  {self.pending:>6}  waiting for the next run")
        lines += [f"Warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


@frozen
class Check:
    """One question to a service, and its answer."""

    service: str
    question: str
    ok: bool
    answer: str
    """What was found; where it is not good, what to fix."""

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'} {self.service}: {self.question} — {self.answer}"
