"""What starting costs: whole processes, interleaved, against importing what has to be imported.

    python benchmarks/startup.py [--rounds 15] [--json]

Client CPU of each finished process (user and system), medians, and ratios within the run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PREPARE = """
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.sample import fill
local = Local("main", LocalSettings(url="sqlite:///workplace.db"))
with local.database.engine().begin() as connection:
    fill(connection, "main", 2026)
"""
SETTINGS = """
caller = "sanne@delinde.example"
[store]
url = "sqlite:///workplace.db"
[connections.main]
connector = "local"
"""
CASES = {
    "bare interpreter": "pass",
    "import workplace_sdk": "import workplace_sdk",
    "pydantic with one model": "from pydantic import BaseModel\nclass M(BaseModel):\n    a: int",
    "from workplace_sdk import Workplace": "from workplace_sdk import Workplace",
    "sqlalchemy, pydantic, click": "import sqlalchemy, click\nfrom pydantic import BaseModel",
    "workplace leave balances": "import sys; sys.argv = ['workplace', 'leave', 'balances']\nfrom workplace_sdk.cli import main; main()",
}
RATIOS = {
    "import workplace_sdk / bare interpreter (goal 1.3)": ("import workplace_sdk", "bare interpreter"),
    "Workplace / pydantic with one model (goal 1.3)": ("from workplace_sdk import Workplace", "pydantic with one model"),
    "leave balances / sqlalchemy, pydantic, click (goal 1.3)": ("workplace leave balances", "sqlalchemy, pydantic, click"),
}


def cpu(code: str, folder: str) -> float:
    """CPU milliseconds of one process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert process.stderr is not None
    errors = process.stderr.read().decode()
    process.stderr.close()
    if status:
        sys.exit(f"{code}: {errors}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "workplace.toml").write_text(SETTINGS)
        cpu(PREPARE, folder)
        times: dict[str, list[float]] = {name: [] for name in CASES}
        for number in range(options.rounds + 1):
            for name, code in CASES.items():
                used = cpu(code, folder)
                if number:  # the first round warms up
                    times[name].append(used)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratios = {name: medians[one] / medians[other] for name, (one, other) in RATIOS.items()}
    if options.json:
        print(json.dumps({"cpu_ms": medians, "ratios": ratios}))
        return
    for name, value in medians.items():
        print(f"{name:<38} {value:7.1f} ms CPU")
    for name, value in ratios.items():
        print(f"{name}: {value:.2f}")


if __name__ == "__main__":
    main()
