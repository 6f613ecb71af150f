"""Windows' ways to log in over HTTP: NTLM, and Negotiate (Kerberos, or NTLM where there is no ticket). Extra ``negotiate``.

Both prove who we are for a connection, not for a request: whoever uses them keeps to one connection at a time, and goes
through the whole exchange for each request, so that none is ever made as somebody else. A body is sent only when the server is
ready for it. Extended Protection (channel binding), which a server may demand over TLS, is not spoken.

Source: RFC 4559, MS-NTHT. The tokens are made by pyspnego.
"""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from workplace_sdk.kernel.errors import ConfigError, Unauthorized
from workplace_sdk.kernel.threads import after_fork

if TYPE_CHECKING:
    from workplace_sdk.wires.http.credentials import Flow, Outgoing
    from workplace_sdk.wires.http.reply import Reply

Scheme = Literal["Negotiate", "NTLM"]
_LEGS: Final = 5
_SIGNATURE: Final = b"NTLMSSP\0"


class _Turns:
    """One after the other, in the order of asking, whatever they wait with."""

    def __init__(self) -> None:
        self.forked()
        after_fork(self)

    def forked(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        self._waiting: deque[Future[None]] = deque()

    def ask(self) -> Future[None] | None:
        """``None`` when it is one's turn, else what to wait for."""
        with self._lock:
            if not self._busy:
                self._busy = True
                return None
            self._waiting.append(Future())
            return self._waiting[-1]

    def give(self, turn: Future[None] | None) -> None:
        """Let the next one. *turn* is what was asked for, had or not."""
        with self._lock:
            if turn is not None and turn.cancel():
                self._waiting = deque(one for one in self._waiting if one is not turn)
                return  # it was never one's turn
            while self._waiting:
                following = self._waiting.popleft()
                if following.set_running_or_notify_cancel():
                    following.set_result(None)
                    return
            self._busy = False


@frozen
class Negotiate:
    """A Windows login.

    Attributes:
        user: ``name@domain``, or the domain, a backslash and the name; ``None`` for the ticket of whoever runs this.
        scheme: What the server asks for: ``Negotiate``, or ``NTLM`` of old ones.
    """

    user: str | None = None
    password: Callable[[], str] | None = field(default=None, repr=False)
    scheme: Scheme = "Negotiate"
    one_connection: bool = field(default=True, init=False, repr=False)
    _turns: _Turns = field(factory=_Turns, init=False, repr=False, eq=False)

    def flow(self, request: Outgoing) -> Flow:
        turn = self._turns.ask()
        try:
            if turn is not None:
                yield turn
            yield from self._login(request)
        finally:
            self._turns.give(turn)

    def _login(self, request: Outgoing) -> Generator[Outgoing | Future[Any], Reply, None]:
        password = self.password() if self.password is not None else None
        context = self._context(request, password)
        token: bytes | None = self._step(context, None)
        hidden = (password,) if password else ()
        for leg in range(_LEGS):
            asked = self._with(request, token or b"", *hidden)
            whole = leg > 0 or _SIGNATURE not in (token or b"")  # NTLM is never done with the first token
            reply: Reply = yield asked if whole or request.body is None else evolve(asked, body=b"")
            if reply.status != 401:
                if not whole and request.body is not None:
                    raise Unauthorized(f"the server answered {reply.status} before it knew us: it wants no {self.scheme} here")
                return
            challenge = self._challenge(reply)
            if challenge is None:
                return  # it knows us now, and says no; or it speaks another scheme
            token = self._step(context, challenge)
            if token is None:
                return

    def _with(self, request: Outgoing, token: bytes, *hidden: str) -> Outgoing:
        said = b64encode(token).decode()
        return request.with_headers({"Authorization": f"{self.scheme} {said}"}, *hidden, said)

    def _context(self, request: Outgoing, password: str | None) -> Any:
        try:
            import spnego
            from spnego.exceptions import SpnegoError
        except ImportError:
            raise ConfigError("a Windows login needs: pip install 'workplace-sdk[negotiate]'", key="auth") from None
        host = urlsplit(request.url).hostname or ""
        try:
            return spnego.client(self.user, password, hostname=host, service="HTTP", protocol=self.scheme.lower())
        except SpnegoError as error:
            raise Unauthorized(f"no login for {self.scheme} can be made: {type(error).__name__}") from None

    @staticmethod
    def _step(context: Any, challenge: bytes | None) -> bytes | None:
        from spnego.exceptions import SpnegoError

        try:
            token: bytes | None = context.step(challenge)
        except (SpnegoError, ValueError) as error:
            raise Unauthorized(f"the server's side of the login makes no sense: {type(error).__name__}") from None
        return token

    def _challenge(self, reply: Reply) -> bytes | None:
        for part in reply.headers.get("www-authenticate", "").split(","):
            scheme, _, said = part.strip().partition(" ")
            if scheme.lower() == self.scheme.lower() and said.strip():
                try:
                    return b64decode(said.strip(), validate=True)
                except ValueError:
                    raise Unauthorized("the server's side of the login is no base64") from None
        return None
