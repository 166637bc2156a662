"""The pages, one file or folder each: views behind `access.page`, and the addresses they answer to (`urlpatterns`)."""
