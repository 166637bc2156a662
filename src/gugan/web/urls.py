"""Which address shows what: each file of web/pages says its own."""

from django.urls import include, path

from gugan.web import signin

PAGES = (
    "home",
    "people",
    "person",
    "orgs",
    "pay",
    "slip",
    "doubts",
    "todo",
    "policies",
    "me",
    "search",
    "jobs",
    "styles",
)

urlpatterns = [
    path("signin/", signin.sign_in, name="signin"),
    path("signout/", signin.sign_out, name="signout"),
    *(path("", include(f"gugan.web.pages.{name}")) for name in PAGES),
]

handler400 = "gugan.web.errors.bad_request"
handler403 = "gugan.web.errors.not_allowed"
handler404 = "gugan.web.errors.not_found"
handler500 = "gugan.web.errors.server_error"
