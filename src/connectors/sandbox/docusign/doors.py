"""Side doors: what people do without the API, and looks inside for assertions."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal, get_args
from urllib.parse import parse_qs, urlsplit

from . import parsing
from .making import Making, is_addressed
from .oauth import issue
from .payloads import aged
from .publishing import Delivery, Secret
from .records import SIGNING, Account, CustomField, Document, Envelope, Recipient, Tabs, Template
from .store import DEMO_SITE, Code
from .subscriptions import Subscription, read

Person = Mapping[str, Any] | str
"""Somebody an envelope goes to: an address, or `name`, `email` and what else a recipient has:
`role`, `order`, `kind` (such as `carbonCopies`), `id`, `client_user_id`, and `tabs`, either the
initial values of text fields by label, or arrays as on the wire."""


class Doors(Making):
    """What happens to the accounts without the API. None of it counts as a call."""

    # -- people and accounts -------------------------------------------------------------------

    def add_account(
        self, name: str, *, base_uri: str = DEMO_SITE, user_id: str = "", admin: bool = True
    ) -> str:
        """Make an account; the integration's user (or another) belongs to it. Gives its id."""
        account = self.new_account(name, base_uri)
        user = user_id or next(iter(self.users))
        self.join(account, self.users[user], admin=admin)
        return account.id

    def add_user(
        self, name: str, email: str, *, account_id: str | None = None, admin: bool = False
    ) -> str:
        """Give somebody a login in an account. Gives their id."""
        user = self.new_user(name, email)
        self.join(self._account(account_id), user, admin=admin)
        return user.id

    def close_user(self, user_id: str) -> None:
        """End a login; its tokens end too."""
        self.users[user_id].status = "Closed"

    def set_admin(self, user_id: str, admin: bool, *, account_id: str | None = None) -> None:
        """Make somebody an administrator of an account, or no longer."""
        self._account(account_id).members[user_id] = admin

    def go_live(self, *sites: str) -> None:
        """Become the production environment; accounts live on the sites in turn, such as `na3`.

        What there is stays, as if it had been made there.
        """
        self.environment = "production"
        self.rates.burst = 500
        for place, account in enumerate(self.accounts.values()):
            site = (sites or ("na3",))[place % len(sites or ("na3",))]
            account.base_uri = f"https://{site}.docusign.net"

    def _account(self, account_id: str | None) -> Account:
        return self.account(account_id or next(iter(self.accounts)))

    # -- sign-in -------------------------------------------------------------------------------

    def consent(self) -> None:
        """The user allows the integration to act for them."""
        self.consented = True

    def withdraw_consent(self) -> None:
        """The user no longer allows it; their tokens end."""
        self.consented = False
        self.tokens.clear()

    def authorize(self, url: str, *, user_id: str | None = None, deny: bool = False) -> str:
        """Follow a URL to the consent page as its user does. Gives where the browser ends up.

        Args:
            url: with `/oauth/auth` and its query.
            user_id: who is logged in; the integration's user where it is left out.
            deny: refuse it.

        Raises:
            ValueError: the page would show an error.
        """
        parts = urlsplit(url)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.netloc != self.account_server or parts.path != "/oauth/auth":
            raise ValueError(f"no consent page: {parts.netloc}{parts.path}")
        if query.get("response_type") != "code":
            raise ValueError("response_type must be code")
        if query.get("client_id") != self.integration_key:
            raise ValueError("client_id is not known here")
        if query.get("redirect_uri") != self.redirect_uri:
            raise ValueError("redirect_uri is not registered")
        challenge = query.get("code_challenge", "")
        if challenge and query.get("code_challenge_method") != "S256":
            raise ValueError("code_challenge_method must be S256")
        if self.public_client and not challenge:
            raise ValueError("a public client needs a code_challenge")
        scopes = frozenset(query.get("scope", "").split())
        if "signature" not in scopes:
            raise ValueError("scope must hold signature")
        state = f"&state={query['state']}" if "state" in query else ""
        if deny:
            return f"{self.redirect_uri}?error=access_denied{state}"
        if "impersonation" in scopes:
            self.consented = True
        code = self.text(24)
        user = user_id or next(iter(self.users))
        ends = self.clock.monotonic() + 120
        self.codes[code] = Code(user, scopes, self.redirect_uri, challenge, ends)
        return f"{self.redirect_uri}?code={code}{state}"

    def token(self, *, user_id: str | None = None) -> str:
        """An access token, as if there had been an exchange."""
        user = user_id or next(iter(self.users))
        return issue(self, user, frozenset({"signature", "impersonation"}), 3600)

    def revoke_tokens(self) -> None:
        """End every access token."""
        self.tokens.clear()

    def rotate_key(self) -> str:
        """Replace the integration's key pair; the old one is of no use. Gives the new key, PEM."""
        self.key_number += 1
        return self.private_key

    # -- templates -----------------------------------------------------------------------------

    def add_template(
        self,
        name: str,
        *,
        roles: Sequence[Person] = ("Signer",),
        tabs: Mapping[str, Any] | None = None,
        prefill: Mapping[str, Any] | None = None,
        subject: str = "",
        documents: Sequence[str] = ("Agreement.pdf",),
        custom_fields: Mapping[str, str] | None = None,
        account_id: str | None = None,
    ) -> str:
        """Make a template. Gives its id.

        Args:
            roles: names, or persons whose `role` is the name.
            tabs: the fields of the first role that brings none: initial values of text fields by
                label, or arrays as on the wire.
            prefill: the fields that the sender fills on the first document, as `tabs`.
            documents: names.
            custom_fields: values by name.
        """
        account = self._account(account_id)
        owner = self.users[next(iter(account.members))]
        made = Template(self.guid(), subject or name, self.moment(), name=name, owner=owner)
        made.modified = made.created
        made.notification.expire_after = account.expire_after
        people: list[dict[str, Any]] = [
            {"role": each} if isinstance(each, str) else dict(each) for each in roles
        ]
        if tabs is not None and people:
            first = next((each for each in people if "tabs" not in each), people[0])
            first["tabs"] = tabs
        made.recipients = self._people_of(people)
        made.documents = self._papers(documents)
        if prefill:
            paper = made.documents[0]
            paper.prefill = parsing.tabs(_tabs(prefill), "the document", self.guid)
            _place(paper.prefill, paper.id)
        for key, value in (custom_fields or {}).items():
            made.custom_fields.append(CustomField(self.field_id(), key, value))
        account.templates[made.id] = made
        return made.id

    def change_template(
        self,
        template_id: str,
        *,
        labels: Mapping[str, str | None] | None = None,
        custom_fields: Mapping[str, str | None] | None = None,
        account_id: str | None = None,
    ) -> None:
        """Somebody edits a template. Envelopes that were made of it stay as they are.

        Args:
            labels: of its tabs, the sender's too: the new one by the old one, None takes the tab
                away. A radio group goes by its name.
            custom_fields: values by name, None takes the field away; a new name makes a field.

        Raises:
            KeyError: no such template, no tab of this label, or no such field to take away.
        """
        template = self._account(account_id).templates[template_id]
        groups = [each.tabs for each in template.recipients]
        groups += [each.prefill for each in template.documents]
        for old, new in (labels or {}).items():
            if not parsing.relabel(groups, old, new):
                raise KeyError(f"no tab {old!r}")
        fields = {each.name: each for each in template.custom_fields}
        for name, value in (custom_fields or {}).items():
            if value is None:
                del fields[name]
            else:
                field = fields.setdefault(name, CustomField(self.field_id(), name))
                field.value = value
        template.custom_fields = list(fields.values())
        template.modified = self.moment()

    def delete_template(self, template_id: str, *, account_id: str | None = None) -> None:
        """Delete a template."""
        del self._account(account_id).templates[template_id]

    # -- envelopes -----------------------------------------------------------------------------

    def create_envelope(
        self,
        subject: str,
        signers: Sequence[Person] = (),
        *,
        carbon_copies: Sequence[Person] = (),
        documents: Sequence[str] | None = None,
        template_id: str | None = None,
        custom_fields: Mapping[str, str] | None = None,
        blurb: str = "",
        sender_id: str | None = None,
        account_id: str | None = None,
        expire_after: int | None = None,
    ) -> str:
        """Make a draft. Gives its id.

        Args:
            signers: in the order of their turns where none brings an `order`: all at once. With
                a template they play its roles, the first the first one where none brings a `role`.
            documents: names; "Agreement.pdf" where they are left out.
            template_id: what it is made of; brings the documents and the copies.
            custom_fields: values by name.
            sender_id: a user of the account; the first where it is left out.
            expire_after: days after the first send; that of the account where it is left out.
        """
        self.drain()
        account = self._account(account_id)
        sender = self.users[sender_id or next(iter(account.members))]
        if sender.id not in account.members:
            raise ValueError("the sender is no user of the account")
        made = Envelope(self.guid(), subject, self.moment(), account=account.id, sender=sender)
        made.blurb = blurb
        made.notification.expire_after = account.expire_after
        if template_id is not None:
            if documents is not None or carbon_copies:
                raise ValueError("a template brings the documents and the copies")
            self._pour(account.templates[template_id], made, merge=True)
            self._cast(made, _roles(made.recipients, signers))
            for who in made.recipients:
                if not (who.name and is_addressed(who)):
                    raise ValueError(f"nobody plays the role {who.role!r}")
        if expire_after is not None:
            made.notification.defaults = False
            made.notification.expire_after = expire_after
        copies = [
            {"kind": "carbonCopies", **({"email": each} if isinstance(each, str) else each)}
            for each in carbon_copies
        ]
        if template_id is None:
            made.recipients = self._people_of([*signers, *copies])
            made.documents = self._papers(("Agreement.pdf",) if documents is None else documents)
        for key, value in (custom_fields or {}).items():
            mine = next((each for each in made.custom_fields if each.name == key), None)
            if mine is None:
                made.custom_fields.append(CustomField(self.field_id(), key, value))
            else:
                mine.value = value
        self.file(account, made, draft=True)
        return made.id

    def send(self, subject: str, signers: Sequence[Person], **more: Any) -> str:
        """Make an envelope, as `create_envelope` does, and send it. Gives its id."""
        id = self.create_envelope(subject, signers, **more)
        self.send_draft(id)
        return id

    def _people_of(self, people: Sequence[Person]) -> list[Recipient]:
        out = []
        for number, each in enumerate(people, 1):
            row: dict[str, Any] = {"email": each} if isinstance(each, str) else dict(each)
            email = row.pop("email", "")
            who = Recipient(row.pop("kind", "signers"), str(row.pop("id", number)))
            who.email, who.name = email, row.pop("name", _name(email))
            who.role, who.order = row.pop("role", ""), int(row.pop("order", 1))
            who.client_user_id = row.pop("client_user_id", "")
            tabs: Mapping[str, Any] = row.pop("tabs", {})
            if row:
                raise ValueError(f"a recipient has no {sorted(row)[0]!r}")
            tabs = _tabs(tabs)
            if who.kind == "signers" and "signHereTabs" not in tabs:
                mark = {"tabLabel": "Sign here"}
                tabs = {
                    "signHereTabs": [mark],
                    "dateSignedTabs": [{"tabLabel": "Signed on"}],
                    **tabs,
                }
            who.tabs = parsing.tabs(tabs, f"recipient {who.id}", self.guid)
            _place(who.tabs, "1")
            out.append(who)
        return out

    def _papers(self, names: Sequence[str]) -> list[Document]:
        out = []
        for number, name in enumerate(names, 1):
            stem, _, ending = name.rpartition(".")
            paper = Document(str(number), stem or name, pdf(name), self.guid())
            paper.extension, paper.order = ending if stem else "pdf", number
            out.append(paper)
        return out

    def envelope(self, envelope_id: str) -> Envelope:
        """The envelope as it is inside; look, do not touch."""
        self.drain()
        for account in self.accounts.values():
            if envelope_id in account.envelopes:
                return account.envelopes[envelope_id]
        raise KeyError(f"no envelope {envelope_id!r}")

    def recipient(self, envelope_id: str, who: str) -> Recipient:
        """A recipient by short id, GUID, or address; the one who acts where several share it."""
        everybody = self.envelope(envelope_id).recipients
        found = [each for each in everybody if who in (each.id, each.guid)]
        found = found or [r for r in everybody if r.email.lower() == who.lower()]
        found.sort(key=lambda each: (each.replaced, each.done, each.order))
        if not found:
            raise KeyError(f"no recipient {who!r}")
        return found[0]

    def envelopes(self, *, account_id: str | None = None) -> list[Envelope]:
        """All envelopes of an account, oldest first."""
        self.drain()
        return list(self._account(account_id).envelopes.values())

    # -- what recipients do --------------------------------------------------------------------

    def view(self, envelope_id: str, who: str) -> None:
        """A recipient opens the envelope."""
        self.open_by(self.envelope(envelope_id), self.recipient(envelope_id, who))

    def sign(self, envelope_id: str, who: str, *, values: Mapping[str, str] | None = None) -> None:
        """A recipient signs, and opens the envelope first where that is still to come.

        Args:
            values: of their fields, by label; a ticked box is "true".
        """
        envelope, signer = self.envelope(envelope_id), self.recipient(envelope_id, who)
        if signer.kind in SIGNING and signer.status != "delivered":
            self.open_by(envelope, signer)
        self.finish_by(envelope, signer, values or {})

    def decline(self, envelope_id: str, who: str, *, reason: str = "I do not agree.") -> None:
        """A recipient declines."""
        self.refuse_by(self.envelope(envelope_id), self.recipient(envelope_id, who), reason)

    def reassign(
        self, envelope_id: str, who: str, *, name: str, email: str, delegate: bool = False
    ) -> str:
        """A recipient lets somebody else act in their place. Gives the new short id."""
        envelope, signer = self.envelope(envelope_id), self.recipient(envelope_id, who)
        return self.hand_over(envelope, signer, name, email, delegate=delegate).id

    def bounce(self, envelope_id: str, who: str, *, reason: str = "550 No such user") -> None:
        """The mail to a recipient comes back."""
        self.bounce_mail(self.envelope(envelope_id), self.recipient(envelope_id, who), reason)

    def fail_authentication(
        self, envelope_id: str, who: str, *, kind: str = "accessCodeResult"
    ) -> None:
        """A recipient fails every attempt to prove who they are."""
        self.lock_out(self.envelope(envelope_id), self.recipient(envelope_id, who), kind)

    def finish_later(self, envelope_id: str, who: str) -> None:
        """A recipient leaves, to go on another time."""
        self.put_off(self.envelope(envelope_id), self.recipient(envelope_id, who))

    # -- what the sender does ------------------------------------------------------------------

    def send_draft(self, envelope_id: str) -> None:
        """Send a draft."""
        self.go(self.envelope(envelope_id))

    def void(self, envelope_id: str, *, reason: str = "No longer needed.") -> None:
        """Void an envelope that is under way."""
        self.cancel(self.envelope(envelope_id), reason)

    def expire(self, envelope_id: str) -> None:
        """Let an envelope run out now, without waiting for its day."""
        self.run_out(self.envelope(envelope_id))

    def resend(self, envelope_id: str) -> None:
        """Send the mails again."""
        self.send_again(self.envelope(envelope_id))

    def remind(self, envelope_id: str) -> None:
        """The vendor reminds those whose turn it is."""
        self.happen(self.envelope(envelope_id), "envelope-reminder-sent")

    def start_correcting(self, envelope_id: str) -> None:
        """Open an envelope for correction; it can be neither signed nor voided meanwhile."""
        self.hold(self.envelope(envelope_id))

    def stop_correcting(self, envelope_id: str) -> None:
        """Release an envelope from correction."""
        self.release(self.envelope(envelope_id))

    def correct(self, envelope_id: str, who: str, *, email: str = "", name: str = "") -> None:
        """Give a recipient of an envelope under way another address or name, and release it."""
        envelope, person = self.envelope(envelope_id), self.recipient(envelope_id, who)
        if envelope.status != "correct":
            self.hold(envelope)
        self.change_address(envelope, person, name, email)
        self.release(envelope)

    def discard(self, envelope_id: str) -> None:
        """Delete an envelope: a draft, one under way (which is voided), or one that is over."""
        self.throw_away(self.envelope(envelope_id))

    # -- Connect -------------------------------------------------------------------------------

    def add_configuration(self, url: str, *, account_id: str | None = None, **fields: Any) -> int:
        """Make a Connect configuration by hand, as in the vendor's administration. Gives its id.

        Without `fields` it is on, for all users, in JSON with recipients and custom fields, signed
        and acknowledged, for every event of envelopes and recipients.
        """
        account = self._account(account_id)
        body = {
            "name": "By hand",
            "configurationType": "custom",
            "urlToPublishTo": url,
            "allowEnvelopePublish": "true",
            "allUsers": "true",
            "deliveryMode": "SIM",
            "requiresAcknowledgement": "true",
            "enableLog": "true",
            "includeHMAC": "true",
            "eventData": {
                "version": "restv2.1",
                "format": "json",
                "includeData": ["custom_fields", "recipients", "tabs"],
            },
            "events": sorted(EVERY),
            **fields,
        }
        body = {key: value for key, value in body.items() if value is not None}
        made = read(body, self.number(8), account.id)
        account.configurations[made.id] = made
        return made.id

    def configurations(self, *, account_id: str | None = None) -> list[Subscription]:
        """The Connect configurations of an account."""
        return list(self._account(account_id).configurations.values())

    def add_secret(self, *, account_id: str | None = None) -> str:
        """Make a key that signs messages. Gives its text."""
        account = self._account(account_id)
        made = Secret(base64.b64encode(bytes.fromhex(self.text(32))).decode(), self.moment())
        account.secrets.append(made)
        return made.text

    def remove_secret(self, number: int, *, account_id: str | None = None) -> None:
        """End a key; the first has number 1."""
        del self._account(account_id).secrets[number - 1]

    def forge(self, delivery: Delivery, how: Forgery) -> Delivery:
        """What an attacker, or a bad wire, makes of a delivery.

        Args:
            how: `altered` names another envelope under the true signature, `wrong_key` is signed
                by somebody else, `unsigned` is not signed, `old` is 45 days old and truly signed.

        Raises:
            ValueError: none of these.
        """
        if how not in get_args(Forgery):
            raise ValueError(f"how must be one of {', '.join(get_args(Forgery))}, not {how!r}")
        if how == "old":
            at = self.clock.now() - timedelta(days=45)
            body = aged(delivery.body, at)
            return replace(delivery, body=body, headers=self._signed_anew(delivery, body))
        if how == "wrong_key":
            headers = self._signed_anew(delivery, delivery.body, keys=[self.text(32)])
            return replace(delivery, headers=headers)
        if how == "unsigned":
            return replace(delivery, headers=_unsigned(delivery.headers))
        other = delivery.body.replace(delivery.envelope.encode(), self.guid().encode())
        return replace(delivery, body=other)

    def _signed_anew(
        self, delivery: Delivery, body: bytes, keys: Sequence[str] | None = None
    ) -> dict[str, str]:
        fresh = self.headers_for(body, delivery.account, keys=keys)
        return {**_unsigned(delivery.headers), **fresh}

    # -- views ---------------------------------------------------------------------------------

    def follow(self, url: str) -> tuple[str, str]:
        """Open a view's URL as a browser does. Gives its kind and the envelope.

        Raises:
            ValueError: it was opened before, is too old, or is none.
        """
        kind, envelope_id, ends = self.views.pop(url, ("", "", -1.0))
        if not kind or self.clock.monotonic() >= ends:
            raise ValueError("the link is used up, too old, or none of ours")
        return kind, envelope_id


