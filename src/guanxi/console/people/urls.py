from django.urls import path

from guanxi.console.people import edit, notes, saved, views

urlpatterns = [
    path("people", views.people, name="people"),
    path("people/views", saved.new_view, name="view_new"),
    path("people/views/<str:public_id>", saved.change_view, name="view_change"),
    path("people/new", edit.new_person, name="person_new"),
    path("people/<str:public_id>/edit", edit.edit_person, name="person_edit"),
    path("people/<str:public_id>/notes", notes.add_note, name="note_new"),
    path("people/<str:public_id>/notes/<str:note_id>/remove", notes.remove_note, name="note_remove"),
    path("people/<str:public_id>", views.person, name="person"),
]
