"""Notes on contacts."""

from __future__ import annotations

from .person import found
from .records import Note
from .routing import Call, Reply, Route
from .store import Book
from .wire import Json, NotSimulated, bad_request, invalid, with_offset

KINDS = ("Activity", "Deal", "DealTask", "Subscriber", "CustomerAccount")


def row(book: Book, note: Note) -> dict[str, Json]:
    return {
        "note": note.text,
        "relid": note.contact,
        "reltype": "Subscriber",
        "cdate": with_offset(note.created),
        "links": book.links(f"notes/{note.id}", "owner", "user"),
        "id": note.id,
    }


def create(book: Book, call: Call) -> Reply:
    given = call.wrapped("note", ("note", "relid", "reltype"))
    if given.get("reltype") not in KINDS:
        raise bad_request("reltype is none of the kinds that have notes")
    if given["reltype"] != "Subscriber":
        raise NotSimulated(f"notes on a {given['reltype']}")
    if not isinstance(given.get("note"), str) or not given["note"]:
        raise invalid("The note must be provided", "note", code="field_missing")
    contact = found(book, str(given.get("relid")))
    note = Note(book.new_id("note"), contact.id, given["note"], book.now())
    book.notes[note.id] = note
    return Reply(201, {"note": row(book, note)})


ROUTES = [Route("POST", "notes", "notes.create", create)]
