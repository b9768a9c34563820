"""The demonstration of DocuSign and ActiveCampaign: 200 envelopes live and die, and what came of it.

Two DocuSign accounts send the committed envelopes to the committed people; their messages come late,
twice, out of order and forged. What the contacts, tags, records, triggers and drafts are in the end is
checked against what happened, and against a second world that got the same messages in another order.
"""

from .play import Demo, Result

__all__ = ["Demo", "Result"]
