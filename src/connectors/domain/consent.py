"""Who may be written to: the CRM's flags, and what people said in GetResponse."""

from __future__ import annotations

from enum import Enum

from attrs import frozen


class Refusal(Enum):
    """Why somebody is not pushed."""

    NO_ADDRESS = "no e-mail address"
    BAD_ADDRESS = "malformed e-mail address"
    INACTIVE = "the CRM contact is inactive"
    MERGED = "the CRM contact was merged into another"
    DO_NOT_EMAIL = "the CRM contact must not be e-mailed"
    LEFT = "was removed in GetResponse, and is not subscribed again"
    SAME_ADDRESS = "another contact of this list has the same address"
    UNTIED = "its contact on the list was unlinked by somebody; link it, or leave it"
    REFUSED = "GetResponse refused the address, or never showed it"

    @property
    def dead_letter(self) -> bool:
        """Whether somebody has to mend the data before it can work."""
        return self in (Refusal.NO_ADDRESS, Refusal.BAD_ADDRESS, Refusal.REFUSED)


@frozen
class Consent:
    """The policy. Both on by default; off restores what the closed connector does.

    Args:
        crm_flags: respect "do not allow e-mail" and "do not allow bulk e-mail" of the CRM.
        departures: never subscribe again who unsubscribed or was removed in GetResponse.
    """

    crm_flags: bool = True
    departures: bool = True

    def refusal(
        self, *, active: bool, merged: bool, do_not_email: bool, left: bool
    ) -> Refusal | None:
        """The first reason against pushing a contact, or None."""
        if merged:
            return Refusal.MERGED
        if not active:
            return Refusal.INACTIVE
        if do_not_email and self.crm_flags:
            return Refusal.DO_NOT_EMAIL
        if left and self.departures:
            return Refusal.LEFT
        return None
