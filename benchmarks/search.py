"""The people index against the full-text query it rests on: time per query, and whether the right people are found.

    python benchmarks/search.py [--people 100000] [--database sqlite|postgresql] [--rounds 3] [--json]

Every round runs every kind of query once per subject, so that a noisy machine is noisy for all. Reported are medians
over rounds of p50 and p99 in milliseconds, and ratios within the run.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import sqlalchemy as sa
from tests.people import SKILLS, people
from tests.servers.postgres import Postgres

from workplace_sdk.search.fold import fold, words
from workplace_sdk.search.index import IndexedPerson, settle, upsert
from workplace_sdk.search.query import SearchRequest, search
from workplace_sdk.search.schema import prepare
from workplace_sdk.wires.sql import Database

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def indexed(count: int):
    for person in people(count):
        have = person.attributes
        fields = {
            "names": have["cn"],
            "topics": have["labSkill"],
            "title": have["title"],
            "organisation": [*have["ou"], *have["departmentNumber"]],
            "place": [*have["l"], *have["roomNumber"]],
            "about": have["description"],
        }
        yield IndexedPerson(have["uid"][0], have["cn"][0], fields, have["cn"][0].encode(), visible=person.active)


def mistyped(name: str, chance: random.Random) -> str:
    """*name* folded, with one letter of one of its longer words left out, doubled, replaced or swapped."""
    letters = list(fold(name))
    at = chance.choice([index for index, letter in enumerate(letters) if letter.isalpha()])
    way = chance.randrange(4)
    if way == 0:
        del letters[at]
    elif way == 1:
        letters.insert(at, chance.choice(LETTERS))
    elif way == 2:
        letters[at] = chance.choice(LETTERS)
    elif at + 1 < len(letters) and letters[at + 1].isalpha():
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def measured(run, subjects) -> list[float]:
    times = []
    for subject in subjects:
        start = time.perf_counter()
        run(subject)
        times.append((time.perf_counter() - start) * 1000)
    return times


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    server = Postgres() if options.database == "postgresql" else None
    with tempfile.TemporaryDirectory() as folder:
        database = Database(server.database() if server else f"sqlite:///{folder}/index.db")
        database.prepare(prepare)
        try:
            result = run(database, options)
        finally:
            database.close()
            if server:
                server.stop()
    if options.json:
        print(json.dumps(result))
        return
    print(f"{options.people:,} people, {options.database}: built in {result['build_s']:.1f} s")
    for kind, (p50, p99, found) in result["queries"].items():
        print(
            f"  {kind:<22} p50 {p50:8.3f} ms   p99 {p99:8.3f} ms   p99/p50 {p99 / p50:5.1f}"
            + (f"   found {found:.1%}" if found is not None else "")
        )
    for name, value in result["ratios"].items():
        print(f"  {name}: {value:.2f}")


def run(database: Database, options) -> dict:
    everyone = list(indexed(options.people))
    start = time.perf_counter()
    with database.engine().begin() as connection:
        upsert(connection, "directory", everyone)
        settle(connection)
    build = time.perf_counter() - start
    chance = random.Random(7)
    shown = [person for person in everyone if person.visible]
    names = [person.name for person in chance.sample(shown, options.queries) if len(words(person.name)) > 1]
    topics = [chance.choice(SKILLS) for _ in range(options.queries)]
    plain = [fold(name) for name in names]
    typos = [mistyped(name, chance) for name in names]
    pairs = [f"{topic} {name.split()[-1]}" for topic, name in zip(topics, names, strict=False)]
    connection = database.engine().connect()
    connection.begin()

    def ours(text: str):
        return search(connection, SearchRequest(text=text, limit=10)).hits

    def bare(text: str):
        match = " AND ".join(f'"{word}"' for word in words(text))
        statement = (
            "SELECT rowid FROM people_index_text WHERE people_index_text MATCH ? ORDER BY bm25(people_index_text) LIMIT 10"
        )
        if database.sqlite:
            return connection.exec_driver_sql(statement, (match,)).all()
        query = " & ".join(f"('t{word}' | 'o{word}' | 'a{word}')" for word in words(text))
        ranked = "SELECT id FROM people_index WHERE terms @@ CAST(:q AS tsquery) ORDER BY ts_rank(terms, CAST(:q AS tsquery)) DESC LIMIT 10"
        return connection.execute(sa.text(ranked), {"q": query}).all()

    kinds = {
        "bare topic query": (bare, topics, None),
        "topic": (ours, topics, None),
        "topic and name": (ours, pairs, None),
        "exact name": (ours, names, names),
        "without diacritics": (ours, plain, names),
        "one typo": (ours, typos, names),
        "start of a word": (ours, [topic[:4] for topic in topics], None),
    }
    for function, subjects, _ in kinds.values():
        measured(function, subjects[:50])
    rounds: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for _ in range(options.rounds):
        for kind, (function, subjects, _names) in kinds.items():
            times = measured(function, subjects)
            rounds[kind].append((percentile(times, 0.5), percentile(times, 0.99)))
    queries = {}
    for kind, (function, subjects, right) in kinds.items():
        found = None
        if right is not None:
            hits = [any(hit.name == name for hit in function(text)) for text, name in zip(subjects, right, strict=True)]
            found = sum(hits) / len(hits)
            for text, name, hit in zip(subjects, right, hits, strict=True):
                if not hit:
                    print(f"  not found: {name!r} typed as {text!r}", file=sys.stderr)
        queries[kind] = (
            statistics.median(p50 for p50, _ in rounds[kind]),
            statistics.median(p99 for _, p99 in rounds[kind]),
            found,
        )
    connection.close()
    ratios = {
        "topic p50 / bare query p50 (goal 2)": queries["topic"][0] / queries["bare topic query"][0],
        "typo p50 / exact p50 (goal 3)": queries["one typo"][0] / queries["exact name"][0],
        "topic p99 / topic p50 (goal 30)": queries["topic"][1] / queries["topic"][0],
        "typo p99 / typo p50 (goal 30)": queries["one typo"][1] / queries["one typo"][0],
    }
    return {"people": options.people, "database": options.database, "build_s": build, "queries": queries, "ratios": ratios}


if __name__ == "__main__":
    main()
