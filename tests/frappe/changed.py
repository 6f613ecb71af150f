"""Recordings whose answers are changed a little."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from vcr import VCR

from tests.frappe.conftest import HERE
from tests.recordings import CONFIG, configure


@contextmanager
def replayed(name: str, folder: Path, change: Callable[[str, dict[str, Any]], None]) -> Iterator[Any]:
    """The recording *name*, of which *change* may change each document and row of a list; it is told the method."""
    content = yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))
    for each in content["interactions"]:
        body = each["response"]["body"]
        if not body["string"].startswith('{"data": '):
            continue
        told = json.loads(body["string"])
        for one in told["data"] if isinstance(told["data"], list) else [told["data"]]:
            change(each["request"]["method"], one)
        body["string"] = json.dumps(told)
    (folder / "changed.yaml").write_text(yaml.safe_dump(content), "utf-8")
    recorder = VCR(**CONFIG)
    configure(recorder)
    with recorder.use_cassette(str(folder / "changed.yaml"), allow_playback_repeats=True) as cassette:
        yield cassette
