"""People as the record names them: two spellings of one name are one person."""

import unicodedata

LONGEST = 80


def person(name: str) -> str:
    """`name` as it is compared: without case, and with single spaces.

    Raises ValueError where it is blank, longer than 80 characters, or holds what no name does: a control character, or a
    slash, which parts the journal's keys.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not plain:
        raise ValueError("a name is blank; say who it is")
    if len(plain) > LONGEST:
        raise ValueError(f"a name has {len(plain)} characters; at most {LONGEST} are taken")
    odd = [letter for letter in plain if letter == "/" or unicodedata.category(letter)[0] == "C"]
    if odd:
        raise ValueError(f"the name {name!r} holds {odd[0]!r}; leave it out")
    return plain
