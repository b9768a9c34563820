"""What a browser carries: the proof of who sent it, and the code."""

from __future__ import annotations

import re

import pytest

from connectors.core.browser import Pkce, redirected_code
from connectors.errors import AuthError, ConfigError


def test_the_challenge_is_the_one_of_the_standard() -> None:
    # RFC 7636, appendix B.
    proof = Pkce("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert proof.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_proof_is_another_and_long_enough() -> None:
    proofs = [Pkce() for _ in range(20)]

    assert len({p.verifier for p in proofs}) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", p.verifier) for p in proofs)


def test_the_verifier_never_shows() -> None:
    proof = Pkce("c4n4ry")

    assert "c4n4ry" not in repr(proof) + str(proof)


@pytest.mark.parametrize("url", ["https://x.org/?code=a&state=T", "https://x.org/?code=a&state="])
def test_a_state_of_somebody_else_is_refused(url: str) -> None:
    with pytest.raises(AuthError, match="another state"):
        redirected_code(url, "t")


def test_an_empty_state_takes_nothing() -> None:
    with pytest.raises(ConfigError, match="state"):
        redirected_code("https://x.org/?code=a&state=", "")


def test_who_denies_access_is_told_only_with_the_right_state() -> None:
    with pytest.raises(AuthError, match="not allowed: access_denied"):
        redirected_code("https://x.org/?error=access_denied&state=s", "s")
    with pytest.raises(AuthError, match="another state"):
        redirected_code("https://x.org/?error=access_denied&state=t", "s")
