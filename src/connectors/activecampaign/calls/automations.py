"""Automations, and who is in them."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from attrs import frozen

from ...core.call import Call, Pages, Response, WriteClass
from ...core.wire import Reader
from .. import wire
from ..models.automations import Automation, Enrolment, EnrolmentStatus
from ._parts import PAGE_SIZE, call, deletion, number, number_or_none, numbered, pages, word

_STATUSES = {each.value: each for each in EnrolmentStatus}


@frozen(kw_only=True)
class _Row:
    """An automation on the wire; a status other than 1 is not active."""

    id: str
    name: str | None = None
    status: str | None = None
    entered: int | None = None
    exited: int | None = None
    hidden: bool | None = None
    cdate: datetime | None = None
    mdate: datetime | None = None

    def read(self) -> Automation:
        return Automation(
            id=self.id,
            name=self.name or "",
            active=self.status == "1",
            entered=self.entered,
            exited=self.exited,
            hidden=self.hidden,
            created_at=self.cdate,
            updated_at=self.mdate,
        )


@frozen(kw_only=True)
class _EnrolmentRow:
    """An enrolment on the wire: a "series" is an automation."""

    id: str
    contact: str
    automation: str | None = None
    seriesid: str | None = None
    status: str | None = None
    completed_elements: int | None = None
    total_elements: int | None = None

    def read(self) -> Enrolment:
        return Enrolment(
            id=self.id,
            contact_id=self.contact,
            automation_id=self.automation or self.seriesid or "",
            status=_STATUSES.get(self.status or "", self.status),
            steps_done=self.completed_elements,
            steps=self.total_elements,
        )


_automation = Reader(_Row)
_enrolment = Reader(_EnrolmentRow)


def list_automations(
    *, name: str | None = None, search: str | None = None, page_size: int = PAGE_SIZE
) -> Pages[Automation]:
    """Automations; whether `name` must be all of it is not documented: look at what comes."""
    query = [("filters[name]", name), ("search", search)]
    return pages(
        "automations.list",
        "automations",
        lambda a: tuple(row.read() for row in a.many("automations", _automation)),
        attrgetter("id"),
        query,
        page_size,
    )


def get_automation(automation_id: str) -> Call[Automation]:
    """One automation."""
    return call(
        "automations.get",
        "GET",
        numbered("automations", automation_id),
        lambda r: wire.Answer(r).one("automation", _automation).read(),
    )


def enrol(contact_id: str, automation_id: str) -> Call[Enrolment]:
    """Put a contact into an automation, again where it was in it before: never sent twice."""
    body = {
        "contact": number("an id of contacts", contact_id),
        "automation": number("an id of automations", automation_id),
    }
    return call(
        "enrolments.create",
        "POST",
        "contactAutomations",
        _one,
        body={"contactAutomation": body},
        write_class=WriteClass.MARKED,
    )


def list_enrolments(
    *,
    automation_id: str | None = None,
    contact_id: str | None = None,
    status: EnrolmentStatus | str | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[Enrolment]:
    """Who is or was in automations."""
    query = [
        ("filters[seriesid]", number_or_none("automation_id", automation_id)),
        ("filters[subscriberid]", number_or_none("contact_id", contact_id)),
        ("filters[status]", None if status is None else word(status)),
    ]
    return pages("enrolments.list", "contactAutomations", _many, attrgetter("id"), query, page_size)


def list_contact_enrolments(contact_id: str) -> Call[tuple[Enrolment, ...]]:
    """The automations that a contact is or was in."""
    where = numbered("contacts", contact_id, "contactAutomations")
    return call("enrolments.of_contact", "GET", where, lambda r: _many(wire.Answer(r)))


def get_enrolment(enrolment_id: str) -> Call[Enrolment]:
    """One contact's way through one automation."""
    return call("enrolments.get", "GET", numbered("contactAutomations", enrolment_id), _one)


def end_enrolment(enrolment_id: str) -> Call[None]:
    """Take a contact out of an automation; one that is out already is fine."""
    return deletion("enrolments.end", numbered("contactAutomations", enrolment_id))


def _one(response: Response) -> Enrolment:
    return wire.Answer(response).one("contactAutomation", _enrolment).read()


def _many(answer: wire.Answer) -> tuple[Enrolment, ...]:
    return tuple(row.read() for row in answer.many("contactAutomations", _enrolment))
