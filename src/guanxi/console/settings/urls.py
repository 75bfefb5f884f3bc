from django.urls import path

from guanxi.console.settings import audit, channels, keys, member, security, staff, suppressions, trying

urlpatterns = [
    path("settings/audit", audit.audit_log, name="audit"),
    path("settings/audit/verify", audit.verify, name="audit_verify"),
    path("settings/channels", channels.channels_list, name="channels"),
    path("settings/channels/new", channels.new_channel, name="channel_new"),
    path("settings/channels/<str:public_id>", channels.channel, name="channel"),
    path("settings/channels/<str:public_id>/active", channels.switch, name="channel_switch"),
    path("settings/channels/<str:public_id>/reconnect", channels.reconnect, name="channel_reconnect"),
    path("settings/channels/<str:public_id>/check", trying.check, name="channel_check"),
    path("settings/channels/<str:public_id>/test", trying.test, name="channel_test"),
    path("settings/channels/<str:public_id>/domain", trying.domain, name="channel_domain"),
    path("settings/channels/<str:public_id>/key", trying.key, name="channel_key"),
    path("settings/suppressions", suppressions.suppressions, name="suppressions"),
    path("settings/keys", keys.keys, name="keys"),
    path("settings/keys/new", keys.new_key, name="key_new"),
    path("settings/keys/<str:public_id>/revoke", keys.revoke, name="key_revoke"),
    path("settings/staff", staff.staff, name="staff"),
    path("settings/staff/new", member.new_staff, name="staff_new"),
    path("settings/staff/<str:public_id>", member.member, name="staff_member"),
    path("settings/staff/<str:public_id>/access", member.change_access, name="staff_access"),
    path("settings/staff/<str:public_id>/link", member.new_link, name="staff_link"),
    path("settings/staff/<str:public_id>/invite", member.invite_again, name="staff_invite"),
    path("settings/staff/<str:public_id>/withdraw", member.withdraw, name="staff_withdraw"),
    path("settings/staff/<str:public_id>/one-step", member.remove_second_step, name="staff_one_step"),
    path("settings/security", security.security, name="security"),
    path("settings/units/new", staff.new_unit, name="unit_new"),
]
