"""Names and targets of lists, checked before any call."""

from __future__ import annotations

import re

from ..errors import DomainError

_NAME = re.compile(r"[a-z0-9_-]{3,64}")


class ListNameRefused(DomainError):
    """A name that a list we create may not have."""


def check_list_name(name: str) -> str:
    """Return `name` if a list of ours may have it.

    The rule is the strict one for lists we create; a list that exists keeps whatever name it has.

    Raises:
        ListNameRefused: with what is wrong and the nearest name that would do.
    """
    if _NAME.fullmatch(name):
        return name
    wrong = sorted({c for c in name if not re.fullmatch(r"[a-z0-9_-]", c)})
    problem = (
        f"has {len(name)} characters"
        if not wrong
        else f"contains {', '.join('a blank' if c == ' ' else repr(c) for c in wrong[:5])}"
    )
    nearest = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:64]
    hint = f"; {nearest!r} would do" if _NAME.fullmatch(nearest) else ""
    raise ListNameRefused(
        f"list name {name!r} {problem}: use 3 to 64 lower-case letters, digits, '-' and '_'{hint}"
    )
