"""Which address shows what."""

from django.urls import path

from gugan.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("runs/<int:number>/", views.run, name="run"),
]
