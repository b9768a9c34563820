"""Who the key belongs to, and notes."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen


@frozen(kw_only=True)
class User:
    """A user of the account; a key has the rights of its user."""

    id: str
    username: str
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Note:
    """A note on a contact. `about` is what the note belongs to; ActiveCampaign's word for a
    contact is "Subscriber"."""

    id: str
    text: str = field(repr=False)
    contact_id: str | None = None
    about: str | None = None
    created_at: datetime | None = None
