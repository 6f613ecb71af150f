"""HTML as people read it."""

from __future__ import annotations

import pytest

from workplace_sdk.services.texts import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Please <b>test</b> again</p><p>Groet,<br>Ivo</p>", "Please test again\n\nGroet,\nIvo"),
        ("a &amp; b &lt;c&gt; &eacute;&#x1F984; d", "a & b <c> é\U0001f984 d"),
        ("<ul><li>one</li><li>two\n lines</li></ul>after", "- one\n- two lines\n\nafter"),
        ("<table><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></table>", "x y\nz"),
        ("<head><title>t</title><style>p{}</style></head><body>b<script>alert(1)</script></body>", "b"),
        ("<pre>a\n  b\n</pre>c", "a\n  b\n\nc"),
        ("x<br><br>y", "x\n\ny"),
        ("<div><div><p>a</p></div></div><p>b</p>", "a\n\nb"),
        ('<a href="https://example.org">here</a>&nbsp;it is', "here it is"),
        ("no <b>end", "no end"),
        ("</p></pre></script>odd", "odd"),
        ("a < b and 1 <2", "a < b and 1 <2"),
        ("", ""),
    ],
)
def test_what_is_shown(html: str, text: str) -> None:
    assert plain_text(html) == text