def _name(email: str) -> str:
    return email.partition("@")[0].replace(".", " ").title()


def _roles(roles: Sequence[Recipient], people: Sequence[Person]) -> list[dict[str, Any]]:
    """People as `templateRoles` on the wire."""
    if len(people) > len(roles):
        raise ValueError(f"the template has {len(roles)} roles, not {len(people)}")
    out = []
    for role, each in zip(roles, people, strict=False):
        row: dict[str, Any] = {"email": each} if isinstance(each, str) else dict(each)
        email = row.pop("email", "")
        told = {
            "roleName": row.pop("role", role.role),
            "email": email,
            "name": row.pop("name", _name(email)),
            "tabs": _tabs(row.pop("tabs", {})),
        }
        for mine, theirs in (("client_user_id", "clientUserId"), ("order", "routingOrder")):
            if mine in row:
                told[theirs] = str(row.pop(mine))
        if row:
            raise ValueError(f"somebody who plays a role has no {sorted(row)[0]!r}")
        out.append(told)
    return out


def _tabs(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Arrays as on the wire, also where text fields came by label."""
    if all(name in parsing.TAB_TYPES for name in given):
        return given
    return {"textTabs": [{"tabLabel": label, "value": text} for label, text in given.items()]}


def _place(tabs: Tabs, paper: str) -> None:
    """Put tabs that stand nowhere on the first page of a document."""
    for group in tabs.values():
        for tab in group:
            tab.setdefault("documentId", paper)
            for each in tab.get("radios", (tab,)):
                each.setdefault("pageNumber", "1")


EVERY = frozenset(
    """
    envelope-created envelope-sent envelope-resent envelope-delivered envelope-completed
    envelope-declined envelope-voided envelope-corrected envelope-purge envelope-deleted
    envelope-discard envelope-reminder-sent recipient-sent recipient-resent recipient-delivered
    recipient-completed recipient-declined recipient-authenticationfailed
    recipient-autoresponded recipient-reassign recipient-delegate recipient-finish-later
    """.split()
)
"""All events that the sandbox makes."""

Forgery = Literal["altered", "wrong_key", "unsigned", "old"]


def _unsigned(headers: Mapping[str, str]) -> dict[str, str]:
    signed = ("x-docusign-signature-", "x-authorization-digest")
    return {name: text for name, text in headers.items() if not name.lower().startswith(signed)}


def pdf(title: str) -> bytes:
    """A small document."""
    text = title.encode("ascii", "replace").replace(b"(", b" ").replace(b")", b" ")
    return (
        b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
        b"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
        b"3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >> endobj\n"
        b"4 0 obj << /Length " + str(len(text) + 40).encode() + b" >> stream\n"
        b"BT /F1 18 Tf 72 720 Td (" + text + b") Tj ET\nendstream endobj\n"
        b"trailer << /Root 1 0 R >>\n%%EOF\n"
    )
