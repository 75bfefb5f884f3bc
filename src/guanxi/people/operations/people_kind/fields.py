"""The columns that an import of people understands, by the names that files give them."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from guanxi.people.port import ON_MATCH, Choice, ImportField, ImportOption, Text

FIELDS = (
    ImportField(
        "name",
        _("Name"),
        synonyms=(
            *("name", "full name", "person", "contact", "customer name", "contact name", "display name"),
            *(
                "姓名",
                "名字",
                "名称",
                "用户",
                "用户姓名",
                "客户姓名",
                "联系人",
                "이름",
                "성명",
                "고객명",
                "사용자",
                "성함",
            ),
        ),
        example="王小明",
    ),
    ImportField(
        "email",
        _("E-mail"),
        synonyms=(
            *("email", "e-mail", "mail", "email address", "e-mail address", "mailbox"),
            *(
                "邮箱",
                "电子邮箱",
                "邮件",
                "电子邮件",
                "邮箱地址",
                "邮件地址",
                "이메일",
                "메일",
                "전자우편",
                "이메일 주소",
            ),
        ),
        example="lin@example.test",
    ),
    ImportField(
        "phone",
        _("Phone"),
        synonyms=(
            *(
                "phone",
                "mobile",
                "telephone",
                "tel",
                "cell",
                "phone number",
                "mobile number",
                "mobile phone",
                "cellphone",
            ),
            *("手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "移动电话"),
            *("전화", "전화번호", "휴대폰", "휴대전화", "휴대폰 번호", "핸드폰", "연락처"),
        ),
        example="138 0000 2210",
        help=_("Without a country code it is read as a number of the workspace's country."),
    ),
    ImportField(
        "customer_number",
        _("Customer number"),
        synonyms=(
            *("customer number", "customer no", "customer id", "customerid", "member number", "member id", "user id"),
            *("household id", "household", "client id", "external id", "id", "no"),
            *(
                "客户编号",
                "客户号",
                "会员号",
                "会员编号",
                "用户编号",
                "用户id",
                "编号",
                "고객번호",
                "고객 번호",
                "회원번호",
                "고객id",
                "회원id",
            ),
        ),
        example="C-10024",
        help=_("The number by which your shop or till knows this person."),
    ),
    ImportField(
        "owner",
        _("Owner"),
        synonyms=(
            *("owner", "advisor", "sales", "sales rep", "account manager", "assigned to", "salesperson"),
            *(
                "归属人",
                "顾问",
                "跟进人",
                "负责人",
                "销售",
                "客户经理",
                "담당자",
                "어드바이저",
                "영업 담당",
                "담당 직원",
            ),
        ),
        help=_("The e-mail address or the name of a member of staff."),
    ),
    ImportField(
        "unit",
        _("Unit"),
        synonyms=(
            *("unit", "store", "shop", "branch", "department", "region"),
            *("部门", "门店", "店铺", "分店", "区域", "조직", "조직 단위", "매장", "지점", "부서", "지역"),
        ),
        help=_("The name of a unit of this workspace."),
    ),
    ImportField(
        "language",
        _("Language"),
        synonyms=("language", "locale", "preferred language", "语言", "首选语言", "언어", "선호 언어"),
        example="zh-hans",
    ),
    ImportField(
        "country",
        _("Country"),
        synonyms=("country", "country code", "nation", "国家", "国家代码", "国家/地区", "국가", "국가 코드", "나라"),
        example="CN",
    ),
    ImportField(
        "created",
        _("Known since"),
        synonyms=(
            *("created", "created at", "created date", "date created", "joined", "joined at", "join date", "since"),
            *("registered", "registration date", "known since", "sign up date", "signup date"),
            *("创建时间", "创建日期", "注册时间", "注册日期", "加入时间", "入会时间", "认识时间"),
            *("생성일", "가입일", "등록일", "가입 날짜", "등록 일자"),
        ),
        example="2026-03-14",
    ),
    ImportField(
        "consent",
        _("Marketing consent (e-mail)"),
        synonyms=(
            *("consent", "marketing consent", "email consent", "opt in", "optin", "subscribed", "newsletter", "agreed"),
            *("marketing", "accepts marketing", "email opt in", "marketing consent e-mail"),
            *("同意", "营销同意", "同意营销", "同意接收", "是否同意", "订阅", "邮件订阅", "接受营销"),
            *("수신 동의", "수신동의", "마케팅 동의", "마케팅 수신 동의", "이메일 수신 동의", "구독"),
        ),
        example=_("yes"),
        help=_("yes or no; an empty cell says nothing."),
    ),
    ImportField(
        "member",
        _("Member"),
        synonyms=(
            *("member", "is member", "membership", "loyalty member", "club member"),
            *("会员", "是否会员", "是会员", "회원", "회원 여부", "멤버십"),
        ),
        example=_("yes"),
        help=_("yes or no; an empty cell says nothing."),
    ),
    ImportField(
        "member_since",
        _("Member since"),
        synonyms=("member since", "membership date", "会员日期", "成为会员日期", "회원 등록일", "멤버십 가입일"),
        example="2026-03-14",
        help=_("Without a day they are members from the day of the import on."),
    ),
    ImportField(
        "tags",
        _("Tags"),
        synonyms=(
            *("tags", "tag", "labels", "label", "segments"),
            *("标签", "用户标签", "客户标签", "企业标签", "태그", "고객 태그", "라벨"),
        ),
        example=_("VIP; Taste: Green tea"),
        help=_("Several in a cell, with ; between them; “Group: Tag” says which group is meant. They are added."),
    ),
    ImportField(
        "role",
        _("Role"),
        synonyms=("role", "person role", "user type", "用户类型", "角色", "身份", "역할", "고객 유형"),
        example="consumer",
        help="employee, opinion leader, consumer",
    ),
)

CONSENT = ImportOption(
    "consent",
    _("Marketing consent"),
    (
        Choice(
            "none", _("Not from this file"), _("Nothing is assumed: nobody in it may be sent marketing because of it.")
        ),
        Choice(
            "column", _("By a column of the file"), _("yes gives consent, no refuses it, an empty cell says nothing.")
        ),
        Choice(
            "statement",
            _("All of them agreed"),
            _("You say how; your words, your name and the file are kept as proof."),
        ),
    ),
    "none",
)
CONSENT_TEXT = ImportOption(
    "consent_text",
    _("How they agreed"),
    help=_("For example: “Ticked the newsletter box at the till, spring 2026”."),
)
UNKNOWN_TAG = ImportOption(
    "unknown_tag",
    _("When a tag is not known yet"),
    (
        Choice("create", _("Make it"), _("In the group that stands before it, or else in the group “Imported”.")),
        Choice("leave", _("Leave the tag out")),
        Choice("reject", _("Reject the row")),
    ),
    "create",
    of="tags",
)
OPTIONS = (ON_MATCH, CONSENT, CONSENT_TEXT, UNKNOWN_TAG)

MESSAGES: Mapping[str, Text] = {
    "nobody": _("The row has no e-mail address, phone, customer number or other id, so nobody can be found by it."),
    "bad_email": _("This is not an e-mail address: %(value)s."),
    "bad_plate": _("This is not a plate number: %(value)s."),
    "bad_phone": _(
        "This is not a phone number of the workspace's country: %(value)s. Write the country code first, as in "
        "+86 138 0000 2210."
    ),
    "two_people": _("Its addresses belong to two different people here. Correct the row, or merge the two."),
    "unknown_owner": _("No active member of staff is called %(value)s, or two are. Use the e-mail address."),
    "unknown_unit": _("No unit is called %(value)s, or two are."),
    "unknown_country": _("This is not a country: %(value)s. Write a code such as CN or KR."),
    "unknown_language": _("This is not a language: %(value)s. Write a code such as en, zh-hans or ko."),
    "erased": _("This person was erased; nothing can be added."),
    "no_identity_column": _("Choose a column with e-mail addresses, phones, customer numbers or other ids."),
    "no_consent_column": _("Consent by a column needs a column with e-mail addresses and one that says yes or no."),
    "bad_tag": _("“%(value)s” is not the name of a tag: 30 characters at the most, and none of ; , 、"),
    "unknown_tag": _("There is no tag called %(value)s."),
    "archived_tag": _("The tag %(value)s is archived; nobody new gets it."),
    "ambiguous_tag": _("Two groups have a tag called %(value)s. Write the group before it, with a colon."),
    "two_of_a_group": _("Of the group of %(value)s a person carries one tag only, and the row has two."),
    "too_many_tags": _("There is no room for the new tag %(value)s: 3,000 tags in 200 groups at the most."),
    "bad_role": _("“%(value)s” is not a role. Write employee, opinion leader or consumer."),
    "member_and_not": _("It says that they are no member, and since when they are one."),
    "no_statement": _("Say in a sentence how these people agreed; it is kept as proof."),
}
