"""The text files of a little town of our own, with accents, short lists and names unlike the shipped ones."""

from __future__ import annotations

from pathlib import Path

NAMES = """
town = "Sankt Öl"
river = "Ilme"
domain = "sankt-oel.example"
proper = "Bote Ilme"
she = "Änne Berta Clärchen Dörte Elfriede Frauke Gesine Hilde Ilse Jutta Käthe Lore"
he = "Anton Bodo Cord Dirk Egon Falk Götz Hauke Ingo Jörg Knut Lutz"
surnames = '''
Ackermann Bäcker Cordes Dreyer Eggers Fischer Gärtner Hinz Igel Jansen Kröger Lüders
Möller Nissen Ohlsen Peters Quast Rüter Sievers Thies Uhde Voss Wulff Zander
Ahlers Brandt Claussen Dierks Ehlers Franke Grothe Harms Ipsen Jessen Krause Lorenz
'''
surname_heads = ""
surname_tails = ""
nobodies = '''
Wilma Nirgend
Otto Niemals
'''

[gazette]
name = "Öler Bote"
handle = "oeler_bote"

[council]
name = "Rat von Sankt Öl"
handle = "rat_oel"

[party.a]
name = "Uferliste"
handle = "uferliste"

[party.b]
name = "Bergbund"
handle = "bergbund"
"""
PLACES = """
places = '''
Zur Linde | Gasthof | Wirt
Alte Mühle | Laden | Müller
Haus Nebel | Praxis | Arzt
Das Rad | Werkstatt | Mechaniker
'''
place_heads = ""
place_tails = ""
eateries = "Gasthof"
venues = '''
auf | dem | Anger
in | Kleinöl
'''
events = '''
Ölmarkt | March | Anger | all the stalls smell of linseed
Lichterlauf | May | Kleinöl | nobody finds the way home
Rübenfest | August | Anger | the biggest turnip wins a hat
Bootstaufe | October | Kleinöl | somebody always falls in
'''
clubs = "TuS Öl | tus_oel"
"""
PRIVATE = """
secret_heads = "blau rot"
secret_tails = "biber dachs"
deleted = "Vergesst das: {s}!"
messages = "Unter uns: {s}."
answers = "Gut."
contact = '''
{thing} zu verkaufen: {mail}
Ruf an: {phone}
Spenden an {iban}
'''
things = "Kahn"
"""


def write_own_texts(folder: Path) -> Path:
    """Write the files of the own town; those that are missing are the shipped ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("names", NAMES), ("places", PLACES), ("private", PRIVATE)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder
