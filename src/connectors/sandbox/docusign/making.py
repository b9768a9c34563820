"""Envelopes made: out of documents and recipients, of a template, or of several."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from . import parsing
from .lives import Lives, put_value
from .records import Account, Document, Envelope, Paper, Recipient, Tabs, Template, User
from .subscriptions import read_of_envelope
from .wire import Json, NotSimulated, Refusal, bad, known, rows, text, whole, yes

SWITCHES = """
    allowMarkup allowReassign allowComments enableWetSign enforceSignerVisibility autoNavigation
    envelopeIdStamping brandId allowViewHistory
""".split()
DEFINITION = (
    "status emailSubject emailBlurb templateId templateRoles compositeTemplates documents "
    "recipients customFields notification eventNotification eventNotifications transactionId"
).split()
ROLE = """
    roleName name email clientUserId routingOrder accessCode inPersonSignerName defaultRecipient
    emailNotification embeddedRecipientStartURL tabs deliveryMethod
""".split()


class Making(Lives):
    """Makes envelopes."""

    def field_id(self) -> str:
        return str(self.number(11))

    def make(
        self, account: Account, sender: User, body: Json, *, merge_roles: bool = False
    ) -> Envelope:
        """An envelope as a definition describes it, filed; sent where that is its status."""
        given = known(body, (*DEFINITION, *SWITCHES), "the envelope definition")
        status = text(given.get("status") or "created").lower()
        if status not in ("created", "sent"):
            raise Refusal(
                "ENVELOPE_INVALID_STATUS", f"An envelope cannot be made with status {status!r}."
            )
        envelope = Envelope(self.guid(), "", self.moment(), account=account.id, sender=sender)
        envelope.notification.expire_after = account.expire_after
        draft = status == "created"
        if given.get("templateId") and given.get("compositeTemplates"):
            raise bad("parameter: templateId and compositeTemplates exclude each other")
        if given.get("compositeTemplates"):
            parts = rows(given["compositeTemplates"], "compositeTemplates")
            for part in parts:
                self._compose(account, envelope, part, merge=merge_roles or not draft)
            if merge_roles:
                envelope.recipients = [each for each in envelope.recipients if each.email]
        elif given.get("templateId"):
            template = self.template(account, text(given["templateId"]))
            self._pour(template, envelope, merge=True)
            self._cast(envelope, rows(given.get("templateRoles"), "templateRoles"))
        elif given.get("templateRoles"):
            raise bad("parameter: templateRoles need a templateId")
        self._own(envelope, given, composite=bool(given.get("compositeTemplates")))
        self._describe(envelope, given)
        single = given.get("eventNotification")
        several = rows(given.get("eventNotifications"), "eventNotifications")
        for each in [*([single] if single else []), *several]:
            number = self.number(8)
            envelope.subscriptions.append(read_of_envelope(each, number, account.id, envelope.id))
        self.anchors(envelope)
        if not draft:
            complete(envelope)
        self.file(account, envelope, draft=draft)
        if not draft:
            self.go(envelope)
        return envelope

    def template(self, account: Account, id: str) -> Template:
        found = account.templates.get(id.lower())
        if found is None:
            raise Refusal("RESOURCE_NOT_FOUND", f"The template does not exist: {id}.")
        return found

    def _describe(self, envelope: Envelope, given: dict[str, Json]) -> None:
        if "emailSubject" in given:
            envelope.subject = subject(given["emailSubject"])
        if "emailBlurb" in given:
            envelope.blurb = text(given["emailBlurb"])
        if given.get("transactionId"):
            envelope.transaction_id = text(given["transactionId"])
        if given.get("notification"):
            parsing.notification(given["notification"], envelope.notification)
        for name in SWITCHES:
            if name in given:
                envelope.more[name] = text(given[name])

    def _own(self, envelope: Envelope, given: dict[str, Json], *, composite: bool) -> None:
        """What the definition brings itself, beside its templates."""
        extra = parsing.documents(given.get("documents"), self.guid)
        ids = {each.id for each in envelope.documents}
        if any(each.id in ids for each in extra):
            raise bad("parameter: a documentId is used twice")
        envelope.documents += extra
        if given.get("recipients"):
            if given.get("templateId") or composite:
                raise NotSimulated("recipients beside templates, outside an inline template")
            envelope.recipients = parsing.recipients(given["recipients"], self.guid, ())
        # Those of the root are ignored where composite templates are used.
        if not composite:
            self.set_fields(envelope, given.get("customFields"))

    def set_fields(self, paper: Paper, value: Json) -> None:
        """Custom fields: one that is there already, by its name, gets the value."""
        for field in parsing.custom_fields(value, self.field_id):
            mine = next((each for each in paper.custom_fields if each.name == field.name), None)
            if mine is None:
                paper.custom_fields.append(field)
            else:
                mine.value = field.value

    # -- templates -----------------------------------------------------------------------------

    def _pour(self, template: Template, envelope: Envelope, *, merge: bool) -> None:
        """Everything of a template into the envelope."""
        template.used = self.moment()
        envelope.subject = envelope.subject or template.subject
        envelope.blurb = envelope.blurb or template.blurb
        envelope.notification = copy.copy(template.notification)
        documents = self._documents(template.documents, envelope)
        envelope.documents += documents.values()
        envelope.templates.append(origin(template, list(documents.values())))
        for role in template.recipients:
            mine = next((r for r in envelope.recipients if r.role == role.role), None)
            if mine is not None and merge:
                _join(mine.tabs, self._copied(role.tabs, documents))
                continue
            who = copy.copy(role)
            who.more = dict(role.more)
            who.tabs = self._copied(role.tabs, documents)
            if any(each.id == who.id for each in envelope.recipients):
                who.id = str(1 + max(int(r.id) for r in envelope.recipients if r.id.isdigit()))
            envelope.recipients.append(who)
        for field in template.custom_fields:
            if all(each.name != field.name for each in envelope.custom_fields):
                envelope.custom_fields.append(copy.copy(field))

    def _documents(self, documents: Sequence[Document], envelope: Envelope) -> dict[str, Document]:
        """Copies by their old id; an id that is taken becomes the next free one."""
        taken = {int(each.id) for each in envelope.documents}
        out = {}
        for paper in documents:
            mine = copy.copy(paper)
            mine.guid = self.guid()
            number = int(paper.id)
            while number in taken:
                number += 1
            taken.add(number)
            mine.id = str(number)
            mine.order = len(taken)
            mine.prefill = copy.deepcopy(paper.prefill)
            for group in mine.prefill.values():
                for tab in group:
                    parsing.renew(tab, self.guid)
                    tab["documentId"] = mine.id
            out[paper.id] = mine
        return out

    def _copied(self, tabs: Tabs, documents: dict[str, Document]) -> Tabs:
        out = copy.deepcopy(tabs)
        for group in out.values():
            for tab in group:
                parsing.renew(tab, self.guid)
                paper = documents.get(tab.get("documentId", ""))
                if paper is not None:
                    tab["documentId"] = paper.id
        return out

    def _cast(self, envelope: Envelope, roles: list[dict[str, Json]]) -> None:
        """Who plays the template's roles."""
        for row in roles:
            given = known(row, ROLE, "templateRoles")
            name = text(given.get("roleName"))
            who = next((each for each in envelope.recipients if each.role == name), None)
            if who is None:
                raise bad(f"parameter: the template has no role {name!r}")
            if who.kind == "inPersonSigners":
                given = {**given, "signerName": given.get("inPersonSignerName", "")}
            parsing.merge(who, {key: v for key, v in given.items() if key != "tabs"})
            if given.get("tabs"):
                fill(who, given["tabs"])

    def _compose(self, account: Account, envelope: Envelope, value: Json, *, merge: bool) -> None:
        given = known(
            value,
            ("compositeTemplateId", "serverTemplates", "inlineTemplates", "document"),
            "compositeTemplates",
        )
        servers = rows(given.get("serverTemplates"), "serverTemplates")
        for row in sorted(
            servers, key=lambda each: whole(each.get("sequence", ""), "sequence", 0, 999)
        ):
            one = known(row, ("sequence", "templateId"), "serverTemplates")
            self._pour(self.template(account, text(one.get("templateId"))), envelope, merge=merge)
        inlines = rows(given.get("inlineTemplates"), "inlineTemplates")
        names = ("sequence", "recipients", "documents", "customFields", "envelope")
        for row in inlines:
            one = known(row, names, "inlineTemplates")
            if one.get("recipients"):
                self._overlay(envelope, one["recipients"])
            papers = parsing.documents(one.get("documents"), self.guid)
            envelope.documents += self._documents(papers, envelope).values()
            self.set_fields(envelope, one.get("customFields"))
            if one.get("envelope"):
                inner = known(one["envelope"], ("emailSubject", "emailBlurb"), "envelope")
                self._describe(envelope, inner)
        if given.get("document"):
            papers = parsing.documents([given["document"]], self.guid)
            envelope.documents += self._documents(papers, envelope).values()

    def _overlay(self, envelope: Envelope, value: Json) -> None:
        """Recipients of an inline template go onto the roles of the same name."""
        for each in parsing.recipients(value, self.guid, ()):
            mine = [r for r in envelope.recipients if each.role and r.role == each.role]
            for who in mine:
                who.name, who.email = each.name or who.name, each.email or who.email
                who.client_user_id = each.client_user_id or who.client_user_id
                who.more.update(each.more)
                fill(who, each.tabs)
            if not mine:
                envelope.recipients.append(each)

    # -- checks --------------------------------------------------------------------------------

    def anchors(self, envelope: Envelope) -> None:
        """Refuse a tab whose anchor text stands in none of the documents."""
        for who in envelope.recipients:
            for group in who.tabs.values():
                for tab in group:
                    anchor = tab.get("anchorString", "").encode()
                    if not anchor or yes(tab.get("anchorIgnoreIfNotPresent")):
                        continue
                    if not any(anchor in each.content for each in envelope.documents):
                        raise Refusal(
                            "ANCHOR_TAB_STRING_NOT_FOUND",
                            f"Anchor tab string was not found: {tab['anchorString']}.",
                        )


