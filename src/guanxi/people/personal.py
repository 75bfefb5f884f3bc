"""What the rows and files of this room say of people."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from guanxi.kit.personal import Erasure, Kind, Store, Table, Who, declare
from guanxi.people import models
from guanxi.people.operations import attachments
from guanxi.people.operations.personal import exporting, journals


def merges_of(whom: Who) -> QuerySet[models.Merge]:
    return models.Merge.objects.filter(Q(keep__in=whom.people) | Q(drop__in=whom.people))


def pairs_of(whom: Who) -> QuerySet[models.Pair]:
    return models.Pair.objects.filter(Q(first__in=whom.people) | Q(second__in=whom.people))


GONE = {
    "level": "visitor",
    "owner": None,
    "unit": None,
    "salt": None,
    "import_id": None,
    "last_seen_at": None,
    "fewer_messages": False,
}

declare(
    Table(
        models.Person,
        "person",
        personal="name sort_key country language source",
        pseudonym="id public_id merged_into_id import_id",
        sensitive="salt",
        plain="level owner_id unit_id created_at last_seen_at fewer_messages has_email has_phone erased_at",
        found="id",
        shows={"owner": "owner__name", "unit": "unit__name"},
        erasure=Erasure.EMPTIED,
        cut=GONE,
        why="An empty row under the same public id, for orders and messages that are counted.",
    ),
    Table(
        models.NameWord,
        "name_words",
        personal="word",
        pseudonym="person_id",
        plain="id",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Identity,
        "identities",
        personal="sealed plain last4 within",
        pseudonym="public_id person_id lookup import_id",
        plain="id kind verified_at shared_at source created_at",
        found="person",
        sealed="sealed",
        erasure=Erasure.REMOVED,
    ),
    Table(models.OwnKind, plain="id public_id key label trust keeps single place created_at"),
    Table(
        models.Sighting,
        "sightings",
        pseudonym="identity_id person_id",
        plain="id at",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Pair,
        pseudonym="public_id first_id second_id by_id",
        plain="id origin evidence weight state found_at decided_at",
        found=pairs_of,
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.DuplicateSearch,
        pseudonym="by_id",
        plain="id public_id state people found asked_at finished_at lease_until holder",
        whose="staff",
        why="That staff searched for duplicates, and when.",
    ),
    Table(
        models.Merge,
        pseudonym="public_id keep_id drop_id identity event by_id undone_by_id",
        plain="id rule kind source picks at undone_at",
        found=merges_of,
        erasure=Erasure.REMOVED,
    ),
    Table(models.Moved, pseudonym="row origin_id", plain="id merge_id table", found="origin", erasure=Erasure.REMOVED),
    Table(
        models.Lent,
        "lent",
        personal="own lent",
        pseudonym="person_id",
        plain="id what",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(models.Field, plain="id public_id key label kind"),
    Table(
        models.Trait,
        "fields",
        personal="value number",
        pseudonym="person_id import_id",
        plain="id field_id set_at",
        found="person",
        shows={"key": "field__key", "label": "field__label"},
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.LevelProof,
        "levels",
        personal="label",
        pseudonym="person_id reference import_id",
        plain="id level proof since ended_at ended_by",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Membership,
        "memberships",
        personal="label",
        pseudonym="public_id person_id import_id",
        plain="id since proof ended_at ended_by",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Strength,
        "strength",
        pseudonym="person_id",
        plain="id strong_until neutral_until",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Note,
        "notes",
        personal="sealed",
        pseudonym="public_id person_id by_id",
        plain="id at",
        found="person",
        sealed="sealed",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Attachment,
        "attachments",
        personal="name",
        pseudonym="public_id person_id by_id",
        plain="id media_type size at",
        found="person",
        sealed="name",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.PersonExport,
        "exports",
        pseudonym="public_id person_id by_id",
        plain="id state parts parts_done size attempts lease_until requested_at finished_at expires_at",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.PersonErasure,
        pseudonym="public_id person_id by_id",
        plain="id state step attempts due_at problem requested_at finished_at",
        found="person",
        why="That and when the person was erased.",
    ),
    Table(
        models.SavedView,
        pseudonym="by_id",
        plain="id public_id name asked shared created_at",
        whose="staff",
        why="A list as staff asked for it.",
    ),
    Table(
        models.Bulk,
        pseudonym="public_id by_id",
        plain="id act value chosen state problem total done through changed restored skipped kept created_at "
        "finished_at undone_at",
        whose="staff",
        why="One change of many people, as staff asked for it.",
    ),
    Table(
        models.BulkRow,
        "changes_of_many",
        personal="before",
        pseudonym="person",
        plain="id of_id outcome",
        found="person",
        shows={"of": "of__public_id"},
        erasure=Erasure.REMOVED,
    ),
    Table(models.FirstView, pseudonym="staff_id", plain="id view_id", whose="staff", why="A choice of staff."),
    Table(
        models.BulkRow,
        "bulk_changes",
        personal="before",
        pseudonym="person",
        plain="id of_id outcome",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Import,
        "imports",
        personal="sheet check_report",
        pseudonym="public_id by_id",
        plain="id kind filename size sha256 mapping options state problem total_rows done_rows created updated "
        "unchanged rejected stop_asked lease_until holder created_at started_at finished_at undone_at undo_report",
        export=journals.imports_of,
        erase=journals.forget_uploads,
        busy=journals.uploads_at_work,
        erasure=Erasure.EMPTIED,
        why="That a file came in. The sample rows of the person go.",
    ),
    Table(
        models.ImportReject,
        "import_rejects",
        personal="detail cells",
        plain="id of_id phase row_no reason",
        export=journals.rejects_of,
        erase=journals.forget_rejects,
        erasure=Erasure.EMPTIED,
        why="That a row of a file stayed out, and why; seven days.",
    ),
    Table(
        models.ImportChange,
        "import_changes",
        personal="before after",
        pseudonym="row",
        plain="id of_id table",
        export=journals.changes_of,
        erase=journals.forget_changes,
        erasure=Erasure.REMOVED,
    ),
    Store(
        "files: attachments",
        columns={"content": Kind.PERSONAL},
        files=attachments.files_of,
        erase=attachments.forget_files,
    ),
    Store(
        "files: exports",
        columns={"content": Kind.PERSONAL},
        erase=exporting.forget_exports,
        why="Made at the person's request; gone after a day.",
    ),
    Store(
        "files: uploads",
        columns={"content": Kind.PERSONAL},
        why="Files on their way in; gone when they are in, or after seven days. One that tells of the person goes.",
    ),
)
