"""Ask for a week off, see what it costs, and have it approved."""

from datetime import date

from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import Decision
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.testing import sample_workplace

with sample_workplace() as sample:
    sanne, mehmet = sample.person("sanne"), sample.person("mehmet")
    draft = LeaveDraft.between("Vakantie", date(2026, 4, 27), date(2026, 5, 1))
    preview = sanne.leave.submit.preview(draft)
    for line in preview.lines:
        print(line.en)
    request = sanne.leave.submit(draft, key=Key(preview.key))
    decided = mehmet.leave.decide(request.ref, Decision.APPROVE)
    print(decided.ref, decided.total, decided.status)
    assert str(decided.total) == "18 hours"
