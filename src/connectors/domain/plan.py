"""What a plan is made of: changes, each with what, where and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from enum import Enum

from attrs import field, frozen


class Verb(Enum):
    """What a change does."""

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    DELETE = "delete"
    MARK = "mark"
    REFUSE = "refuse"
    SKIP = "skip"
    CONFLICT = "conflict"

    @property
    def writes(self) -> bool:
        """Whether it touches a service; the others only tell."""
        return self not in (Verb.SKIP, Verb.CONFLICT)


class Side(Enum):
    """Which service a change touches."""

    GETRESPONSE = "GetResponse"
    DYNAMICS = "Dynamics"
    DOCUSIGN = "DocuSign"
    ACTIVECAMPAIGN = "ActiveCampaign"
    STORE = "store"
    """Ours."""


@frozen(kw_only=True)
class Change:
    """One thing a run does, or leaves alone on purpose.

    `subject` names the record for people, with addresses masked; `before` and `after` are the
    fields that differ; `payload` is what `apply` needs.
    """

    verb: Verb
    side: Side
    kind: str
    """`list`, `contact`, `record`, `webhook`, `tag`, …"""
    ref: str
    """The record's id on the side that has one."""
    scope: str = ""
    """The list record it belongs to."""
    subject: str
    reason: str
    before: Mapping[str, object] = field(factory=dict, repr=False)
    after: Mapping[str, object] = field(factory=dict, repr=False)
    payload: Mapping[str, object] = field(factory=dict, repr=False)

    def __str__(self) -> str:
        what = f"{self.verb.value:<8} {self.side.value:<14} {self.kind:<7}"
        return f"{what} {self.subject} — {self.reason}"


class Digest:
    """A fingerprint of a sequence of changes, in order, whatever its length."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, encoded: bytes) -> None:
        """Take one encoded change in."""
        self._hash.update(len(encoded).to_bytes(4, "big") + encoded)

    def __str__(self) -> str:
        return self._hash.hexdigest()


def fingerprint(values: Iterable[object]) -> str:
    """A short hash of canonical values: equal content, equal text, on either side."""
    text = "\x1f".join("" if value is None else str(value) for value in values)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
