"""The webhook endpoint as an ASGI application, for FastAPI, Starlette or any ASGI server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ...engine.job import Job
from ...errors import ConfigError, StoreError
from . import receiving
from .aio import AsyncDocuSignActiveCampaign
from .receiving import Receipt

try:
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response
except ModuleNotFoundError:
    raise ConfigError("webhook_app needs starlette: pip install 'connectors[web]'") from None

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .blocking import DocuSignActiveCampaign

_log = logging.getLogger("connectors.docusign")


class WebhookApp:
    """Takes in what DocuSign Connect sends. Made by `webhook_app()` of the integration.

    A message is verified and kept, and nothing else happens in its request: no service is called.
    A larger body than `BridgeSettings(max_body=…)` is not read to its end. No answer has a body:

    - 200: kept, or ignored on purpose;
    - 400: malformed, or too old;
    - 401: unsigned, forged or altered;
    - 405: no POST;
    - 413: too large;
    - 500: the store failed;
    - 503: nothing is set up yet. DocuSign sends whatever was not answered with 2xx again.
    """

    def __init__(self, bridge: DocuSignActiveCampaign | AsyncDocuSignActiveCampaign) -> None:
        if not bridge._keys:
            raise ConfigError(
                "webhook_app: no message could be trusted; give `signing_keys` to the integration"
            )
        self._bridge = bridge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        try:
            receipt = await self._receipt(request)
        except StoreError as error:
            _log.error("a DocuSign message could not be kept: %s", error)
            return Response(status_code=500)
        if receipt.status != 200:
            _log.info("a DocuSign message was refused, %s: %s", receipt.status, receipt.reason)
        return Response(status_code=receipt.status)

    async def _receipt(self, request: Request) -> Receipt:
        ctx = self._bridge._ctx
        limit = ctx.settings.max_body
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
            return await self._do(receiving.too_large(ctx))
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                return await self._do(receiving.too_large(ctx))
        headers = request.headers
        return await self._do(receiving.receive(ctx, self._bridge._keys, bytes(body), headers))

    async def _do(self, job: Job[Receipt]) -> Receipt:
        if isinstance(self._bridge, AsyncDocuSignActiveCampaign):
            return await self._bridge._do(job)
        return await run_in_threadpool(self._bridge._do, job)
