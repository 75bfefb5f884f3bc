from django.urls import path

from guanxi.console.people import bulk, edit, notes, personal, saved, views

urlpatterns = [
    path("people", views.people, name="people"),
    path("people/bulk", bulk.bulks, name="bulks"),
    path("people/bulk/new", bulk.new_bulk, name="bulk_new"),
    path("people/bulk/<str:public_id>", bulk.bulk, name="bulk"),
    path("people/bulk/<str:public_id>/stop", bulk.stop, name="bulk_stop"),
    path("people/bulk/<str:public_id>/resume", bulk.resume, name="bulk_resume"),
    path("people/bulk/<str:public_id>/undo", bulk.undo, name="bulk_undo"),
    path("people/views", saved.new_view, name="view_new"),
    path("people/views/<str:public_id>", saved.change_view, name="view_change"),
    path("people/new", edit.new_person, name="person_new"),
    path("people/<str:public_id>/edit", edit.edit_person, name="person_edit"),
    path("people/<str:public_id>/notes", notes.add_note, name="note_new"),
    path("people/<str:public_id>/notes/<str:note_id>/remove", notes.remove_note, name="note_remove"),
    path("people/erasures/<str:public_id>", personal.erasure, name="erasure"),
    path("people/erasures/<str:public_id>/retry", personal.retry_erasure, name="erasure_retry"),
    path("people/<str:public_id>/reveal", personal.reveal, name="person_reveal"),
    path("people/<str:public_id>/data", personal.personal, name="person_data"),
    path("people/<str:public_id>/data/links", personal.preferences_links, name="person_links"),
    path("people/<str:public_id>/data/export", personal.export, name="person_export"),
    path("people/<str:public_id>/data/exports/<str:export_id>", personal.export_file, name="person_export_file"),
    path("people/<str:public_id>/data/erase", personal.erase, name="person_erase"),
    path("people/<str:public_id>/files", personal.attach, name="file_new"),
    path("people/<str:public_id>/files/<str:file_id>", personal.attachment, name="file"),
    path("people/<str:public_id>/files/<str:file_id>/remove", personal.remove_attachment, name="file_remove"),
    path("people/<str:public_id>", views.person, name="person"),
]
