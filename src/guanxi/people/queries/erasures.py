"""How people who are to be forgotten get on."""

from __future__ import annotations

from django.db.models import Count

from guanxi.people.models import JobState, PersonErasure

__all__ = ["erasures_by_state", "stuck_erasure"]


def erasures_by_state() -> dict[str, int]:
    """Those that are not done."""
    states = {state.value: 0 for state in (JobState.WAITING, JobState.WORKING, JobState.FAILED)}
    found = PersonErasure.objects.filter(state__in=states).values_list("state").annotate(Count("pk"))
    return states | dict(found)


def stuck_erasure() -> PersonErasure | None:
    """The oldest that could not run: a part of somebody is still kept."""
    found: PersonErasure | None = PersonErasure.objects.filter(state=JobState.FAILED).order_by("pk").first()
    return found
