"""When tags become one, the rules that gave the one give the other; who is in an audience is asked anew in a merge."""

from guanxi.audiences.models import AudienceMember
from guanxi.audiences.operations.tagging import follow_merged_tags
from guanxi.audiences.queries.fields import needing
from guanxi.audiences.queries.tagging import asking_for
from guanxi.events import registry as events
from guanxi.people.registry import Stays, asks_for_tags, in_a_merge, needs_fields

events.subscribe("tags.merged", follow_merged_tags)
in_a_merge(Stays(AudienceMember, "person", "asked anew for both"))
needs_fields(needing)
asks_for_tags(asking_for)
