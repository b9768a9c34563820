"""The Dynamics 365 Web API, offline."""

from .service import Dynamics

__all__ = ["Dynamics"]
