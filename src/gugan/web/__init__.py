"""网页: the shell of the house: settings, urls, base templates, home, the person's page."""
