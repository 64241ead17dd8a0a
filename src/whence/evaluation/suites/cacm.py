"""CACM: titles and abstracts of the Communications of the ACM."""

from whence.evaluation.judged_collections import collection_suite

SUITE = collection_suite(
    name="cacm",
    folder="cacm",
    about="queries over 3,204 records of the Communications of the ACM, half of them titles alone",
    dataset="CACM, 26 of 52 judged queries",
    other="cranfield",
)
