import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.sources.decode import decode

FRENCH = "Ça coûte très cher, près du château de Besançon.\n"
POLISH = "Zażółć gęślą jaźń. Proszę wpisać hasło użytkownika i nacisnąć przycisk.\n"
RUSSIAN = "Привет, мир! Это проверка кодировки текста, и она должна удаться.\n"
JAPANESE = "こんにちは世界。これは文字コードの試験です。\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "utf-8"),
        (FRENCH, "utf-8-sig"),
        (FRENCH, "latin-1"),
        (FRENCH, "utf-16"),
        (FRENCH, "utf-32"),
        ("# auteur: André\nx = 1\n", "latin-1"),
        ("El niño comió una manzana – después de la reunión.\n", "cp1252"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (JAPANESE, "shift_jis"),
    ],
)
def test_encodings(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_utf_16_of_both_byte_orders() -> None:
    assert decode(b"\xff\xfea\0b\0") == "ab"
    assert decode(b"\xfe\xff\0a\0b") == "ab"


def test_only_newlines_end_lines() -> None:
    assert decode(b"a\r\nb\rc\fd\x0be\n") == "a\nb\rc\fd\x0be\n"


@pytest.mark.parametrize(
    "data", [b"\0", b"text\0more", b"\x89PNG\r\n\x1a\n\0\0", bytes(range(1, 32)) * 4, b"\xff\xfea"]
)
def test_binary_data_has_no_text(data: bytes) -> None:
    assert decode(data) is None


def test_one_stray_byte_does_not_change_the_encoding() -> None:
    assert decode((RUSSIAN * 5).encode() + b"\xff\n") == RUSSIAN * 5 + "\ufffd\n"


def test_a_long_file_is_guessed_by_the_lines_that_tell() -> None:
    data = b"plain line\n" * 50_000 + FRENCH.encode("latin-1")
    text = decode(data)
    assert text is not None
    assert text.endswith(FRENCH)


@given(st.binary(max_size=400))
def test_line_counts_agree_with_the_bytes_and_nothing_is_raised(data: bytes) -> None:
    text = decode(data)
    if text is not None and data[:2] not in {b"\xff\xfe", b"\xfe\xff"} and data.isascii():
        assert text.count("\n") == data.count(b"\n")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode()) == text.removeprefix("\ufeff")
