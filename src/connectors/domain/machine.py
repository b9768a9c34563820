"""A state machine as an enum and a table.

The table is the whole truth: `step` looks a move up, the docs draw it, tests enumerate it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from attrs import frozen

from ..errors import DomainError

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class MoveRefused(DomainError):
    """A move that the table does not have."""


@frozen
class Machine(Generic[S, E]):
    """States, events, and the moves between them."""

    name: str
    initial: S
    moves: Mapping[tuple[S, E], S]

    def step(self, state: S, event: E) -> S:
        """The state after `event`.

        Raises:
            MoveRefused: the table has no such move; the message lists what is possible.
        """
        try:
            return self.moves[state, event]
        except KeyError:
            possible = [e.value for s, e in self.moves if s is state]
            hint = (
                f"possible: {', '.join(possible)}" if possible else "nothing is possible from there"
            )
            raise MoveRefused(
                f"{self.name}: {event.value!r} is refused in state {state.value!r}; {hint}"
            ) from None

    def allows(self, state: S, event: E) -> bool:
        """Whether the table has this move."""
        return (state, event) in self.moves

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {_id(self.initial)}"]
        states = dict.fromkeys([self.initial, *(s for s, _ in self.moves), *self.moves.values()])
        lines += [f'    state "{state.value}" as {_id(state)}' for state in states]
        lines += [
            f"    {_id(state)} --> {_id(target)}: {event.value}"
            for (state, event), target in self.moves.items()
        ]
        return "\n".join(lines)


def _id(state: Enum) -> str:
    return state.name.lower()
