"""What people tells the rooms below: how a mirrored row looks, that people come in by file, what follows in a merge."""

from guanxi.events import registry as events
from guanxi.events.models import Fact, Forgotten, Reassigned
from guanxi.people import models
from guanxi.people.operations import PeopleKind
from guanxi.people.operations.tagging.following import follow_tags
from guanxi.people.queries import aliased, mirrored, tags_mirrored
from guanxi.people.registry import Moves, Stays, in_a_merge, register_import_kind

READ_THROUGH = "read through merged_into"
events.mirror("people", mirrored)
events.mirror("aliases", aliased)
events.mirror("tags", tags_mirrored)
events.subscribe("person.merged", follow_tags)
events.subscribe("person.unmerged", follow_tags)
register_import_kind(PeopleKind())
in_a_merge(
    Moves(models.Identity, sealed=("sealed",)),
    Moves(models.PersonTag, one=("slot",)),
    Moves(models.TagRefusal, one=("tag",)),
    Moves(models.LevelProof, one=("level", "proof", "reference", "since")),
    Moves(models.Membership),
    Stays(models.Strength, "person", "counted again for both"),
    Stays(models.Trait, "person", "the newest of all is shown: Lent"),
    Stays(models.GivenDefault, "person", "says what each one got themselves"),
    Stays(models.NameWord, "person", "words of the name that is shown"),
    Stays(models.Person, "merged_into", "is the merge"),
    Stays(models.Sighting, "person", READ_THROUGH),
    Stays(models.Pair, "first", "shown while both stand for themselves"),
    Stays(models.Pair, "second", "shown while both stand for themselves"),
    Stays(models.Merge, "keep", "is the merge"),
    Stays(models.Merge, "drop", "is the merge"),
    Stays(models.Moved, "origin", "is the merge"),
    Stays(models.Lent, "person", "is the merge"),
    Stays(models.Note, "person", READ_THROUGH),
    Stays(models.Attachment, "person", READ_THROUGH),
    Stays(models.PersonExport, "person", "holds what was known of them then"),
    Stays(models.PersonErasure, "person", "an erased person is merged with nobody"),
    Stays(models.BulkRow, "person", "undo of a change goes to whom it changed"),
    Stays(Fact, "person", "read through merged_into, in the lake through aliases"),
    Stays(Reassigned, "person", "says itself whose events lie under whom in the lake"),
    Stays(Forgotten, "person", "an erased person is merged with nobody"),
)
