"""In a web application: one workplace for the process, a view of it for each request, async."""

import asyncio

from workplace_sdk.services.experts import ExpertQuery
from workplace_sdk.testing import sample_workplace


async def page() -> None:
    """Two requests of different people at once."""
    with sample_workplace() as sample:
        sanne, joao = sample.person("sanne"), sample.person("joao")
        balances, helpers = await asyncio.gather(
            sanne.leave.balances.aio(),
            joao.experts.find.aio(ExpertQuery(text="printer")),
        )
        print(balances[0].available, helpers[0].expert.name)


asyncio.run(page())
