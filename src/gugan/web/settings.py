"""Django's settings; what differs between installations comes from the environment:

GUGAN_HOME            folder of var/ (default: this checkout, or the current folder)
GUGAN_DATABASE        URL or path (default: <home>/var/gugan.sqlite3); see database.py
GUGAN_POLICIES        folder of the packs (default: <checkout>/policies)
GUGAN_DEMO            1 or 0 (default: 1 unless keys are given)
GUGAN_SECRET_KEY, GUGAN_SEAL_KEY_FILE   see keys.py
GUGAN_HOSTS           names this site answers to, separated by commas
GUGAN_SERVING         set by wsgi.py: this process answers requests
GUGAN_TODAY           the installation's today, as 2026-10-31 (default: in a demo its own day, DEMO_TODAY; else the machine's)
"""

import os
from datetime import date
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from gugan.web.database import read_database
from gugan.web.keys import KeysMissing, read_keys
from gugan.web.logs import LOGGING as LOGGING


def _find_checkout() -> Path | None:
    """The folder of pyproject.toml, if this is a checkout and not an installed wheel."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "pyproject.toml").exists() else None


def _flag(name: str) -> bool | None:
    value = os.environ.get(name, "").strip().lower()
    return None if not value else value not in ("0", "false", "no", "off")


_checkout = _find_checkout() or Path.cwd()
GUGAN_HOME = Path(os.environ.get("GUGAN_HOME") or _checkout).expanduser().absolute()
GUGAN_POLICIES = Path(os.environ.get("GUGAN_POLICIES") or _checkout / "policies").expanduser().absolute()

try:
    _keys = read_keys(GUGAN_HOME, _flag("GUGAN_DEMO"))
    DATABASES = {
        "default": read_database(
            os.environ.get("GUGAN_DATABASE") or f"{GUGAN_HOME}/var/gugan.sqlite3",
            serving=_flag("GUGAN_SERVING") is True,
        )
    }
except (KeysMissing, ValueError) as _error:
    raise ImproperlyConfigured(str(_error)) from _error

_demo = _flag("GUGAN_DEMO")
GUGAN_DEMO = _keys.demo if _demo is None else _demo
GUGAN_SEAL_KEY = _keys.seal_key
DEMO_TODAY = "2026-11-27"
try:
    _today = os.environ.get("GUGAN_TODAY") or (DEMO_TODAY if GUGAN_DEMO else "")
    GUGAN_TODAY = date.fromisoformat(_today) if _today else None
except ValueError as _error:
    raise ImproperlyConfigured(f"GUGAN_TODAY={_today}: 要写成 2026-10-31 / must be written 2026-10-31") from _error
SECRET_KEY = _keys.secret_key

if not os.environ.get("GUGAN_DATABASE"):
    (GUGAN_HOME / "var").mkdir(parents=True, exist_ok=True)

DEBUG = False
ALLOWED_HOSTS = [
    name.strip() for name in os.environ.get("GUGAN_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if name.strip()
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "gugan.jobs",
    "gugan.accounts",
    "gugan.records",
    "gugan.runs",
    "gugan.lifecycle.pay",
    "gugan.sheets",
    "gugan.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "gugan.web.access.DenyByDefault",
]

ROOT_URLCONF = "gugan.web.urls"
WSGI_APPLICATION = "gugan.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "gugan.web.shell.shell",
            ],
        },
    },
]

# --- long work: done by the worker that `gugan serve` keeps; at once, in the process that asks, only in tests

GUGAN_JOBS_AT_ONCE = False

# --- people and their passwords

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- visits: eight hours after the last page one signs in again; what was typed is kept (keeping.py)

LOGIN_URL = "signin"
SESSION_COOKIE_AGE = 8 * 3600
CSRF_FAILURE_VIEW = "gugan.web.errors.stale_form"

# a message is shown in the tint of its kind
MESSAGE_TAGS = {10: "", 20: "blue", 25: "pine", 30: "ochre", 40: "seal"}

# --- language and time: moments are stored in UTC and shown in UTC+8

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).resolve().parent / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- static files: straight from the apps' folders, no collectstatic

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- what a browser may do with our pages

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# the demo is plain http on 127.0.0.1
SESSION_COOKIE_SECURE = not GUGAN_DEMO
CSRF_COOKIE_SECURE = not GUGAN_DEMO
