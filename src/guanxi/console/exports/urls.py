from django.urls import path

from guanxi.console.exports import making, views

urlpatterns = [
    path("exports", views.exports_list, name="exports"),
    path("exports/new", making.new_export, name="export_new"),
    path("exports/count", making.count, name="export_count"),
    path("exports/<str:public_id>", views.export, name="export"),
    path("exports/<str:public_id>/file", views.file, name="export_file"),
    path("exports/<str:public_id>/stop", views.stop, name="export_stop"),
    path("exports/<str:public_id>/resume", views.resume, name="export_resume"),
    path("exports/<str:public_id>/remove", views.remove, name="export_remove"),
]
