"""The SOAP wire on real servers, in both colours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import jaxws
from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap.soap import Soap

WSDL = jaxws.SOURCES / "leave.wsdl"
EMPLOYEE = "000101"


@pytest.fixture(scope="session")
def register() -> Iterator[jaxws.LeaveRegister]:
    """A leave register on JAX-WS."""
    if reason := jaxws.unavailable():
        pytest.skip(reason)
    server = jaxws.LeaveRegister()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kept_forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled forms of the tests are."""
    return tmp_path_factory.mktemp("forms") / "soap"


@pytest.fixture
def opened(register: jaxws.LeaveRegister, kept_forms: Path) -> Callable[..., Soap]:
    """Makes the wire for one of the register's addresses; answers with something unknown in them are refused."""

    def make(path: str = "/leave", **options: Any) -> Soap:
        return Soap(Http(register.url), WSDL, path=path, **{"strict": True, "keep": kept_forms, **options})

    return make


def perform(
    steps: Any, *, blocking: bool = True, http: Http | None = None, safety: Safety = Safety.READ, **session: Any
) -> Any:
    """The value of *steps*, in one colour."""
    key: Key | None = session.pop("key", None)
    made = Session(**{"time_limit": 20.0, "retrying": Retrying(attempts=3, base=0.01), **session})
    call = Call(session=made, name="leave.test", safety=safety, key=key)
    try:
        if blocking:
            return run(steps, call)

        async def main() -> Any:
            try:
                return await arun(steps, call)
            finally:
                if http is not None:
                    await http.aclose()

        return asyncio.run(main())
    except Exception as error:
        raise call.translated(error) from error
    finally:
        if http is not None:
            http.close()


@pytest.fixture(params=["sync", "async"])
def do(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Calls an operation in each colour: ``do(soap, "GetRequest", {...})``."""

    def call(soap: Soap, operation: str, value: Any = None, *, safety: Safety = Safety.READ, **options: Any) -> Any:
        session = {name: options.pop(name) for name in ("time_limit", "retrying") if name in options}
        steps = soap.call(operation, value, **options)
        return perform(
            steps, blocking=request.param == "sync", http=soap.http, safety=safety, key=options.get("key"), **session
        )

    return call
