"""An MCP server that checks nothing, as the filter does it, and an authorization server beside it.

Says on standard output where they listen, and ends when standard input does.
"""

import argparse
import asyncio
import json
import socket
import sys

import uvicorn
from authorization_server import AuthorizationServer
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

HOST = "mcp.example"

notes = MCPServer("notes", log_level="WARNING")


@notes.tool()
def whoami(context: Context) -> dict[str, str | None]:
    """What the proxy tells of the caller."""
    headers = context.headers or {}
    return {"user": headers.get("x-user-id"), "authorization": headers.get("authorization")}


def listen() -> tuple[socket.socket, str]:
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, "{}:{}".format(*listener.getsockname())


def server(application: Starlette) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=1))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--grant", action="append", required=True, help="scopes of the next authorization")
    parser.add_argument("--audience", help="the audience of tokens, instead of the resource asked for")
    arguments = parser.parse_args()
    (mcp, mcp_address), (authorization, authorization_address) = listen(), listen()
    provider = AuthorizationServer(f"http://{authorization_address}", arguments.grant, arguments.audience)
    security = TransportSecuritySettings(allowed_hosts=[HOST])
    servers = [
        (server(provider.application()), authorization),
        (server(notes.streamable_http_app(transport_security=security)), mcp),
    ]
    running = [asyncio.create_task(each.serve([listener])) for each, listener in servers]
    print(json.dumps({"authorization_server": authorization_address, "mcp_server": mcp_address}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for each, _ in servers:
        each.should_exit = True
    await asyncio.gather(*running)


asyncio.run(main())
