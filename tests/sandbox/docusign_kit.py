"""A caller of the DocuSign room by the sandbox's edge, with raw HTTP values and no client."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connectors import Sandbox

HOOK = "https://host.example/connect"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class Reply:
    """An answer with its JSON read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code, after a look at the rest."""
        found = self.json
        assert set(found) == {"errorCode", "message"}, found
        assert found["message"]
        return self.status, found["errorCode"]


class Edge:
    """Somebody with a token of the integration's user; `box` has the side doors."""

    def __init__(self, *, limits: bool = False, seed: int = 1) -> None:
        self.world = Sandbox(seed=seed)
        self.box = self.world.docusign
        self.box.limits = limits
        self._token: str | None = None

    @property
    def token(self) -> str:
        """The one that a test chose, or a fresh one of the integration's user."""
        return self._token or self.box.token()

    @token.setter
    def token(self, token: str) -> None:
        self._token = token

    def raw(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        return Reply(*self.world.transport(method, url, headers, body))

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A signed-in call of a path below the account."""
        sent = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        url = self.box.url + path + (f"?{urlencode(query)}" if query else "")
        data = b"" if body is None else json.dumps(body).encode()
        return self.raw(method, url, {**sent, **(headers or {})}, data)

    def get(self, path: str, **query: str) -> Reply:
        return self.call("GET", path, None, query)

    def post(self, path: str, body: object = None, **query: str) -> Reply:
        return self.call("POST", path, body, query)

    def put(self, path: str, body: object = None, **query: str) -> Reply:
        return self.call("PUT", path, body, query)

    def delete(self, path: str, body: object = None, **query: str) -> Reply:
        return self.call("DELETE", path, body, query)

    def oauth(self, form: Mapping[str, str], basic: tuple[str, str] | None = None) -> Reply:
        """A call of the token endpoint."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic:
            pair = base64.b64encode(":".join(basic).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        url = f"https://{self.box.account_server}/oauth/token"
        return self.raw("POST", url, headers, urlencode(form).encode())

    def assertion(self, *, key: str | None = None, **claims: Any) -> str:
        """A signed assertion of the integration, with other claims where they are given."""
        now = int(self.world.clock.now().timestamp())
        usual: dict[str, Any] = {
            "iss": self.box.integration_key,
            "sub": self.box.user_id,
            "aud": self.box.account_server,
            "iat": now,
            "exp": now + 3600,
            "scope": "signature impersonation",
        }
        head = _part({"alg": "RS256", "typ": "JWT"})
        text = f"{head}.{_part({**usual, **claims})}"
        loaded = serialization.load_pem_private_key((key or self.box.private_key).encode(), None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        signature = loaded.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_bare(signature)}"

    def wait(self, seconds: float = 0, **parts: float) -> None:
        """Let time pass: seconds, or days=, hours=, minutes=."""
        self.world.clock.advance(timedelta(seconds=seconds, **parts))

    def definition(self, **more: Any) -> dict[str, Any]:
        """A small envelope of one document and one signer."""
        body = {
            "status": "sent",
            "emailSubject": "Agreement",
            "documents": [
                {
                    "documentId": "1",
                    "name": "Agreement",
                    "fileExtension": "txt",
                    "documentBase64": base64.b64encode(b"Please sign /here/").decode(),
                }
            ],
            "recipients": {
                "signers": [{"recipientId": "1", "name": "Ada", "email": "ada@example.com"}]
            },
            **more,
        }
        return {key: value for key, value in body.items() if value is not None}

    def made(self, **more: Any) -> str:
        """Make such an envelope by the API. Gives its id."""
        reply = self.post("/envelopes", self.definition(**more))
        assert reply.status == 201, reply.body
        return str(reply.json["envelopeId"])


@dataclass
class Listener:
    """A host's endpoint that keeps what comes."""

    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, headers: dict[str, str], body: bytes) -> int:
        self.got.append((headers, body))
        return self.status

    @property
    def json(self) -> list[Any]:
        return [json.loads(body) for _, body in self.got]

    @property
    def events(self) -> list[str]:
        return [each["event"] for each in self.json]


# -- Connect -----------------------------------------------------------------------------------


def config(**more: Any) -> dict[str, Any]:
    body = {
        "name": "Ours",
        "configurationType": "custom",
        "urlToPublishTo": HOOK,
        "allUsers": "true",
        "allowEnvelopePublish": "true",
        "deliveryMode": "SIM",
        "requiresAcknowledgement": "true",
        "enableLog": "true",
        "includeHMAC": "true",
        "events": ["recipient-sent", "recipient-completed", "envelope-completed"],
        "eventData": {
            "version": "restv2.1",
            "format": "json",
            "includeData": ["custom_fields", "recipients", "tabs"],
        },
        **more,
    }
    return {key: value for key, value in body.items() if value is not None}


def hear(edge: Edge, **more: Any) -> int:
    """Make a configuration by the API. Gives its id."""
    reply = edge.post("/connect", config(**more))
    assert reply.status == 201, reply.body
    return int(reply.json["connectId"])


def one(edge: Edge, **more: Any) -> str:
    """An envelope that is signed at once."""
    envelope = edge.box.send("Hi", ["a@example.com"], **more)
    edge.box.sign(envelope, "1")
    return envelope


def sent(edge: Edge, **more: Any) -> Listener:
    to = Listener(**more)
    edge.box.deliver(to)
    return to


def signature(key: str, body: bytes) -> str:
    """What a delivery's signature should be."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def _bare(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _part(claims: dict[str, Any]) -> str:
    return _bare(json.dumps(claims).encode())
