from django.urls import path

from guanxi.console.gallery.views import gallery
from guanxi.console.session import joining, passkeys, second, views
from guanxi.console.session.frame import set_frame

urlpatterns = [
    path("", views.start, name="start"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/passkey", views.sign_in_passkey, name="sign_in_passkey"),
    path("sign-in/second", second.second_step, name="second_step"),
    path("sign-in/<str:token>", views.sign_in_link, name="sign_in_link"),
    path("passkey/options", passkeys.options, name="passkey_options"),
    path("confirm", views.confirm, name="confirm"),
    path("join/<str:token>", joining.invitation, name="join"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("language", views.set_language, name="set_language"),
    path("theme", views.set_theme, name="set_theme"),
    path("frame", set_frame, name="set_frame"),
    path("gallery/", gallery, name="gallery"),
]
