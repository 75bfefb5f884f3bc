"""How WeCom numbers the ways in which a tie begins and ends.

`add_way` of externalcontact/get, `JoinScene` and `QuitScene` of change_external_chat
(developer.work.weixin.qq.com/document/path/92114 and 92130). A number that is not here is unknown.
"""

WECOM_ADD_WAYS = {
    0: "unknown",
    1: "scan",
    2: "phone_search",
    3: "card",
    4: "group",
    5: "phone_book",
    6: "wechat_contact",
    8: "outside_app",
    9: "email_search",
    10: "video_channel",
    11: "calendar",
    12: "meeting",
    13: "wechat_friend",
    14: "hardware",
    15: "door_service",
    16: "acquisition_link",
    17: "custom",
    18: "demand",
    201: "colleague",
    202: "assigned",
}
WECOM_JOIN_SCENES = {0: "invited", 1: "invited", 2: "link", 3: "scan"}
WECOM_QUIT_SCENES = {0: "left", 1: "removed"}
