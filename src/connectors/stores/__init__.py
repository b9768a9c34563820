"""Durable state. Knows the engine's schema protocol and no vendor."""

from .sql import SqlStore

__all__ = ["SqlStore"]
