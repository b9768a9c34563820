"""Bodies to measure with, as the sandbox sends them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from connectors import ActiveCampaignClient, DocuSignClient, JwtBearer, Sandbox
from connectors.activecampaign import calls as ac
from connectors.core.call import Call
from connectors.docusign import calls as ds

Delivery = tuple[Mapping[str, str], bytes]

FIELDS = ("Company", "City")
"""Text fields that every signer fills in, beside the signature and its date."""


class Bodies:
    """A sandbox, asked for bodies."""

    def __init__(self) -> None:
        self._box = Sandbox(seed=1)
        self._tap = _Tap(self._box)
        there = self._box.docusign
        self.key = there.add_secret()
        there.add_configuration("https://example.com/docusign")
        self._user = JwtBearer(there.integration_key, there.user_id, there.private_key)

    @cached_property
    def envelope(self) -> bytes:
        """The answer to one envelope's read."""
        return self._read(ds.get_envelope(self._signed(2)))

    @cached_property
    def contact(self) -> bytes:
        """The answer to one contact's read."""
        there = self._box.activecampaign
        contact = there.add_contact("ada@example.com", first_name="Ada", last_name="Lovelace")
        with ActiveCampaignClient(there.url, there.key, transport=self._tap) as client:
            client.reply(ac.get_contact(str(contact)))
        return self._tap.last

    def page(self, envelopes: int) -> bytes:
        """A page of so many envelopes with their recipients and custom fields."""
        self._box.clock.advance(timedelta(minutes=1))
        since = self._box.clock.now()
        for _ in range(envelopes):
            self._signed(2)
        pages = ds.list_envelopes(from_date=since, include=("recipients", "custom_fields"))
        return self._read(pages.at(None))

    def delivery(self, signers: int) -> Delivery:
        """What Connect tells of an envelope that so many people have signed, all of it included."""
        there = self._box.docusign
        there.deliver(lambda headers, body: 200)
        self._signed(signers)
        found: list[Delivery] = []

        def take(headers: Mapping[str, str], body: bytes) -> int:
            found.append((dict(headers), body))
            return 200

        there.deliver(take)
        return next(one for one in found if one[1].startswith(b'{"event":"envelope-completed"'))

    def _signed(self, signers: int) -> str:
        there = self._box.docusign
        people = [
            {
                "name": f"Ada Lovelace {number}",
                "email": f"ada.lovelace.{number}@example.com",
                "role": f"Buyer {number}",
                "tabs": dict.fromkeys(FIELDS, ""),
            }
            for number in range(1, signers + 1)
        ]
        fields = {"deal": "4711", "cost centre": "North"}
        envelope = there.send("Rental agreement, 12 High Street", people, custom_fields=fields)
        for one in people:
            values = dict.fromkeys(FIELDS, "Analytical Engines Ltd")
            there.sign(envelope, str(one["email"]), values=values)
        return envelope

    def _read(self, call: Call[Any]) -> bytes:
        with DocuSignClient(self._user, transport=self._tap) as client:
            client.reply(call)
        return self._tap.last


class _Tap:
    """The sandbox's transport; it keeps the last answer."""

    def __init__(self, box: Sandbox) -> None:
        self.clock = box.clock
        self.last = b""
        self._box = box

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        answer = self._box.transport(method, url, headers, body)
        self.last = answer[2]
        return answer
