"""Locks: one user edits an envelope, and only their token can write to it meanwhile."""

from __future__ import annotations

from datetime import timedelta

from .access import held, may_write, seen
from .records import Lock
from .routing import Call, Route
from .wire import Json, NotSimulated, Refusal, Reply, flag, stamp, text, whole, yes

FIELDS = ("lockDurationInSeconds", "lockedByApp", "lockType", "useScratchPad")


def _row(lock: Lock) -> dict[str, Json]:
    return {
        "lockToken": lock.token,
        "lockDurationInSeconds": str(lock.seconds),
        "lockedByApp": lock.app,
        "lockedUntilDateTime": stamp(lock.until),
        "lockType": "edit",
        "useScratchPad": flag(lock.scratch),
        "lockedByUser": {
            "userId": lock.by.id,
            "userName": lock.by.name,
            "email": lock.by.email,
        },
    }


def _nobody() -> Refusal:
    return Refusal("EDIT_LOCK_ENVELOPE_NOT_LOCKED", "The template or envelope is not locked.")


def lock(call: Call) -> Reply:
    call.query()
    envelope = seen(call)
    given = call.body(FIELDS, "the lock")
    if envelope.status not in ("created", "sent", "delivered"):
        raise Refusal(
            "EDIT_LOCK_INVALID_STATE_FOR_LOCK",
            "The template or envelope is not in a valid state for a lock.",
        )
    if held(call, envelope) is not None:
        raise Refusal(
            "EDIT_LOCK_ENVELOPE_ALREADY_LOCKED", "The template or envelope is already locked."
        )
    if text(given.get("lockType", "edit")) != "edit":
        raise NotSimulated("a lockType other than edit")
    seconds = whole(given.get("lockDurationInSeconds", ""), "lockDurationInSeconds", 1, 86_400)
    until = call.box.clock.now() + timedelta(seconds=seconds)
    made = Lock(call.box.guid(), call.user, text(given.get("lockedByApp")), until, seconds)
    made.scratch = yes(given.get("useScratchPad"))
    envelope.lock = made
    return Reply(201, _row(made))


def get(call: Call) -> Reply:
    call.query()
    found = held(call, seen(call))
    if found is None:
        raise _nobody()
    row = _row(found)
    if found.by is not call.user:
        del row["lockToken"]
    return Reply(200, row)


def update(call: Call) -> Reply:
    call.query()
    envelope = seen(call)
    found = held(call, envelope)
    if found is None:
        raise _nobody()
    edited = found.edited
    may_write(call, envelope)
    found.edited = edited
    given = call.body(FIELDS, "the lock")
    found.seconds = whole(
        given.get("lockDurationInSeconds", found.seconds), "lockDurationInSeconds", 1, 86_400
    )
    found.until = call.box.clock.now() + timedelta(seconds=found.seconds)
    return Reply(200, _row(found))


def unlock(call: Call) -> Reply:
    call.query()
    envelope = seen(call)
    found = held(call, envelope)
    if found is None:
        raise _nobody()
    edited = found.edited
    may_write(call, envelope)
    envelope.lock = None
    if edited and envelope.status in ("sent", "delivered"):
        # A correction by API is told only where a lock was taken and given back.
        call.box.happen(envelope, "envelope-corrected")
    return Reply(200, _row(found))


ROUTES = [
    Route("POST", "envelopes/{}/lock", "locks.create", lock),
    Route("GET", "envelopes/{}/lock", "locks.get", get),
    Route("PUT", "envelopes/{}/lock", "locks.update", update),
    Route("DELETE", "envelopes/{}/lock", "locks.delete", unlock),
]
