"""The SDK's own client, with its own OAuth, and a browser whose user consents to everything.

Says on standard output, as JSON, what went over the wire and what came of it.
"""

import argparse
import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken


class Storage:
    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Browser:
    """Follows no redirect to the client: it reads what it would have brought there."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: dict[str, list[str]] = {}

    async def open(self, url: str) -> None:
        query = parse_qs(urlsplit(url).query)
        self.asked.append({name: values[0] for name, values in query.items() if name in ("resource", "scope")})
        async with httpx2.AsyncClient(trust_env=False) as http:
            response = await http.get(url)
        if not response.is_redirect:
            raise RuntimeError(f"the authorization server answered {response.status_code}: {response.text}")
        self.answer = parse_qs(urlsplit(response.headers["location"]).query)

    async def result(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**{name: self.answer[name][0] for name in ("code", "state", "iss")})


def told(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url", help="the MCP server")
    parser.add_argument("--proxy", required=True, help="where the server's host is reached")
    arguments = parser.parse_args()
    browser, storage, exchanges = Browser(), Storage(), []
    metadata = OAuthClientMetadata(
        client_name="notes client",
        redirect_uris=["http://127.0.0.1:1/callback"],
        grant_types=["authorization_code"],
        token_endpoint_auth_method="none",
    )
    provider = OAuthClientProvider(arguments.url, metadata, storage, browser.open, browser.result)

    async def note(response: httpx2.Response) -> None:
        request = response.request
        exchanges.append([request.method, request.url.path, response.status_code])

    report: dict[str, object] = {"exchanges": exchanges, "authorizations": browser.asked}
    mounts = {f"all://{urlsplit(arguments.url).hostname}": httpx2.AsyncHTTPTransport(proxy=arguments.proxy)}
    hooks = {"response": [note]}
    http = httpx2.AsyncClient(auth=provider, mounts=mounts, event_hooks=hooks, trust_env=False, timeout=60)
    try:
        async with http, Client(streamable_http_client(arguments.url, http_client=http)) as client:
            tools = await client.list_tools()
            report["tools"] = [tool.name for tool in tools.tools]
            report["result"] = (await client.call_tool("whoami")).structured_content
    except Exception as error:
        report["error"] = told(error)
    report["token"] = storage.tokens.access_token if storage.tokens else None
    print(json.dumps(report))


asyncio.run(main())
