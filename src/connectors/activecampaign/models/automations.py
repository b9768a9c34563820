"""Automations, and who is in them. They are made by hand: no API creates or changes one."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import frozen


@frozen(kw_only=True)
class Automation:
    """An automation; `entered` and `exited` count contacts."""

    id: str
    name: str
    active: bool
    entered: int | None = None
    exited: int | None = None
    hidden: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class EnrolmentStatus(Enum):
    """How a contact stands to an automation that it entered."""

    ACTIVE = "1"
    COMPLETED = "2"


@frozen(kw_only=True)
class Enrolment:
    """A contact's way through an automation."""

    id: str
    contact_id: str
    automation_id: str
    status: EnrolmentStatus | str | None = None
    steps_done: int | None = None
    steps: int | None = None

    @property
    def active(self) -> bool:
        """Whether the contact is in it now."""
        return self.status is EnrolmentStatus.ACTIVE

    @property
    def completed(self) -> bool:
        """Whether the contact went through it to its end."""
        return self.status is EnrolmentStatus.COMPLETED
