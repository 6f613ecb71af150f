"""What rooms have and people do not eat, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from workplace_sdk.kernel.words import Words
from workplace_sdk.services.rooms_models import Diet, Feature, Layout

FEATURES: Final[Mapping[str, Words]] = {
    Feature.PROJECTOR: Words("projector", "beamer"),
    Feature.DISPLAY: Words("display", "beeldscherm"),
    Feature.VIDEO_CONFERENCE: Words("video conference", "videovergaderen"),
    Feature.AUDIO_CONFERENCE: Words("audio conference", "telefonisch vergaderen"),
    Feature.WHITEBOARD: Words("whiteboard", "whiteboard"),
    Feature.PHONE: Words("phone", "telefoon"),
    Feature.HEARING_LOOP: Words("hearing loop", "ringleiding"),
    Feature.STEP_FREE: Words("step free", "drempelvrij"),
    Feature.HEIGHT_DESK: Words("height-adjustable desk", "in hoogte verstelbaar bureau"),
    Feature.CATERING: Words("catering", "catering"),
    Feature.DAYLIGHT: Words("daylight", "daglicht"),
    Feature.AIR_CONDITIONING: Words("air conditioning", "airconditioning"),
    Layout.BOARD: Words("board layout", "vergaderopstelling"),
    Layout.U_SHAPE: Words("U shape", "U-vorm"),
    Layout.CLASSROOM: Words("classroom layout", "schoolopstelling"),
    Layout.THEATRE: Words("theatre layout", "theateropstelling"),
    Layout.CABARET: Words("cabaret layout", "cabaretopstelling"),
    Layout.RECEPTION: Words("reception layout", "receptieopstelling"),
}
DIETS: Final[Mapping[str, Words]] = {
    Diet.VEGETARIAN: Words("vegetarian", "vegetarisch"),
    Diet.VEGAN: Words("vegan", "veganistisch"),
    Diet.HALAL: Words("halal", "halal"),
    Diet.KOSHER: Words("kosher", "koosjer"),
    Diet.GLUTEN_FREE: Words("gluten free", "glutenvrij"),
    Diet.LACTOSE_FREE: Words("lactose free", "lactosevrij"),
    Diet.NUT_FREE: Words("nut free", "notenvrij"),
    Diet.OTHER: Words("another diet", "een ander dieet"),
}


def spoken(name: str, known: Mapping[str, Words]) -> Words:
    """*name* as people say it; as it is when there are no words for it."""
    plain = name.replace("_", " ")
    return known.get(name) or Words(plain, plain)


def listed(names: Iterable[str], known: Mapping[str, Words] = FEATURES) -> Words:
    """Several of them, by name."""
    words = [spoken(name, known) for name in sorted(names)]
    return Words(", ".join(one.en for one in words), ", ".join(one.nl for one in words))
