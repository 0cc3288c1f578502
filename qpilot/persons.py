"""People as the record names them: two spellings of one name are one person."""

import unicodedata

LONGEST = 80
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800") | {
    chr(code) for span in (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)) for code in span
}
"""What shows nothing and is no control character to Unicode: fillers, joiners, variation selectors, the blank Braille cell."""
ALPHABETS = frozenset(["LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"])
"""They share letters to the eye, so that no word of a name mixes them."""


def person(name: str) -> str:
    """`name` as it is compared: without case, and with single spaces.

    Raises ValueError where it is blank, longer than 80 characters, or holds what no name does: a control character, a
    letter that cannot be seen, a slash, which parts the journal's keys, or a word of letters from two alphabets that look
    alike.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not plain:
        raise ValueError("a name is blank; say who it is")
    if len(plain) > LONGEST:
        raise ValueError(f"a name has {len(plain)} characters; at most {LONGEST} are taken")
    odd = [letter for letter in plain if letter == "/" or letter in INVISIBLE or unicodedata.category(letter)[0] == "C"]
    if odd:
        raise ValueError(f"the name {name!r} holds {odd[0]!r}; leave it out")
    for word in plain.split():
        found = {unicodedata.name(letter, "").split(" ")[0] for letter in word} & ALPHABETS
        if len(found) > 1:
            mixed = " and ".join(sorted(map(str.title, found)))
            raise ValueError(f"the name {name!r} mixes {mixed} letters in a word; write it in one alphabet")
    return plain