def subject(value: Json) -> str:
    found = text(value)
    if len(found) > 100:
        raise bad("parameter: emailSubject has more than 100 characters")
    return found


def complete(envelope: Envelope) -> None:
    """Refuse what cannot go out."""
    if not envelope.documents or not envelope.recipients or not envelope.subject:
        raise Refusal(
            "ENVELOPE_IS_INCOMPLETE",
            "The Envelope is not Complete. A Complete Envelope Requires Documents, Recipients, "
            "Tabs, and a Subject Line.",
        )
    for who in envelope.recipients:
        if not who.name or not is_addressed(who):
            raise Refusal(
                "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
                f"The email address for the recipient is invalid: recipient {who.id}.",
            )


def is_addressed(who: Recipient) -> bool:
    return bool(who.email) or who.kind == "inPersonSigners"


def origin(template: Template, documents: Sequence[Document]) -> dict[str, str]:
    """A template as an envelope made of it tells it, with the first document that it brought."""
    told = {"templateId": template.id, "name": template.name, "uri": f"/templates/{template.id}"}
    if documents:
        told.update(documentId=documents[0].id, documentName=documents[0].name)
    return told


def _join(mine: Tabs, more: Tabs) -> None:
    for name, group in more.items():
        mine.setdefault(name, []).extend(group)


