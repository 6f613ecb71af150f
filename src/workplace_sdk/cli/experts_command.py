"""``workplace experts``."""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, yes_option
from workplace_sdk.cli.showing import Columns, show, words
from workplace_sdk.cli.typed import PERSON, draft


@click.group("experts")
def command() -> None:
    """Find colleagues who can help."""


@desk_command("find", group=command)
@click.argument("text", nargs=-1)
@click.option("--topic", multiple=True, help="Knows about this.")
@click.option("--site", help="Only there.")
@click.option("--unit", help="Only in this unit.")
@click.option("--level", type=click.IntRange(1, 5), help="Knows the topics this well or better.")
@click.option("--language", "languages", multiple=True, metavar="TAG", help="Speaks this: nl, en, pt-BR.")
@click.option(
    "--speaks", type=click.Choice(["A1", "A2", "B1", "B2", "C1", "C2", "native"]), help="The languages this well or better."
)
@click.option("--available", is_flag=True, help="Leave out who is known to be away or busy now.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="At most so many.")
def find(
    desk: Desk,
    text: tuple[str, ...],
    topic: tuple[str, ...],
    site: str | None,
    unit: str | None,
    level: int | None,
    languages: tuple[str, ...],
    speaks: str | None,
    available: bool,
    limit: int,
) -> None:
    """Who fits: names, topics, titles and places in any order.

    workplace experts find printer utrecht
    """
    from workplace_sdk.services.experts import ExpertQuery

    if not (text or topic or site or unit or languages):
        raise click.UsageError(words("say who is looked for", "zeg wie er gezocht wordt"))
    query = draft(
        ExpertQuery,
        text=" ".join(text),
        topics=topic,
        topic_level=level,
        site=site,
        organisation=unit,
        languages=languages,
        language_level=speaks,
        available=available,
        limit=limit,
    )
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
@click.argument("who", type=PERSON, required=False)
def show_(desk: Desk, who: Any) -> None:
    """The profile of WHO; your own when left out."""
    show(
        desk.work.experts.get(who),
        {
            words("name", "naam"): "name",
            words("title", "functie"): "job_title",
            words("unit", "afdeling"): "organisation",
            words("place", "plaats"): "site",
            words("room", "kamer"): "room",
            words("manager", "leidinggevende"): "manager.label",
            words("topics", "onderwerpen"): "topics.name",
            words("is", "is"): "responsibilities",
            words("languages", "talen"): "languages",
            words("about", "over"): "about",
            words("reach", "bereikbaar"): "reach.address",
        },
    )


@desk_command("chain", group=command)
@click.argument("who", type=PERSON, required=False)
def chain(desk: Desk, who: Any) -> None:
    """The manager of WHO, the manager's manager and so on."""
    show(desk.work.experts.chain(who), _columns(), empty=("Nobody above.", "Niemand erboven."))


@desk_command("team", group=command)
@click.argument("who", type=PERSON, required=False)
def team(desk: Desk, who: Any) -> None:
    """Who reports to WHO, or shares a manager with them."""
    show(desk.work.experts.team(who), _columns(), empty=("Nobody.", "Niemand."))


@desk_command("who-is", group=command)
@click.argument("responsibility")
@click.option("--site", help="Only there.")
def who_is(desk: Desk, responsibility: str, site: str | None) -> None:
    """Who is there for something.

    workplace experts who-is BHV --site Utrecht
    """
    show(desk.work.experts.who_is(responsibility, site=site), _columns(), empty=("Nobody.", "Niemand."))


@desk_command("members", group=command)
@click.argument("group")
def members(desk: Desk, group: str) -> None:
    """Everyone in GROUP, groups inside it included."""
    show(desk.work.experts.members(group), _columns(), empty=("Nobody.", "Niemand."))


@desk_command("availability", group=command)
@click.argument("people", type=PERSON, nargs=-1, required=True)
def availability(desk: Desk, people: tuple[Any, ...]) -> None:
    """Whether PEOPLE can be reached now, and when else; never why not."""
    show(
        desk.work.experts.availability(people),
        {
            words("who", "wie"): "person.label",
            words("now", "nu"): "now",
            words("until", "tot"): "until",
            words("next free", "weer vrij"): "next_free",
            words("stands in", "vervangt"): "backup.label",
        },
    )


@desk_command("reach", group=command)
@click.argument("who", type=PERSON)
def reach(desk: Desk, who: Any) -> None:
    """Ways to reach WHO, the preferred one first."""
    columns = {words("way", "manier"): "channel", words("address", "adres"): "address"}
    show(desk.work.experts.reach(who), columns, empty=("No way is known.", "Er is geen manier bekend."))


@desk_command("topics", group=command)
@click.argument("topics", nargs=-1, required=True)
@key_option
@yes_option
def topics(desk: Desk, topics: tuple[str, ...], key: Any, yes: bool) -> None:
    """Say what you know about; replaces what you said before."""
    from workplace_sdk.services.experts import SkillClaim

    claims = tuple(draft(SkillClaim, name=name) for name in topics)
    show(
        agreed(desk.work.experts.update_topics, claims, yes=yes, key=key),
        {words("name", "naam"): "name", words("topics", "onderwerpen"): "topics.name"},
    )


def _columns() -> Columns:
    return {
        words("name", "naam"): "name",
        words("title", "functie"): "job_title",
        words("e-mail", "e-mail"): "person.email",
        words("place", "plaats"): "site",
    }
