"""The async Dynamics 365 client. Users and metadata are loaded when they are first used."""

from .client import AsyncDynamicsClient
from .lists import AsyncMarketingLists
from .rows import AsyncRows

__all__ = ["AsyncDynamicsClient", "AsyncMarketingLists", "AsyncRows"]
