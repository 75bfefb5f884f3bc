from django.urls import path

from guanxi.console.account import views

urlpatterns = [
    path("account", views.account, name="account"),
    path("account/name", views.set_name, name="account_name"),
    path("account/password", views.set_password, name="account_password"),
    path("account/sessions/others/end", views.end_other_sessions, name="account_sessions_end"),
    path("account/sessions/<str:name>/end", views.end_session, name="account_session_end"),
]
