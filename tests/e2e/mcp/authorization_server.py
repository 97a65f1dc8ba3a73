"""An authorization server with one user, who consents to everything.

Metadata (RFC 8414), registration of public clients (RFC 7591), authorization codes with PKCE (RFC 7636), resource
indicators (RFC 8707) and the issuer in its answers (RFC 9207). Its access tokens are JWTs (RFC 9068).
"""

import base64
import hashlib
import json
import secrets
import time
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

USER = "alice"
LIFETIME = 600


class AuthorizationServer:
    """`grants` has the scopes that the first, the second, … authorization gives; the last one goes on."""

    def __init__(self, issuer: str, grants: list[str], audience: str | None) -> None:
        self.issuer = issuer
        self.grants = [set(grant.split()) for grant in grants]
        self.audience = audience
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.clients: dict[str, list[str]] = {}
        self.codes: dict[str, dict[str, str]] = {}

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/oauth-authorization-server", self.metadata),
                Route("/keys", self.keys),
                Route("/register", self.register, methods=["POST"]),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "registration_endpoint": f"{self.issuer}/register",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _: Request) -> Response:
        public = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
        return JSONResponse({"keys": [{**public, "kid": "1", "use": "sig", "alg": "ES256"}]})

    async def register(self, request: Request) -> Response:
        asked = await request.json()
        client = secrets.token_urlsafe(8)
        self.clients[client] = asked["redirect_uris"]
        told = {"redirect_uris": asked["redirect_uris"], "grant_types": ["authorization_code"]}
        return JSONResponse({"client_id": client, "token_endpoint_auth_method": "none", **told}, 201)

    async def authorize(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("redirect_uri") not in self.clients.get(asked.get("client_id", ""), []):
            return JSONResponse({"error": "unregistered client or redirect_uri"}, 400)
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return JSONResponse({"error": "a code and PKCE are mandatory"}, 400)
        if "resource" not in asked:
            return JSONResponse({"error": "invalid_target"}, 400)
        grant = self.grants.pop(0) if len(self.grants) > 1 else self.grants[0]
        scopes = [scope for scope in asked.get("scope", "").split() if scope in grant]
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "granted": " ".join(scopes)}
        place = asked["redirect_uri"]
        answer = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{place}?{answer}", 302)

    async def token(self, request: Request) -> Response:
        asked = await request.form()
        code = self.codes.pop(str(asked.get("code")), None)
        if asked.get("grant_type") != "authorization_code" or code is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(str(asked.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        expected = {name: code[name] for name in ("client_id", "redirect_uri", "resource")}
        if challenge != code["code_challenge"] or any(asked.get(name) != value for name, value in expected.items()):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.audience or code["resource"],
            "sub": USER,
            "client_id": code["client_id"],
            "scope": code["granted"],
            "iat": now,
            "exp": now + LIFETIME,
            "jti": secrets.token_urlsafe(8),
        }
        token = jwt.encode(claims, self.key, algorithm="ES256", headers={"typ": "at+jwt", "kid": "1"})
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": code["granted"]}
        return JSONResponse(answer, headers={"cache-control": "no-store"})
