"""DocuSign, offline: accounts, envelopes whose recipients act, and Connect; strict, with oddities."""

from .publishing import Delivered, Delivery
from .service import DocuSign

__all__ = ["Delivered", "Delivery", "DocuSign"]
