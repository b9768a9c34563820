"""What a user's browser carries when somebody signs in there: where to, and with what back."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

from attrs import field, frozen

from ..errors import AuthError, ConfigError
from .wire import masked


def redirected_code(url: str, state: str) -> str:
    """The authorization code in the URL that a user was sent back to.

    Raises:
        AuthError: access was denied, or the state is another: then somebody else made the link.
        ConfigError: no state.
    """
    import hmac

    if not state:
        raise ConfigError("the state of the session is empty: any link would be taken for ours")
    answer = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    if not hmac.compare_digest(
        answer.get("state", "").encode("utf-8", "surrogatepass"),
        state.encode("utf-8", "surrogatepass"),
    ):
        raise AuthError("the redirect has another state than the session that asked for it")
    if "error" in answer:
        raise AuthError(f"access was not allowed: {masked(answer['error'][:200])}")
    if not answer.get("code"):
        raise AuthError("the redirect has no code")
    return answer["code"]


def _verifier() -> str:
    import secrets

    return secrets.token_urlsafe(48)


@frozen
class Pkce:
    """What proves that who asks for the token is who sent the user to sign in (RFC 7636).

    Attributes:
        verifier: keep it in the user's session; it goes with the code. Never shown.
        challenge: goes into the authorization URL.
    """

    verifier: str = field(factory=_verifier, repr=False)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
