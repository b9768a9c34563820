"""Dynamics 365 Web API: a client in both worlds, and what one writes beside it.

Everything here is imported when it is first used. Operations as values are in
`connectors.dynamics.calls`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batch import BatchResult, ChangeSet
    from .bulk import BulkResult, RowResult
    from .calls import Member, Ref, entity
    from .fetchxml import caller_conditions
    from .filters import Filter, col, guid, related
    from .models import (
        ACCOUNTS,
        CAMPAIGNS,
        CONTACTS,
        MARKETING_LISTS,
        ROLES,
        USERS,
        AlternateKey,
        Contact,
        ContentId,
        Depth,
        Expand,
        ListTarget,
        MarketingList,
        Privilege,
        RowId,
        RowKey,
        Shape,
        Table,
        formatted,
        lookup_table,
    )
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "fetchxml": "caller_conditions",
            "calls": "Member Ref entity",
            "batch": "BatchResult ChangeSet",
            "bulk": "BulkResult RowResult",
            "filters": "Filter col guid related",
            "models": """
                ACCOUNTS AlternateKey CAMPAIGNS CONTACTS Contact ContentId Depth Expand
                ListTarget MARKETING_LISTS MarketingList Privilege ROLES RowId RowKey Shape
                Table USERS formatted lookup_table
            """,
        },
    )

__all__ = [
    "ACCOUNTS",
    "CAMPAIGNS",
    "CONTACTS",
    "MARKETING_LISTS",
    "ROLES",
    "USERS",
    "AlternateKey",
    "BatchResult",
    "BulkResult",
    "ChangeSet",
    "Contact",
    "ContentId",
    "Depth",
    "Expand",
    "Filter",
    "ListTarget",
    "MarketingList",
    "Member",
    "Privilege",
    "Ref",
    "RowId",
    "RowKey",
    "RowResult",
    "Shape",
    "Table",
    "caller_conditions",
    "col",
    "entity",
    "formatted",
    "guid",
    "lookup_table",
    "related",
]
