"""Logs that hold no personal data: an error is told by its type and place, never by its words."""

import logging
import traceback


class PlaceFormatter(logging.Formatter):
    """Prints where an exception came from and its type; its message may quote a row, so it stays out."""

    def formatException(self, ei) -> str:
        lines = []
        error = ei[1]
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            lines += [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


class NoPath(logging.Filter):
    """Rewrites Django's request log as status, method, route: the path itself can name a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(("django.request", "django.security")):
            return True
        status = getattr(record, "status_code", "")
        request = getattr(record, "request", None)
        match = getattr(request, "resolver_match", None)
        record.msg = f"{status} {getattr(request, 'method', '-')} {getattr(match, 'route', '-')}".strip()
        record.args = ()
        return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_path": {"()": NoPath}},
    "formatters": {"place": {"()": PlaceFormatter, "format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "place", "filters": ["no_path"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "gugan": {"level": "INFO"},
        # without the mail and console handlers of Django's default, which show messages
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # at DEBUG it would log statements with their parameters
        "django.db.backends": {"level": "WARNING"},
        "django.request": {"level": "WARNING"},
        "django.security": {"level": "WARNING"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
