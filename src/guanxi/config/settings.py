"""Every setting comes from the environment; nothing here differs between a laptop and a cluster but its values."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from guanxi.kit import logs

SOURCE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("GUANXI_HOME", "~/.guanxi")).expanduser()
FILES = HOME / "files"
LAKE: Path | str = os.environ.get("GUANXI_LAKE", str(HOME / "lake"))
LAKE = LAKE if "://" in str(LAKE) else Path(LAKE)
LAKE_ENGINE = os.environ.get("GUANXI_LAKE_ENGINE", "duckdb")
LAKE_MEMORY = os.environ.get("GUANXI_LAKE_MEMORY", "1GB")
BASE_URL = os.environ.get("GUANXI_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
SECRET_KEY_FILE = Path(os.environ.get("GUANXI_SECRET_KEY_FILE", str(HOME / "secret.key")))
DEMO_INBOX_URL = os.environ.get("GUANXI_DEMO_INBOX_URL", "")
DEMO_SMTP = os.environ.get("GUANXI_DEMO_SMTP", "")
DEMO_IMAP = os.environ.get("GUANXI_DEMO_IMAP", "")
METRICS_TOKEN = os.environ.get("GUANXI_METRICS_TOKEN", "")
IMPORT_MAX_BYTES = int(os.environ.get("GUANXI_IMPORT_MAX_MB", "256")) * 1024 * 1024
SECURE = BASE_URL.startswith("https://")

DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "guanxi.config.urls"
WSGI_APPLICATION = "guanxi.config.wsgi.application"
AUTH_USER_MODEL = "governance.User"
USE_TZ = True
TIME_ZONE = "UTC"


def signing_key() -> str:
    """The key for Django's signatures, drawn from the root key; before the first start none is needed."""
    from guanxi.kit import crypto

    return crypto.derive_text("django") if SECRET_KEY_FILE.exists() else "no-root-key-yet-" + os.urandom(16).hex()


def database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "guanxi",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "guanxi", **query},
    }


SECRET_KEY = signing_key()
DATABASES = {"default": database(os.environ.get("GUANXI_DATABASE_URL", "postgresql:///guanxi"))}

ROOMS = [
    "events",
    "governance",
    "people",
    "channels",
    "connections",
    "content",
    "audiences",
    "acquisition",
    "conversations",
    "reach",
    "commerce",
    "loyalty",
    "advocacy",
    "journeys",
    "insight",
    "integrations",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_cotton.apps.SimpleAppConfig",
    "csp",
    "procrastinate.contrib.django",
    *(f"guanxi.{room}.apps.Room" for room in ROOMS),
    "guanxi.console",
]

MIDDLEWARE = [
    "guanxi.api.intake.early",
    "guanxi.config.requests.request_id",
    "guanxi.api.middleware.problems",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "guanxi.console.middleware.smaller_pages",
    "csp.middleware.CSPMiddleware",
    "guanxi.console.middleware.sound_text",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "guanxi.console.middleware.private_pages",
    "guanxi.console.middleware.last_seen",
    "guanxi.console.middleware.language_and_theme",
    "guanxi.console.middleware.workspace_scope",
    "guanxi.api.middleware.keys",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SOURCE / "console" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django_cotton.cotton_loader.Loader", "django.template.loaders.filesystem.Loader"],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "django.templatetags.i18n", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "guanxi.console.context.shell",
            ],
        },
    }
]
COTTON_DIR = "cotton"
COTTON_ISOLATE_BY_DEFAULT = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어")]
LOCALE_PATHS = [SOURCE / "console" / "locale"]
FORMAT_MODULE_PATH = ["guanxi.config.formats"]
LANGUAGE_COOKIE_NAME = "guanxi_language"

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("GUANXI_STATIC_ROOT", str(HOME / "static")))
STATICFILES_DIRS = [SOURCE / "console" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 300

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "guanxi_cache",
        # Past this many, some go early: nobody shall push out the counts of wrong passwords by making new ones.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

PASSWORD_HASHERS = ["guanxi.governance.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/sign-in"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())  # the most that a workspace may allow
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "guanxi_session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "guanxi_csrf"
CSRF_FAILURE_VIEW = "guanxi.console.errors.forbidden_form"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ALLOWED_HOSTS = sorted({urlsplit(BASE_URL).hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"})
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = os.environ.get("GUANXI_TEMP") or None

PROCRASTINATE_ON_APP_READY = None
LOGGING = logs.config(os.environ.get("GUANXI_LOG_LEVEL", "INFO"), os.environ.get("GUANXI_LOG_LEVEL", "WARNING"))
SILENCED_SYSTEM_CHECKS: list[str] = []
