"""Why a tag was refused, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.people.operations import TagRefused

REFUSALS: dict[str, Any] = {
    "archived": gettext_lazy("%(name)s is archived: nobody new gets it."),
    "both": gettext_lazy("%(name)s cannot be put on and taken off at once."),
    "exclusive": gettext_lazy("Of an exclusive group a person carries one tag. Choose one of them."),
    "not_yours": gettext_lazy("%(name)s is the tag of somebody else."),
    "past": gettext_lazy("The day when it goes must be in the future."),
    "empty": gettext_lazy("Write a name first."),
    "too_long": gettext_lazy("A name holds 30 characters at most."),
    "unseen": gettext_lazy("This holds a character that cannot be seen. Type it again."),
    "separator": gettext_lazy("A name holds no ; no , and no 、 because they stand between names in a file."),
    "taken": gettext_lazy("%(name)s is there already."),
    "too_many": gettext_lazy("There are as many as fit. Archive or delete some that nobody needs."),
    "in_use": gettext_lazy("It is still used. Archive it instead."),
    "asked": gettext_lazy("These audiences ask for it: %(audiences)s. Change their rules first, or archive it."),
    "two_of_them": gettext_lazy("Somebody carries two tags of this group. Take one off each of them first."),
    "other_group": gettext_lazy("Only tags of the same group become one."),
    "same": gettext_lazy("Choose another tag."),
    "merged": gettext_lazy("%(name)s became another tag. Make a new one."),
}


def refusal_words(refusal: TagRefused) -> str:
    audiences = " · ".join(refusal.audiences)
    return str(REFUSALS[refusal.reason] % {"name": refusal.name or _("This tag"), "audiences": audiences})
