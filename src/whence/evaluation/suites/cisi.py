"""CISI: abstracts of library and information science."""

from whence.evaluation.judged_collections import collection_suite

SUITE = collection_suite(
    name="cisi",
    folder="cisi",
    about="queries over 1,460 abstracts of information science, judged relevant or not",
    dataset="CISI, 38 of 76 judged queries",
    other="cranfield",
)
