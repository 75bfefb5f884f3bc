from django.urls import path

from guanxi.console.notices import views

urlpatterns = [
    path("notices", views.notices, name="notices"),
    path("notices/bell", views.bell_alone, name="notices_bell"),
    path("notices/read", views.read_all, name="notices_read"),
    path("notices/<str:public_id>", views.open_notice, name="notice_open"),
]
