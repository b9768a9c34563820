"""Pages of DocuSign for somebody to work in: each is asked for when it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from attrs import frozen

from ...core.call import Call, Response, WriteClass
from ...core.given import named, one_of, path
from ...errors import ConfigError
from ..models.results import View
from ..reading import DocuSignReader
from ._bodies import link
from ._parts import call, filled, plain

StartingScreen = Literal["Prepare", "Tagger"]


@frozen(kw_only=True)
class _Url:
    url: str


_url = DocuSignReader.of(_Url)


def create_sender_view(
    envelope_id: str,
    return_url: str,
    *,
    starting_screen: StartingScreen | None = None,
    settings: Mapping[str, object] | None = None,
) -> Call[View]:
    """The page on which a sender prepares and sends a draft; its URL lives for 10 minutes.

    Args:
        return_url: where the browser goes when the sender is done.
        starting_screen: recipients and documents ("Prepare"), or fields ("Tagger").
        settings: more of what the page shows, by DocuSign's names.

    Raises:
        ConfigError: a return_url that is none.
    """
    screen = starting_screen and one_of("starting_screen", starting_screen, ("Prepare", "Tagger"))
    more = {} if screen is None else {"startingScreen": screen}
    body = {
        "returnUrl": link("return_url", return_url),
        "viewAccess": "envelope",
        "settings": plain({**(settings or {}), **more}),
    }
    return _view("sender", path("envelopes", envelope_id, "views/sender"), body)


def create_correct_view(envelope_id: str, return_url: str) -> Call[View]:
    """The page on which a sender corrects an envelope that is on its way.

    Raises:
        ConfigError: a return_url that is none.
    """
    body = {"returnUrl": link("return_url", return_url)}
    return _view("correct", path("envelopes", envelope_id, "views/correct"), body)


def create_recipient_view(
    envelope_id: str,
    return_url: str,
    *,
    user_name: str,
    email: str,
    client_user_id: str | None = None,
    recipient_id: str | None = None,
    user_id: str | None = None,
    authentication_method: str = "none",
    ping_url: str | None = None,
    ping_frequency: int | None = None,
    frame_ancestors: Iterable[str] = (),
    message_origins: Iterable[str] = (),
) -> Call[View]:
    """The page on which a recipient signs; its URL works once, and soon.

    Args:
        return_url: where the browser goes afterwards; DocuSign adds `event=…` to it.
        user_name, email: exactly as in the envelope.
        client_user_id: of an embedded signer, exactly as in the envelope.
        authentication_method: how you made sure who it is: "none", "email", "password", …
        ping_url, ping_frequency: what the page calls to keep your session alive, every so many
            seconds, 60 to 1200.
        frame_ancestors, message_origins: which sites may show it in a frame.

    Raises:
        ConfigError: nothing that says which recipient, or a URL that is none.
    """
    if client_user_id is None and recipient_id is None and user_id is None:
        raise ConfigError("a recipient view needs client_user_id, recipient_id or user_id")
    if ping_frequency is not None and not 60 <= ping_frequency <= 1200:
        raise ConfigError(f"ping_frequency takes 60 to 1200 seconds, got {ping_frequency}")
    body = {
        "returnUrl": link("return_url", return_url),
        "authenticationMethod": named("authentication_method", authentication_method),
        "userName": named("user_name", user_name),
        "email": named("email", email),
        "clientUserId": client_user_id,
        "recipientId": recipient_id,
        "userId": user_id,
        "pingUrl": ping_url and link("ping_url", ping_url),
        "pingFrequency": ping_frequency,
        "frameAncestors": list(frame_ancestors),
        "messageOrigins": list(message_origins),
    }
    return _view("recipient", path("envelopes", envelope_id, "views/recipient"), body)


def create_console_view(
    *, envelope_id: str | None = None, return_url: str | None = None
) -> Call[View]:
    """DocuSign's own page, on an envelope where one is named. It gives the whole account away:
    for the account's own people alone.

    Raises:
        ConfigError: a return_url that is none.
    """
    body = {
        "envelopeId": envelope_id,
        "returnUrl": return_url and link("return_url", return_url),
    }
    return _view("console", "views/console", body)


def document_link(envelope_id: str, *, environment: str) -> str:
    """A link to an envelope that lasts, unlike those of views; whoever opens it must sign in.

    Args:
        environment: "demo" or "production".
    """
    host = {"demo": "appdemo.docusign.com", "production": "app.docusign.com"}
    known = one_of("environment", environment, host)
    return f"https://{host[known]}/{path('documents/details', envelope_id)}"


def _view(what: str, where: str, body: Mapping[str, object]) -> Call[View]:
    return call(
        f"views.{what}",
        "POST",
        where,
        _read_view,
        body=filled(body),
        # Nothing changes: one more link that nobody opens ends by itself.
        write_class=WriteClass.IDEMPOTENT,
    )


def _read_view(response: Response) -> View:
    return View(url=_url.one(response.body).url)
