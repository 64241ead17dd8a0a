"""What a question must be before anything is done with it."""

from whence.errors import QuestionError

MAX_QUESTION_CHARS = 20_000


def checked(question: str) -> str:
    """The question without blanks around it. Raises ``QuestionError``."""
    question = question.strip()
    if not question:
        raise QuestionError('The question is empty: write it in quotes, for example whence ask "where is X defined?"')
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARS:,} are read: shorten it."
        )
    if "\x00" in question:
        raise QuestionError("The question holds a NUL character: it is not text.")
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError("The question holds bytes that are not UTF-8 text: write it again.")
    return question
