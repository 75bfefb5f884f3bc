from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from guanxi.audiences.models import Audience
from guanxi.channels.queries import usable_accounts
from guanxi.content.models import Content
from guanxi.reach.models import Broadcast

OFFERED_AT_MOST = 200
PLANNED_AHEAD = timedelta(days=366)


class Choice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Something of this workspace, chosen by its public id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=None, to_field_name="public_id", empty_label=None, **options)


class Whom(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only staff see it."))
    audience = Choice(
        label=_("Audience"),
        error_messages={"required": _("Choose an audience."), "invalid_choice": _("Choose one of these audiences.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].queryset = Audience.objects.order_by("-updated_at", "-pk")  # type: ignore[attr-defined]


class What(forms.Form):
    content = Choice(
        label=_("Content"),
        error_messages={"required": _("Choose what to say."), "invalid_choice": _("Choose one of these contents.")},
    )
    account = Choice(
        label=_("Send from"),
        error_messages={
            "required": _("Choose an account to send from."),
            "invalid_choice": _("Choose one of these accounts."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["content"].queryset = Content.objects.order_by("-updated_at", "-pk")  # type: ignore[attr-defined]
        self.fields["account"].queryset = usable_accounts().order_by("name", "pk")  # type: ignore[attr-defined]


class When(forms.Form):
    start = forms.ChoiceField(
        label=_("When"),
        widget=forms.RadioSelect,
        choices=[("now", _("As soon as I press send")), ("later", _("At a time"))],
    )
    scheduled_at = forms.DateTimeField(
        label=_("Day and time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        error_messages={"invalid": _("Enter a day and a time, such as 2026-12-01 10:00.")},
    )
    hold_out_percent = forms.IntegerField(
        label=_("Hold out, in percent"),
        min_value=0,
        max_value=50,
        help_text=_(
            "So many people, chosen by chance, get nothing. What they buy shows what would have been bought anyway. "
            "0 means that the effect cannot be measured."
        ),
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("start") == "now":
            given["scheduled_at"] = None
        elif "scheduled_at" in given and given["scheduled_at"] is None:
            self.add_error("scheduled_at", _("Enter a day and a time."))
        elif given.get("scheduled_at") and given["scheduled_at"] <= self.now:
            self.add_error("scheduled_at", _("This time is over. Choose a later one, or send at once."))
        elif given.get("scheduled_at") and given["scheduled_at"] > self.now + PLANNED_AHEAD:
            self.add_error("scheduled_at", _("This is more than a year ahead. Choose an earlier day."))
        return given

    @classmethod
    def of(cls, broadcast: Broadcast, *args: Any, now: datetime) -> When:
        initial = {
            "start": "later" if broadcast.scheduled_at else "now",
            "scheduled_at": broadcast.scheduled_at,
            "hold_out_percent": broadcast.hold_out_percent,
        }
        return cls(*args, initial=initial, now=now)
