"""The pages, one file each: views behind `access.page`, and the addresses they answer to (`urlpatterns`)."""
