"""Who may do what: workspaces, units, staff, sign-in, and what people agreed to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, name: str = "", password: str | None = None) -> User:
        user = User(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A login. What it may do in a workspace is its Staff row there."""

    public_id = PublicId("usr")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class Workspace(models.Model):
    """One brand's world. `id` is the key of every lock."""

    public_id = PublicId("wsp")
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, default="CN")
    timezone = models.CharField(max_length=64, default="Asia/Shanghai")
    currency = models.CharField(max_length=3, default="CNY")
    language = models.CharField(max_length=10, default="en")
    needs_second_step = models.BooleanField(default=False)
    idle_hours = models.PositiveSmallIntegerField(default=12, db_default=12)
    session_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    is_demo = models.BooleanField(default=False)
    clock_shift = models.DurationField(default=timedelta(0))
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class SignInLink(models.Model):
    """A link that signs in once; only its hash is kept. An owner makes it for one workspace, the server for all."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    made_for = models.ForeignKey(Workspace, null=True, on_delete=models.CASCADE, related_name="+")
    invites = models.BooleanField(default=False)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class RememberedDevice(models.Model):
    """A device on which a login need not take the second step for a while; only the hash of its cookie is kept."""

    public_id = PublicId("dev")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class SignInFailure(models.Model):
    """A wrong password, until the worker has told the workspaces of that login; without one, none has that address."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()


class Authenticator(models.Model):
    """The app that shows a login its codes (RFC 6238). `last_step` is that of the last code used: none works twice."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    secret = models.BinaryField(max_length=100)
    last_step = models.BigIntegerField()
    added_at = models.DateTimeField()


class RecoveryCode(models.Model):
    """Stands in once for an app or passkey that is lost; only its keyed hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    code_hash = models.BinaryField(max_length=16)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code_hash"], name="one_recovery_code")]


class Passkey(models.Model):
    """A key on a device of the login (WebAuthn); the private half never leaves that device."""

    public_id = PublicId("psk")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField(max_length=2000)
    sign_count = models.BigIntegerField()
    transports: models.JSONField[Any, Any] = models.JSONField(default=list)
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Unit(WorkspaceRow):
    """A region, store or department; `path` holds the ids from the top, so that "and below" is a prefix."""

    public_id = PublicId("unt")
    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=400)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "path"])]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", pgettext_lazy("role", "Owner")
    MANAGER = "manager", _("Manager")
    OPERATOR = "operator", _("Operator")
    ADVISOR = "advisor", _("Advisor")
    ANALYST = "analyst", _("Analyst")
    AUDITOR = "auditor", _("Auditor")
    INTEGRATOR = "integrator", _("Integrator")


class Staff(WorkspaceRow):
    """A login's place in a workspace."""

    public_id = PublicId("stf")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_invited = models.BooleanField(default=False)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "user"], name="one_staff_a_login")]

    def __str__(self) -> str:
        return self.name


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("Marketing")
    TRANSACTIONAL = "transactional", _("About an order or account")


class ConsentEntry(WorkspaceRow):
    """One line of the consent ledger; never changed. Keyed by the address, so that it outlives merge and erasure."""

    public_id = PublicId("cns")
    channel = models.CharField(max_length=20)
    address = models.BinaryField(max_length=16)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    granted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=40)
    proof = models.JSONField(default=dict)
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "channel", "address", "purpose", "at"]),
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="consent_of_import",
            ),
        ]


class Consent(WorkspaceRow):
    """What the ledger says now, one row an address and purpose: read by the governor for whole audiences."""

    channel = models.CharField(max_length=20)
    address = models.BinaryField(max_length=16)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    granted = models.BooleanField()
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "channel", "address", "purpose"], name="one_consent_an_address"
            )
        ]


class SuppressionReason(models.TextChoices):
    HARD_BOUNCE = "hard_bounce", _("the mailbox does not exist")
    COMPLAINT = "complaint", _("they reported a message as spam")
    MANUAL = "manual", _("staff put them on the list")


class Suppression(WorkspaceRow):
    """An address that gets nothing, whatever it agreed to."""

    public_id = PublicId("sup")
    channel = models.CharField(max_length=20)
    address = models.BinaryField(max_length=16)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "channel", "address"], name="one_suppression_an_address")
        ]


class AuditEntry(WorkspaceRow):
    """One act in the audit log; never changed. `hash` covers the other columns and the hash of the entry before."""

    public_id = PublicId("adt")
    number = models.BigIntegerField()
    at = models.DateTimeField()
    act = models.CharField(max_length=40)
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "number"], name="one_entry_a_number")]
        indexes = [
            models.Index(fields=["workspace_id", "act", "-number"]),
            models.Index(fields=["workspace_id", "by", "-number"]),
            models.Index(fields=["workspace_id", "subject", "-number"]),
        ]


class AuditHead(WorkspaceRow):
    """How long the audit log is and how it ends, under a seal that the root key makes."""

    count = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="one_audit_head_a_workspace")]


class ApiKey(WorkspaceRow):
    """Lets a program in, with these scopes and the people of who made it. `busy_until` counts its requests."""

    public_id = PublicId("key")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=20)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    scopes: models.JSONField[Any, Any] = models.JSONField(default=list)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "-created_at", "-id"])]

    def __str__(self) -> str:
        return self.name


class ApiAnswer(WorkspaceRow):
    """What a request with an idempotency key was answered; `status` is empty while it is being answered."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+", db_index=False)
    mark = models.BinaryField(max_length=32)
    request = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    headers: models.JSONField[Any, Any] = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["key", "mark"], name="one_answer_a_mark")]
        indexes = [models.Index(fields=["workspace_id", "at"])]


class Notice(WorkspaceRow):
    """Told to one member of staff: something that they started is over, or needs them. `kind` is `noun.past_verb`,
    `name` what they call it, `detail` a few counts."""

    public_id = PublicId("ntc")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    name = models.CharField(max_length=200, blank=True)
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["staff", "-id"]),
            models.Index(fields=["staff"], condition=models.Q(read_at=None), name="notice_unread"),
        ]


class DemoThing(WorkspaceRow):
    """What the demo brought, by its public id: files, with all that came in by them, and what was set up beside."""

    thing = models.CharField(max_length=40)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "thing"], name="one_mark_a_demo_thing")]


class DemoClearing(WorkspaceRow):
    """The data of the demo are asked to go. Without `finished_at` the worker is at it."""

    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    people = models.BigIntegerField()
    removed = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class Heartbeat(models.Model):
    """When a process of the installation was last alive; `guanxi doctor` reads it."""

    process = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict)
