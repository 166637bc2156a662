"""Long work (长时间的工作): one row a job, its progress, and the process beside the pages that does it.

A room above writes down what can be done (`work.py`, see kinds.py); a page starts it (services.start) and shows it.
"""
