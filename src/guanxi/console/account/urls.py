from django.urls import path

from guanxi.console.account import passkeys, two_steps, views

urlpatterns = [
    path("account", views.account, name="account"),
    path("account/name", views.set_name, name="account_name"),
    path("account/password", views.set_password, name="account_password"),
    path("account/app", two_steps.authenticator, name="account_app"),
    path("account/app/qr.svg", two_steps.qr_code, name="account_app_qr"),
    path("account/app/remove", two_steps.turn_off, name="account_app_remove"),
    path("account/recovery-codes", two_steps.renew_codes, name="account_codes"),
    path("account/passkeys", passkeys.add, name="passkey_add"),
    path("account/passkeys/options", passkeys.options, name="passkey_add_options"),
    path("account/passkeys/<str:public_id>/remove", passkeys.remove, name="passkey_remove"),
    path("account/devices/<str:public_id>/forget", views.forget_device, name="account_device_forget"),
    path("account/sessions/others/end", views.end_other_sessions, name="account_sessions_end"),
    path("account/sessions/<str:name>/end", views.end_session, name="account_session_end"),
]
