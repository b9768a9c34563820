"""What an integration must leave alone: lists, accounts, deals. Nothing here is simulated.

A call is recorded under the name of its operation, so that a test can prove that none was made.
"""

from __future__ import annotations

ROOMS = frozenset(
    "lists contactLists groups listGroups accounts accountContacts accountCustomFieldMeta "
    "accountCustomFieldData deals contactDeals dealGroups dealStages dealTasks "
    "dealCustomFieldMeta dealCustomFieldData".split()
)
_ON_CONTACTS = ("contactLists", "accountContacts", "contactDeals", "deals")
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}


def operation(method: str, parts: list[str]) -> str | None:
    """The name of a call that touches one of these, or None."""
    room = parts[0] if parts else ""
    if room == "contacts" and len(parts) == 3 and parts[2] in _ON_CONTACTS:
        return f"contacts.{parts[2]}"
    if room not in ROOMS:
        return None
    read = "get" if len(parts) > 1 else "list"
    return f"{room}.{_VERBS.get(method, read)}"
