"""Machines do what their table says, and the two lives of the integration are those of the seed."""

from enum import Enum
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.lifecycles import (
    CONTACT,
    LIST,
    ContactEvent,
    ContactStatus,
    ListEvent,
    ListStatus,
)
from connectors.domain.machine import Machine, MoveRefused

SAVED, NEW, CREATED, ERROR, GONE = ListStatus
SET_AS_NEW, SUCCEEDED, FAILED, LIST_VANISHED = ListEvent
PROCESSING, SYNCHRONIZED, DELETED = ContactStatus
LINKED, UNLINKED, VANISHED, RETURNED = ContactEvent

# Written out here once more: the tests hold the tables to the requirements, not to themselves.
LISTS = {
    (SAVED, SET_AS_NEW): NEW,
    (NEW, SUCCEEDED): CREATED,
    (NEW, FAILED): ERROR,
    (ERROR, SET_AS_NEW): NEW,
    (CREATED, LIST_VANISHED): GONE,
}
CONTACTS = {
    (PROCESSING, LINKED): SYNCHRONIZED,
    (SYNCHRONIZED, LINKED): SYNCHRONIZED,
    (SYNCHRONIZED, UNLINKED): PROCESSING,
    (PROCESSING, VANISHED): DELETED,
    (SYNCHRONIZED, VANISHED): DELETED,
    (DELETED, RETURNED): PROCESSING,
}
EVERY = [
    *((LIST, LISTS, s, e) for s, e in product(ListStatus, ListEvent)),
    *((CONTACT, CONTACTS, s, e) for s, e in product(ContactStatus, ContactEvent)),
]


@pytest.mark.parametrize(
    ("machine", "table", "state", "event"), EVERY, ids=lambda v: getattr(v, "name", "")
)
def test_every_state_and_event_is_a_move_of_the_requirements_or_refused(
    machine: Machine[Any, Any], table: dict[tuple[Enum, Enum], Enum], state: Enum, event: Enum
) -> None:
    expected = table.get((state, event))

    assert machine.allows(state, event) is (expected is not None)
    if expected is not None:
        assert machine.step(state, event) is expected
        return
    with pytest.raises(MoveRefused) as caught:
        machine.step(state, event)
    message = str(caught.value)
    assert message.startswith(
        f"{machine.name}: {event.value!r} is refused in state {state.value!r}; "
    )
    possible = [e.value for s, e in table if s is state]
    said = message.partition("; ")[2]
    assert said == (f"possible: {', '.join(possible)}" if possible else said)
    assert possible or said == "nothing is possible from there"


def test_a_list_begins_as_saved_and_a_contact_in_processing() -> None:
    assert LIST.initial is SAVED
    assert CONTACT.initial is PROCESSING


def test_labels_are_those_people_know() -> None:
    assert [s.value for s in ListStatus] == [
        "Saved",
        "New",
        "Created in GetResponse",
        "Error",
        "Deleted in GetResponse",
    ]
    assert [s.value for s in ContactStatus] == [
        "Processing in Dynamics",
        "Synchronized",
        "Deleted in GetResponse",
    ]


@given(st.lists(st.sampled_from(ListEvent)))
def test_no_sequence_of_events_leaves_the_table(events: list[ListEvent]) -> None:
    state = LIST.initial
    path = [state]
    for event in events:
        try:
            state = LIST.step(state, event)
        except MoveRefused:
            continue
        path.append(state)

    assert set(pairwise(path)) <= {(s, t) for (s, _), t in LISTS.items()}
    assert GONE not in path[:-1]
    if CREATED in path:
        assert path[path.index(CREATED) - 1] is NEW


@given(st.lists(st.sampled_from(ContactEvent)))
def test_a_contact_that_was_deleted_stays_deleted_unless_it_comes_back(
    events: list[ContactEvent],
) -> None:
    for event in events:
        if event is RETURNED:
            continue
        with pytest.raises(MoveRefused, match="possible: back in GetResponse by its own will"):
            CONTACT.step(DELETED, event)


def test_the_table_draws_itself() -> None:
    assert LIST.mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> saved\n"
        '    state "Saved" as saved\n'
        '    state "New" as new\n'
        '    state "Error" as error\n'
        '    state "Created in GetResponse" as created\n'
        '    state "Deleted in GetResponse" as deleted\n'
        "    saved --> new: set as new\n"
        "    new --> created: created or adopted\n"
        "    new --> error: refused\n"
        "    error --> new: set as new\n"
        "    created --> deleted: deleted in GetResponse"
    )


@pytest.mark.parametrize("machine", [LIST, CONTACT])
def test_a_drawing_has_every_state_once_and_every_move(machine: Machine[Any, Any]) -> None:
    lines = machine.mermaid().splitlines()

    for state in type(machine.initial):
        assert sum(f'"{state.value}" as ' in line for line in lines) == 1
    assert sum("-->" in line for line in lines) == len(machine.moves) + 1
