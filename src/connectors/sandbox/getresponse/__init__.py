"""GetResponse, offline: the API of one account, strict, with its oddities."""

from .doors import ActiveContact, ListInfo, RemovedContact
from .mail_doors import MessageInfo
from .push import Delivery
from .service import GetResponse

__all__ = [
    "ActiveContact",
    "Delivery",
    "GetResponse",
    "ListInfo",
    "MessageInfo",
    "RemovedContact",
]
