"""Text for people out of what systems keep as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_APART: Final = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol", "dl", "hr"))
_BLOCKS: Final = _APART | {
    "div",
    "li",
    "tr",
    "dt",
    "dd",
    "section",
    "article",
    "header",
    "footer",
    "address",
    "form",
    "fieldset",
}
_SILENT: Final = frozenset(("head", "script", "style", "title", "template"))
_SPACE: Final = re.compile(r"\s+")


class _Reader(HTMLParser):
    """Keeps what is shown, line by line; in time that grows with its length and no faster."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._silent = self._as_it_is = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        self._as_it_is += tag == "pre"
        if tag == "br":
            self.end_line(keep_empty=True)
        elif tag in ("td", "th"):
            self._line.append(" ")
        elif tag in _BLOCKS:
            self._block(tag)
        if tag == "li":
            self._line.append("- ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= bool(self._silent and tag in _SILENT)
        self._as_it_is -= bool(self._as_it_is and tag == "pre")
        if tag in _BLOCKS:
            self._block(tag)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        first, *others = data.split("\n") if self._as_it_is else [_SPACE.sub(" ", data)]
        self._line.append(first)
        for other in others:
            self.end_line(keep_empty=True)
            self._line.append(other)

    def _block(self, tag: str) -> None:
        self.end_line()
        if tag in _APART and self.lines and self.lines[-1]:
            self.lines.append("")

    def end_line(self, *, keep_empty: bool = False) -> None:
        """What comes next is on a new line; an empty one is not kept, unless it was asked for."""
        text = "".join(self._line)
        line = text.rstrip() if self._as_it_is else _SPACE.sub(" ", text).strip()
        if line or keep_empty:
            self.lines.append(line)
        self._line.clear()


def plain_text(html: str) -> str:
    """What *html* shows, as plain text: its paragraphs apart, its lists with dashes, its links without their addresses."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_line()
    return "\n".join(reader.lines).strip()
