from guanxi.people.operations.attachments import FileRefused, attach_file, name_of, read_file, remove_file
from guanxi.people.operations.bulk import BulkRefused, bulk_lane, resume_bulk, start_bulk, stop_bulk, undo_bulk
from guanxi.people.operations.creating import IdentityTaken, create_person
from guanxi.people.operations.editing import IdentityChange, PersonChanged, PersonEdit, edit_person
from guanxi.people.operations.handing_over import HandoverRefused, hand_over
from guanxi.people.operations.imports import work_import
from guanxi.people.operations.imports.choosing import ChoiceRefused, choose_columns, choose_options
from guanxi.people.operations.imports.controlling import (
    cancel_import,
    check_import,
    fail_import,
    resume_import,
    run_import,
    sweep,
    undo_import,
)
from guanxi.people.operations.imports.starting import choose_sheet, start_import
from guanxi.people.operations.imports.states import ImportRefused
from guanxi.people.operations.journal import RemoveRows, RestoreChanges, note_changes
from guanxi.people.operations.levels import Proof, TakeBackProofs, end_proof, prove_level
from guanxi.people.operations.linking import Answer, Call, link_many
from guanxi.people.operations.members import Joining, MembershipRefused, join, leave, members_join, members_leave
from guanxi.people.operations.merging import (
    MergeRefused,
    SearchRefused,
    ToMerge,
    decide_pair,
    merge_many,
    merge_people,
    search_duplicates,
    search_lane,
    undo_merge,
)
from guanxi.people.operations.notes import NoteRefused, add_note, remove_note
from guanxi.people.operations.own_kinds import KindRefused, KindWanted, add_kind, change_kind, remove_kind
from guanxi.people.operations.people_kind import PeopleKind
from guanxi.people.operations.personal import (
    ErasureRefused,
    ExportRefused,
    erase_person,
    export_person,
    read_export,
    retry_erasure,
    work_personal,
)
from guanxi.people.operations.preferring import set_preferences
from guanxi.people.operations.revealing import RevealRefused, reveal
from guanxi.people.operations.seeing import saw
from guanxi.people.operations.views import ViewRefused, change_view, delete_view, open_first, save_view

__all__ = [
    "Answer",
    "BulkRefused",
    "Call",
    "ChoiceRefused",
    "ErasureRefused",
    "ExportRefused",
    "FileRefused",
    "HandoverRefused",
    "IdentityChange",
    "IdentityTaken",
    "ImportRefused",
    "Joining",
    "KindRefused",
    "KindWanted",
    "MembershipRefused",
    "MergeRefused",
    "NoteRefused",
    "PeopleKind",
    "PersonChanged",
    "PersonEdit",
    "Proof",
    "RemoveRows",
    "RestoreChanges",
    "RevealRefused",
    "SearchRefused",
    "TakeBackProofs",
    "ToMerge",
    "ViewRefused",
    "add_kind",
    "add_note",
    "attach_file",
    "bulk_lane",
    "cancel_import",
    "change_kind",
    "change_view",
    "check_import",
    "choose_columns",
    "choose_options",
    "choose_sheet",
    "create_person",
    "decide_pair",
    "delete_view",
    "edit_person",
    "end_proof",
    "erase_person",
    "export_person",
    "fail_import",
    "hand_over",
    "join",
    "leave",
    "link_many",
    "members_join",
    "members_leave",
    "merge_many",
    "merge_people",
    "name_of",
    "note_changes",
    "open_first",
    "prove_level",
    "read_export",
    "read_file",
    "remove_file",
    "remove_kind",
    "remove_note",
    "resume_bulk",
    "resume_import",
    "retry_erasure",
    "reveal",
    "run_import",
    "save_view",
    "saw",
    "search_duplicates",
    "search_lane",
    "set_preferences",
    "start_bulk",
    "start_import",
    "stop_bulk",
    "sweep",
    "undo_bulk",
    "undo_import",
    "undo_merge",
    "work_import",
    "work_personal",
]
