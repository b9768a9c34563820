"""ActiveCampaign, offline: the API of one account, strict, with its oddities."""

from .push import Delivery
from .service import ActiveCampaign

__all__ = ["ActiveCampaign", "Delivery"]
