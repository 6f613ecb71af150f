"""``workplace experts``."""

from __future__ import annotations

import click

from workplace_sdk.cli.common import Desk, agreed, desk_command, draft, key_option, person, yes_option
from workplace_sdk.cli.showing import show, words


@click.group("experts")
def command() -> None:
    """Find colleagues who can help."""


@desk_command("find", group=command)
@click.argument("text", nargs=-1)
@click.option("--topic", multiple=True, help="Knows about this.")
@click.option("--site", help="Only there.")
@click.option("--unit", help="Only in this unit.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
def find(desk: Desk, text: tuple[str, ...], topic: tuple[str, ...], site: str | None, unit: str | None, limit: int) -> None:
    """Who fits: names, topics, titles and places in any order. workplace experts find printer utrecht"""
    from workplace_sdk.services.experts import ExpertQuery

    query = draft(ExpertQuery, text=" ".join(text), topics=topic, site=site, organisation=unit, limit=limit)
    show(
        desk.work.experts.find(query),
        {
            words("name", "naam"): "expert.name",
            words("title", "functie"): "expert.job_title",
            words("place", "plaats"): "expert.site",
            words("e-mail", "e-mail"): "expert.person.email",
            words("score", "score"): "score",
            words("why", "waarom"): "reasons",
        },
        empty=("Nobody fits.", "Niemand past hierbij."),
    )


@desk_command("show", group=command)
@click.argument("who", required=False)
def show_(desk: Desk, who: str | None) -> None:
    """The profile of WHO; your own when left out."""
    show(
        desk.work.experts.get(person(who)),
        {
            words("name", "naam"): "name",
            words("title", "functie"): "job_title",
            words("unit", "afdeling"): "organisation",
            words("place", "plaats"): "site",
            words("room", "kamer"): "room",
            words("manager", "leidinggevende"): "manager.label",
            words("topics", "onderwerpen"): "topics",
            words("is", "is"): "responsibilities",
            words("reach", "bereikbaar"): "reach",
        },
    )


@desk_command("chain", group=command)
@click.argument("who", required=False)
def chain(desk: Desk, who: str | None) -> None:
    """The manager of WHO, the manager's manager and so on."""
    show(desk.work.experts.chain(person(who)), _columns(), empty=("Nobody above.", "Niemand erboven."))


@desk_command("team", group=command)
@click.argument("who", required=False)
def team(desk: Desk, who: str | None) -> None:
    """Who reports to WHO, or shares a manager with them."""
    show(desk.work.experts.team(person(who)), _columns())


@desk_command("who-is", group=command)
@click.argument("responsibility")
@click.option("--site", help="Only there.")
def who_is(desk: Desk, responsibility: str, site: str | None) -> None:
    """Who is there for something: workplace experts who-is first-aider --site Utrecht"""
    show(desk.work.experts.who_is(responsibility, site=site), _columns(), empty=("Nobody.", "Niemand."))


@desk_command("topics", group=command)
@click.argument("topics", nargs=-1, required=True)
@key_option
@yes_option
def topics(desk: Desk, topics: tuple[str, ...], key: str | None, yes: bool) -> None:
    """Say what you know about; replaces what you said before."""
    from workplace_sdk.services.experts import SkillClaim

    claims = tuple(draft(SkillClaim, name=name) for name in topics)
    show(
        agreed(desk.work.experts.update_topics, claims, yes=yes, key=key),
        {words("name", "naam"): "name", words("topics", "onderwerpen"): "topics"},
    )


def _columns() -> dict[str, str]:
    return {
        words("name", "naam"): "name",
        words("title", "functie"): "job_title",
        words("e-mail", "e-mail"): "person.email",
        words("place", "plaats"): "site",
    }
