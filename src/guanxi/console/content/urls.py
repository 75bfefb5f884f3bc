from django.urls import path

from guanxi.console.content import views

urlpatterns = [
    path("content", views.contents_list, name="contents"),
    path("content/new", views.new_content, name="content_new"),
    path("content/preview", views.preview_draft, name="content_preview_draft"),
    path("content/test", views.test, name="content_test"),
    path("content/<str:public_id>", views.content, name="content"),
    path("content/<str:public_id>/delete", views.delete_content, name="content_delete"),
    path("content/<str:public_id>/preview", views.preview, name="content_preview"),
]
