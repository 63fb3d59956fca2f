"""Templates that mark up words of a sentence keep them; all others are left out."""

from __future__ import annotations

import pytest

from glaswerk.data.documents.markup.wikitext import wiki_text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Das {{lang|de|Wort}} hier", "Das Wort hier"),
        ("a {{lang-de|die Mühle}} b", "a die Mühle b"),
        ("a {{langx|de|Rad|lit=wheel}} b", "a Rad b"),
        ("a {{lang|fn=x|code=de|text=Rad}} b", "a Rad b"),
        ("a {{Lang|de|[[Mühle|Rad]]}} b", "a Rad b"),
        ("a {{lang|de|2=x=y}} b", "a x=y b"),
        ("{{transl|ru|ISO|mel'nica}} {{transliteration|ru|melnica}}", "mel'nica melnica"),
        ("{{nowrap|12 km}} {{Nowrap|1=a=b}} {{nobr|c}}", "12 km a=b c"),
        ("{{abbr|HTML|HyperText Markup Language}} 5", "HTML 5"),
        ("{{nowrap|{{lang|la|aqua}} et {{small|ignis}}}}", "aqua et ignis"),
        ("{{ill|Old Mill|de|Alte Mühle}} of {{circa|1783}}", "Old Mill of c. 1783"),
        ("{{convert|5|km|mi}}, {{convert|5|to|10|km|mi}}", "5 km, 5 to 10 km"),
        ("1900{{ndash}}1910 it{{'s}} a{{snd}}b", "1900\u20131910 it's a \u2013 b"),
        ("{{Quote|text=It turns.|author=Ada}}", "It turns."),
        ("{{enS|mill}} and {{polytonic|μύλος}}", "mill and μύλος"),
        ("{{lang|de|}}{{lang|de}}{{small}}Words.", "Words."),
        ("{{Infobox mill\n|native={{lang|de|Mühle}}\n|year=1783}}Words.", "Words."),
        ("{{cite book|title=Mills}}{{refs|x}}{{citation needed|date=2019}}Words.", "Words."),
        ("{|\n| {{lang|de|weg}}\n|}Words.", "Words."),
        ("{{small|{|\n| x\n|}}}Words.", "Words."),
        ("{{lang|de|never closed", "{{lang|de|never closed"),
    ],
)
def test_a_template_gives_the_words_that_a_reader_sees(source: str, words: str) -> None:
    assert wiki_text(source) == words


def test_many_parameters_and_deep_templates_end() -> None:
    assert wiki_text("{{small|" + "|" * 100_000 + "}}Words.") == "Words."
    # Those below the hundredth level are no templates any more.
    assert "{{" not in wiki_text("{{small|" * 200 + "x" + "}}" * 200)
