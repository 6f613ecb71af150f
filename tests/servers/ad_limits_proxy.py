"""Active Directory's administrative limits, which Samba lacks, put in front of a Samba domain controller.

    MaxPageSize    an unpaged search stops with sizeLimitExceeded (4) and the entries so far; a larger page is cut down
    sizeLimit      the client's own limit is kept (Samba 4.17 ignores it)
    MaxValRange    an attribute with more values comes back empty, beside ``member;range=0-1499``
    signing        a simple bind without TLS is refused with strongerAuthRequired (8)

Modelled on what Microsoft documents; standard library only. Listens on 127.0.0.1.
Source: [MS-ADTS] 3.1.1.3.4.6 (LDAP policies), 3.1.1.3.1.3.3 (range retrieval); RFC 4511; RFC 2696.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from collections.abc import Iterator

PAGED = b"1.2.840.113556.1.4.319"
STARTTLS = b"1.3.6.1.4.1.1466.20037"
UNLIMITED = 1 << 60
SEQUENCE, SET, STRING, ENUMERATED, INTEGER = 0x30, 0x31, 0x04, 0x0A, 0x02
BIND, BOUND, SEARCH, ENTRY, DONE, EXTENDED, EXTENDED_DONE, CONTROLS = 0x60, 0x61, 0x63, 0x64, 0x65, 0x77, 0x78, 0xA0
SIZE_LIMIT_EXCEEDED, STRONGER_AUTH_REQUIRED = 4, 8
NOT_SIGNED = (
    "00002028: LdapErr: DSID-0C090274, comment: The server requires binds to turn on integrity checking if SSL\\TLS "
    "are not already active on the connection, data 0, v4563"
)


class Tlv:
    """One BER element: its tag, its content, and its bytes as they came."""

    def __init__(self, tag: int, content: bytes, whole: bytes) -> None:
        self.tag, self.content, self.whole = tag, content, whole

    def __iter__(self) -> Iterator[Tlv]:
        return iter(elements(self.content))

    @property
    def number(self) -> int:
        return int.from_bytes(self.content, "big")


def elements(data: bytes) -> list[Tlv]:
    found: list[Tlv] = []
    at = 0
    while at < len(data):
        length, start = data[at + 1], at + 2
        if length & 0x80:
            octets = length & 0x7F
            length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
        found.append(Tlv(data[at], data[start : start + length], data[at : start + length]))
        at = start + length
    return found


def encoded(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def integer(value: int) -> bytes:
    return encoded(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def result(message: bytes, operation: int, code: int, text: str = "", more: bytes = b"") -> bytes:
    """A reply with a result code. *message* is the encoded message id."""
    said = encoded(ENUMERATED, bytes((code,))) + encoded(STRING) + encoded(STRING, text.encode())
    return encoded(SEQUENCE, message, encoded(operation, said, more))


async def read_message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(2)
    length = head[1]
    if length & 0x80:
        octets = await reader.readexactly(length & 0x7F)
        head, length = head + octets, int.from_bytes(octets, "big")
    return head + await reader.readexactly(length)


class Search:
    """A search under way: how many entries it may still return."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self.cut = False


class Limits:
    """MaxPageSize and MaxValRange."""

    def __init__(self, page: int, values: int) -> None:
        self.page, self.values = page, values

    def controls(self, given: Tlv) -> tuple[bytes, bool]:
        """The controls of a search with a page of at most MaxPageSize, and whether it is paged."""
        sent, paged = b"", False
        for control in given:
            parts = list(control)
            if parts[0].content != PAGED:
                sent += control.whole
                continue
            paged = True
            size, cookie = next(iter(parts[-1]))
            value = encoded(SEQUENCE, integer(min(size.number, self.page)), cookie.whole)
            sent += encoded(SEQUENCE, *(part.whole for part in parts[:-1]), encoded(STRING, value))
        return sent, paged

    def entry(self, fields: list[Tlv]) -> bytes | None:
        """The entry with long attributes as ranges; None when it has none."""
        name, attributes = fields[1]
        written, ranged = b"", False
        for attribute in attributes:
            description, values = attribute
            first = self._first(description.content.decode(), len(list(values)))
            if first is None:
                written += attribute.whole
                continue
            ranged = True
            base = description.content.decode().partition(";range=")[0]
            if b";range=" not in description.content:
                written += encoded(SEQUENCE, description.whole, encoded(SET))
            label = f"{base};range={first}-{first + self.values - 1}".encode()
            some = encoded(SET, *(value.whole for value in list(values)[: self.values]))
            written += encoded(SEQUENCE, encoded(STRING, label), some)
        if not ranged:
            return None
        body = encoded(ENTRY, name.whole, encoded(SEQUENCE, written))
        return encoded(SEQUENCE, fields[0].whole, body, *(field.whole for field in fields[2:]))

    def _first(self, description: str, count: int) -> int | None:
        """Where the range begins that an attribute is cut to; None when all its values may pass."""
        low, _, high = description.partition(";range=")[2].partition("-")
        if count <= self.values or (low and high != "*"):
            return None
        return int(low or 0)


