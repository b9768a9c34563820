"""A day of edits on both sides, and what must have come of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ..integrations.getresponse_dynamics.solution import choice
from ..sandbox import Sandbox
from .world import list_record

PROCESSING = choice("gr_contactstatus", "processing")
SYNCHRONIZED = choice("gr_contactstatus", "synchronized")
DELETED = choice("gr_contactstatus", "deleted")


@frozen
class Check:
    """One thing the demonstration says, and whether it was so."""

    what: str
    expected: str
    ok: bool


class Day:
    """A day of edits on both sides, and what must have come of each."""

    def __init__(self, box: Sandbox, records: Mapping[str, str]) -> None:
        self._box = box
        self._records = records
        self._checks: list[Callable[[], Check]] = []
        self.names_taken = 0
        self.crm_edits = 0
        record = box.dynamics.row("gr_list", records["customers-lyon"]) or {}
        self._campaign = str(record["gr_campaignid"])
        self._marketing = str(record["gr_marketinglistid"])
        self._members = box.dynamics.members(self._marketing)

    def checks(self) -> list[Check]:
        """What came of the day."""
        return [check() for check in self._checks]

    def play(self) -> Iterator[str]:
        """Make the edits; each line says one."""
        for edit in (
            self._sign_up,
            self._new_address_in_getresponse,
            self._new_address_in_crm,
            self._new_name_in_crm,
            self._unsubscribe,
            self._delete_contact,
            self._delete_list,
            self._name_clash,
            self._join,
            self._leave,
            self._adopt,
        ):
            self._box.clock.sleep(1800)
            yield edit()

    def _expect(self, what: str, expected: str, test: Callable[[], bool]) -> None:
        self._checks.append(lambda: Check(what, expected, test()))

    def _person(self, number: int) -> tuple[str, dict[str, Any], str]:
        """A member of the first list: CRM id, CRM row, GetResponse id."""
        crm_id = self._members[number]
        row = self._box.dynamics.row("contact", crm_id) or {}
        contact = self._box.getresponse.find(self._campaign, str(row["emailaddress1"]))
        return crm_id, row, contact.id if contact else ""

    def _record(self, gr_id: str) -> dict[str, Any]:
        rows = self._box.dynamics.rows("gr_contact")
        return next((r for r in rows if r["gr_getresponseid"] == gr_id), {})

    def _active(self, gr_id: str) -> Any:
        return next(
            (c for c in self._box.getresponse.contacts(self._campaign) if c.id == gr_id), None
        )

    def _sign_up(self) -> str:
        gr_id = self._box.getresponse.sign_up(
            self._campaign, "noor.haddad@example.org", "Noor Haddad"
        )
        self._expect(
            "sign-up in GetResponse",
            "a record without CRM contact, Processing in Dynamics; no CRM contact made",
            lambda: (
                self._record(gr_id).get("gr_syncstatus") == PROCESSING
                and self._record(gr_id).get("gr_crmcontactid") is None
                and not any(
                    r.get("emailaddress1") == "noor.haddad@example.org"
                    for r in self._box.dynamics.rows("contact")
                )
            ),
        )
        return "Noor Haddad signs up in GetResponse"

    def _new_address_in_getresponse(self) -> str:
        crm_id, row, gr_id = self._person(1)
        self._box.getresponse.edit_contact(gr_id, email="moved.away@example.net")
        self._expect(
            "e-mail changed in GetResponse",
            "the record has the new address, the CRM contact the old",
            lambda: (
                self._record(gr_id).get("gr_email") == "moved.away@example.net"
                and (self._box.dynamics.row("contact", crm_id) or {})["emailaddress1"]
                == row["emailaddress1"]
            ),
        )
        return f"{row['fullname']} changes the address in GetResponse"

    def _new_address_in_crm(self) -> str:
        crm_id, row, gr_id = self._person(2)
        self._box.dynamics.edit_contact(crm_id, emailaddress1="elsewhere@example.com")
        self.crm_edits += 1
        self._expect(
            "e-mail changed in the CRM",
            "GetResponse keeps the old address, and there is no second contact",
            lambda: (
                self._active(gr_id).email == row["emailaddress1"]
                and self._box.getresponse.find(self._campaign, "elsewhere@example.com") is None
            ),
        )
        return f"{row['fullname']} gets another address in the CRM"

    def _new_name_in_crm(self) -> str:
        crm_id, row, gr_id = self._person(3)
        self._box.dynamics.edit_contact(crm_id, lastname="Delacroix-Meunier")
        self.crm_edits += 1
        self._expect(
            "name changed in the CRM",
            "GetResponse and the record have the new name",
            lambda: (
                self._active(gr_id).name.endswith("Delacroix-Meunier")
                and self._record(gr_id)["gr_name"] == self._active(gr_id).name
            ),
        )
        return f"{row['fullname']} marries, in the CRM"

    def _unsubscribe(self) -> str:
        _, row, gr_id = self._person(4)
        self._box.getresponse.unsubscribe(gr_id)
        self._expect(
            "unsubscribed",
            "the record says Deleted in GetResponse, and nobody subscribes them again",
            lambda: (
                self._record(gr_id).get("gr_syncstatus") == DELETED
                and self._box.getresponse.find(self._campaign, str(row["emailaddress1"])) is None
            ),
        )
        return f"{row['fullname']} unsubscribes"

    def _delete_contact(self) -> str:
        _, row, gr_id = self._person(5)
        self._box.getresponse.delete_contact(gr_id)
        self._expect(
            "contact deleted in GetResponse",
            "the record says Deleted in GetResponse",
            lambda: self._record(gr_id).get("gr_syncstatus") == DELETED,
        )
        return f"{row['fullname']} is deleted in GetResponse"

    def _delete_list(self) -> str:
        record_id = self._records["krakow"]
        record = self._box.dynamics.row("gr_list", record_id) or {}
        self._box.getresponse.delete_campaign(str(record["gr_campaignid"]))
        self._expect(
            "list deleted in GetResponse",
            "its record says Deleted in GetResponse, Is created No",
            lambda: self._list_state(record_id) == ("deleted", False),
        )
        return "the list krakow is deleted in GetResponse"

    def _name_clash(self) -> str:
        self._box.getresponse.taken_names.add("spring-fair")
        marketing = self._box.dynamics.add_marketing_list("Spring fair", members=self._members[:3])
        record_id = list_record(self._box, "spring-fair", marketing)
        self.names_taken += 1
        self._expect(
            "list name taken elsewhere",
            "its record says Error with the reason, Is created No",
            lambda: (
                self._list_state(record_id) == ("error", False)
                and "taken"
                in str((self._box.dynamics.row("gr_list", record_id) or {})["gr_syncerror"])
            ),
        )
        return "a list record spring-fair is set as new; another account has that name"

    def _join(self) -> str:
        crm_id = self._box.dynamics.add_contact(
            firstname="Imani", lastname="Okafor", email="imani.okafor@example.org"
        )
        self._box.dynamics.add_members(self._marketing, [crm_id])
        self.crm_edits += 1
        self._expect(
            "member joins the marketing list",
            "a GetResponse contact, and a Synchronized record with the CRM contact",
            lambda: (
                (contact := self._box.getresponse.find(self._campaign, "imani.okafor@example.org"))
                is not None
                and self._record(contact.id).get("gr_syncstatus") == SYNCHRONIZED
                and self._record(contact.id).get("gr_crmcontactid") == crm_id
            ),
        )
        return "Imani Okafor joins the marketing list"

    def _leave(self) -> str:
        crm_id, row, gr_id = self._person(6)
        self._box.dynamics.remove_member(self._marketing, crm_id)
        self._expect(
            "member leaves the marketing list",
            "stays in GetResponse, for the list is not set otherwise",
            lambda: self._active(gr_id) is not None,
        )
        return f"{row['fullname']} leaves the marketing list"

    def _adopt(self) -> str:
        campaign = self._box.getresponse.add_campaign("old-friends")
        for name in ("Ada Nowak", "Ben Moreau", "Chloé Petit"):
            address = f"{name.split()[0].lower().replace('é', 'e')}@example.net"
            self._box.getresponse.sign_up(campaign, address, name)
        marketing = self._box.dynamics.add_marketing_list("Old friends")
        record_id = list_record(self._box, "old-friends", marketing)
        self._expect(
            "a list that exists in GetResponse",
            "is adopted, and its contacts are imported as records",
            lambda: (
                self._list_state(record_id) == ("created", True)
                and sum(r["gr_listid"] == record_id for r in self._box.dynamics.rows("gr_contact"))
                == 3
            ),
        )
        return "a list record is named like the GetResponse list old-friends, and set as new"

    def _list_state(self, record_id: str) -> tuple[str, bool]:
        row = self._box.dynamics.row("gr_list", record_id) or {}
        keys = {choice("gr_liststatus", k): k for k in ("new", "created", "error", "deleted")}
        return keys.get(row["gr_syncstatus"], ""), bool(row["gr_iscreated"])