def fill(who: Recipient, value: Json) -> None:
    """Put the values of a role's tabs on the tabs with the same label."""
    given = known(value, parsing.TAB_TYPES, "the tabs of a role")
    for kind, group in given.items():
        key = "groupName" if kind == "radioGroupTabs" else "tabLabel"
        for row in rows(group, kind):
            label = text(row.get(key))
            mine = [tab for tab in who.tabs.get(kind, ()) if tab.get(key) == label]
            if not mine:
                raise NotSimulated(f"{kind} of a role with the {key} {label!r}, which it lacks")
            for tab in mine:
                _fill_one(kind, tab, row)


def _fill_one(kind: str, tab: dict[str, Any], row: dict[str, Json]) -> None:
    if kind == "radioGroupTabs":
        on = [
            text(r.get("value"))
            for r in rows(row.get("radios"), "radios")
            if yes(r.get("selected"))
        ]
        if len(on) != 1 or all(radio["value"] != on[0] for radio in tab["radios"]):
            raise bad(f"parameter: the radio group {tab['groupName']} has no such choice")
        put_value(kind, tab, on[0])
    elif kind == "checkboxTabs":
        put_value(kind, tab, "true" if yes(row.get("selected")) else "false")
    elif "value" in row:
        value = parsing.check_value(text(row["value"]))
        if kind == "listTabs" and all(item["value"] != value for item in tab["listItems"]):
            raise bad(f"parameter: the list {tab['tabLabel']} has no choice {value!r}")
        put_value(kind, tab, value)
        if kind in parsing.ORIGINAL:
            tab["originalValue"] = value
    if "locked" in row:
        tab["locked"] = "true" if yes(row["locked"]) else "false"
