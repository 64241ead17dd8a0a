"""Puts an evaluation together from the parts of whence: what is asked where, of which system, and what is written.

Stands above the interface, beside nothing: ``run.py`` carries a request out, ``places.py`` has corpora indexed and asks
them, ``origin.py`` says which program it was on which machine.
"""
