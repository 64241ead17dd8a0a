"""NPL (Vaswani): short abstracts of electrical engineering."""

from whence.evaluation.judged_collections import collection_suite

SUITE = collection_suite(
    name="npl",
    folder="npl_vaswani",
    about="queries over 11,429 short abstracts of electrical engineering",
    dataset="NPL (Vaswani), 46 of 93 queries",
    other="cisi",
)