class Proxy:
    """One client's connection and the one to the domain controller behind it."""

    def __init__(
        self, client: tuple[asyncio.StreamReader, asyncio.StreamWriter], server: ssl.SSLContext, limits: Limits, *, tls: bool
    ) -> None:
        self.reader, self.writer = client
        self.server, self.limits, self.tls = server, limits, tls
        self.searches: dict[bytes, Search] = {}

    async def run(self, upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.upstream_reader, self.upstream_writer = upstream
        back = asyncio.create_task(self._answers())
        try:
            while True:
                await self._request(await read_message(self.reader))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            back.cancel()
            self.upstream_writer.close()
            self.writer.close()

    async def _request(self, message: bytes) -> None:
        fields = list(elements(message)[0])
        number, operation = fields[0].whole, fields[1]
        if operation.tag == EXTENDED and next(iter(operation)).content == STARTTLS:
            await self._say(result(number, EXTENDED_DONE, 0, more=encoded(0x8A, STARTTLS)))
            await self.writer.start_tls(self.server)
            self.tls = True
            return
        if operation.tag == BIND and not self.tls:
            credentials = list(operation)[2]
            if credentials.tag == 0x80 and credentials.content:  # a simple bind with a password
                await self._say(result(number, BOUND, STRONGER_AUTH_REQUIRED, NOT_SIGNED))
                return
        if operation.tag == SEARCH:
            message = self._limited(fields)
        self.upstream_writer.write(message)
        await self.upstream_writer.drain()

    def _limited(self, fields: list[Tlv]) -> bytes:
        number, operation = fields[0].whole, fields[1]
        wanted = list(operation)[3].number or UNLIMITED
        sent, paged = b"", False
        for field in fields[2:]:
            if field.tag == CONTROLS:
                sent, paged = self.limits.controls(field)
        self.searches[number] = Search(min(wanted, UNLIMITED if paged else self.limits.page))
        return encoded(SEQUENCE, number, operation.whole, encoded(CONTROLS, sent) if sent else b"")

    async def _answers(self) -> None:
        try:
            while True:
                message = await read_message(self.upstream_reader)
                if answer := self._answer(message):
                    await self._say(answer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            self.writer.close()

    def _answer(self, message: bytes) -> bytes | None:
        fields = list(elements(message)[0])
        number, operation = fields[0].whole, fields[1]
        search = self.searches.get(number)
        if search is None:
            return message
        if operation.tag == ENTRY:
            search.allowed -= 1
            search.cut = search.cut or search.allowed < 0
            return None if search.cut else self.limits.entry(fields) or message
        if operation.tag == DONE:
            del self.searches[number]
            return result(number, DONE, SIZE_LIMIT_EXCEEDED) if search.cut else message
        return message

    async def _say(self, message: bytes) -> None:
        self.writer.write(message)
        await self.writer.drain()


async def serve(options: argparse.Namespace) -> None:
    upstream = ssl.create_default_context(cafile=options.ca)
    upstream.check_hostname = False  # the address of the domain controller is not always one of its names
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(options.certificate, options.key)
    limits = Limits(options.max_page, options.max_values)

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, tls: bool) -> None:
        behind = await asyncio.open_connection(options.address, options.port, ssl=upstream, limit=1 << 24)
        await Proxy((reader, writer), server, limits, tls=tls).run(behind)

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accepted(reader, writer, tls=False)

    async def secured(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accepted(reader, writer, tls=True)

    async with (
        await asyncio.start_server(plain, "127.0.0.1", options.plain, limit=1 << 24),
        await asyncio.start_server(secured, "127.0.0.1", options.tls, ssl=server, limit=1 << 24),
    ):
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", required=True, help="of the domain controller")
    parser.add_argument("--port", type=int, default=636, help="its port for LDAP over TLS")
    parser.add_argument("--plain", type=int, required=True, help="port to listen on, StartTLS offered")
    parser.add_argument("--tls", type=int, required=True, help="port to listen on with TLS")
    parser.add_argument("--ca", required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--max-page", type=int, default=1000)
    parser.add_argument("--max-values", type=int, default=1500)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
