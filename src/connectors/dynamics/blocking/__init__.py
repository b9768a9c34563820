# Generated from its twin in aio by scripts/blocking.py; edit that.
"""The blocking Dynamics 365 client. Users and metadata are loaded when they are first used."""

from .client import DynamicsClient
from .lists import MarketingLists
from .rows import Rows

__all__ = ["DynamicsClient", "MarketingLists", "Rows"]
