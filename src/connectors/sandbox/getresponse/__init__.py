"""GetResponse, offline: the API of one account, strict, with its oddities."""

from .doors import ActiveContact, ListInfo, RemovedContact
from .service import GetResponse

__all__ = ["ActiveContact", "GetResponse", "ListInfo", "RemovedContact"]
