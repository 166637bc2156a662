"""The real worker as a process of its own, with the kinds of the tests: `python -m tests.jobs.process`."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    import tests.jobs.kinds  # noqa: F401
    from gugan.jobs.worker import main

    sys.exit(main(sys.argv[1:]))
