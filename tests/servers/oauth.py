"""An OAuth 2 server of Authlib's for the tests, over TLS: tokens for a service, refresh tokens used once, and on behalf of people."""

from __future__ import annotations

import threading
import time
from typing import Any

from tests.servers.certificates import Certificates

CLIENT, SECRET = "workplace", "client:s3cret/&"
FIRST_REFRESH = "refresh-token-0"


def unavailable() -> str | None:
    """Why it cannot be started here."""
    try:
        import authlib  # noqa: F401
        import flask  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed"
    return None


class OAuthServer:
    """Tokens at ``/token``; ``/whoami`` says whose token it was called with."""

    def __init__(self, certificates: Certificates) -> None:
        from werkzeug.serving import make_server

        self.certificates = certificates
        self.life = 3600
        self.client_auth = "client_secret_basic"
        self.asked: list[str] = []
        self.tokens: dict[str, _Token] = {}
        self.refresh: dict[str, bool] = {FIRST_REFRESH: True}
        self.slow = 0.0
        files = (str(certificates.folder / "good.pem"), str(certificates.folder / "good.key"))
        self._server = make_server("127.0.0.1", 0, _application(self), threaded=True, ssl_context=files)
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def assertion(self, person: str) -> str:
        """The token that *person* has at the application that calls us."""
        from joserfc import jwt
        from joserfc.jwk import OctKey

        now = int(time.time())
        claims = {"iss": CLIENT, "sub": person, "aud": f"{self.url}/token", "iat": now, "exp": now + 300}
        return str(jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET)))

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Token:
    """What the server remembers of a token, in the words of Authlib."""

    def __init__(self, user: str, scope: str, life: int) -> None:
        self.user, self.scope, self.end, self.revoked = user, scope, time.time() + life, False

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() > self.end

    def is_revoked(self) -> bool:
        return self.revoked

    def check_client(self, client: Any) -> bool:
        return client.get_client_id() == CLIENT


def _application(server: OAuthServer) -> Any:
    from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
    from authlib.oauth2.rfc6749 import ClientMixin, grants
    from authlib.oauth2.rfc6750 import BearerTokenGenerator, BearerTokenValidator
    from authlib.oauth2.rfc7523 import JWTBearerGrant
    from flask import Flask, jsonify, request

    class Client(ClientMixin):
        def get_client_id(self) -> str:
            return CLIENT

        def get_default_redirect_uri(self) -> str:
            return ""

        def get_allowed_scope(self, scope: str | None) -> str:
            return " ".join(one for one in (scope or "").split() if one in ("leave", "rooms"))

        def check_client_secret(self, client_secret: str) -> bool:
            return client_secret == SECRET

        def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
            return method == server.client_auth

        def check_response_type(self, response_type: str) -> bool:
            return False

        def check_grant_type(self, grant_type: str) -> bool:
            return True

    class ClientCredentials(grants.ClientCredentialsGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    class Refresh(grants.RefreshTokenGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, refresh_token: str) -> Any:
            if not server.refresh.pop(refresh_token, False):
                return None
            return _Token("ana", "leave", 60)

        def authenticate_user(self, refresh_token: Any) -> str:
            return "ana"

        def revoke_old_credential(self, refresh_token: Any) -> None:
            """It was used up above."""

    class OnBehalf(JWTBearerGrant):
        def resolve_issuer_client(self, issuer: str) -> Any:
            return Client() if issuer == CLIENT else None

        def resolve_client_public_key(self, client: Any) -> Any:
            from joserfc.jwk import OctKey

            return OctKey.import_key(SECRET)

        def get_audiences(self) -> list[str]:
            return [f"{server.url}/token"]

        def authenticate_user(self, subject: str) -> str:
            return subject

        def has_granted_permission(self, client: Any, user: str) -> bool:
            return user != "mallory"

    def save(token: dict[str, Any], asked: Any) -> None:
        server.tokens[token["access_token"]] = _Token(asked.user or "service", token.get("scope", ""), server.life)
        if "refresh_token" in token:
            server.refresh[token["refresh_token"]] = True

    app = Flask("oauth")
    issued = AuthorizationServer(app, query_client=lambda name: Client() if name == CLIENT else None, save_token=save)
    generator = BearerTokenGenerator(
        access_token_generator=lambda *_, **__: _random(),
        refresh_token_generator=lambda *_, **__: _random(),
        expires_generator=lambda *_: server.life,
    )
    issued.register_token_generator("default", generator)
    for grant in (ClientCredentials, Refresh, OnBehalf):
        issued.register_grant(grant)

    class Validator(BearerTokenValidator):
        def authenticate_token(self, token_string: str) -> Any:
            return server.tokens.get(token_string)

    protected = ResourceProtector()
    protected.register_token_validator(Validator())

    @app.post("/token")
    def token() -> Any:
        server.asked.append(request.form.get("grant_type", ""))
        time.sleep(server.slow)
        return issued.create_token_response()

    @app.route("/whoami", methods=["GET", "POST"])
    @protected()
    def whoami() -> Any:
        return jsonify(user=current_token.user, scope=current_token.scope)

    return app


def _random() -> str:
    import secrets

    return secrets.token_urlsafe(20)
