"""Which CRM contact a GetResponse contact is: proposed by e-mail, never guessed by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen


@frozen
class Match:
    """A proposal for one unlinked GetResponse contact record.

    Exactly one candidate can be linked; several are ambiguous and wait for a person.
    """

    record_id: str
    contact_id: str
    """The GetResponse contact."""
    candidates: tuple[str, ...]
    """CRM contacts with the same address."""

    @property
    def ambiguous(self) -> bool:
        return len(self.candidates) > 1


def propose(
    unlinked: Sequence[tuple[str, str, str]], by_address: Mapping[str, Sequence[str]]
) -> tuple[Match, ...]:
    """Match unlinked records `(record id, contact id, address key)` with CRM contacts."""
    return tuple(
        Match(record_id, contact_id, tuple(sorted(set(by_address[key]))))
        for record_id, contact_id, key in unlinked
        if by_address.get(key)
    )
