"""Who the key belongs to, and notes on contacts."""

from __future__ import annotations

from attrs import evolve

from ...core.call import Call, Response, WriteClass
from ...core.given import named
from ...core.wire import Reader
from .. import wire
from ..models.accounts import Note, User
from ._parts import call, number, numbered, one

_user = Reader(User)
_note = Reader(
    Note, {Note: {"text": "note", "contact_id": "relid", "about": "reltype", "created_at": "cdate"}}
)

_CONTACT = "Subscriber"


def get_me() -> Call[User]:
    """The user whose key this is: the cheapest way to see whether the key is good."""
    return call("users.me", "GET", "users/me", one("user", _user))


def create_note(contact_id: str, text: str) -> Call[Note]:
    """Put a note on a contact: twice, if it is sent twice."""
    body = {
        "note": named("the text of a note", text),
        "relid": int(number("an id of contacts", contact_id)),
        "reltype": _CONTACT,
    }
    return call(
        "notes.create",
        "POST",
        "notes",
        lambda r: _of_contact(wire.Answer(r).one("note", _note)),
        body={"note": body},
        write_class=WriteClass.UNSAFE,
    )


def list_contact_notes(contact_id: str) -> Call[tuple[Note, ...]]:
    """The notes on a contact."""

    def read(response: Response) -> tuple[Note, ...]:
        return tuple(_of_contact(note) for note in wire.Answer(response).many("notes", _note))

    return call("notes.of_contact", "GET", numbered("contacts", contact_id, "notes"), read)


def _of_contact(note: Note) -> Note:
    """A note on something else has no contact, whatever its number says."""
    return note if note.about in (_CONTACT, None) else evolve(note, contact_id=None)
