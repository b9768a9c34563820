"""Dynamics 365 Web API: a client in both worlds, and what one writes beside it.

Everything here is imported when it is first used. Operations as values are in
`connectors.dynamics.calls`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batch import BatchResult, ChangeSet
    from .bulk import BulkResult, RowResult
    from .filters import Filter, col, guid, related
    from .models import (
        ACCOUNTS,
        CAMPAIGNS,
        CONTACTS,
        MARKETING_LISTS,
        USERS,
        AlternateKey,
        Contact,
        ContentId,
        Expand,
        ListTarget,
        MarketingList,
        RowId,
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
            "batch": "BatchResult ChangeSet",
            "bulk": "BulkResult RowResult",
            "filters": "Filter col guid related",
            "models": """
                ACCOUNTS AlternateKey CAMPAIGNS CONTACTS Contact ContentId Expand ListTarget
                MARKETING_LISTS MarketingList RowId Shape Table USERS formatted lookup_table
            """,
        },
    )

__all__ = [
    "ACCOUNTS",
    "CAMPAIGNS",
    "CONTACTS",
    "MARKETING_LISTS",
    "USERS",
    "AlternateKey",
    "BatchResult",
    "BulkResult",
    "ChangeSet",
    "Contact",
    "ContentId",
    "Expand",
    "Filter",
    "ListTarget",
    "MarketingList",
    "RowId",
    "RowResult",
    "Shape",
    "Table",
    "col",
    "formatted",
    "guid",
    "lookup_table",
    "related",
]
