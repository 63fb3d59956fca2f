"""The rules of `glaswerk curate` by which documents are left out, in their order."""

from __future__ import annotations

from glaswerk.data.store.reason import Reason

# Rules for running text (webtext.py): all apply to pages, some also to books and speeches.
_WEB = {
    "gopher-words": Reason(
        "The text has fewer words than an article (50), or more than any web page (100,000).",
        "Change words_min or words_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-word-length": Reason(
        "The words are on average shorter than 3 or longer than 10 characters, so it is not prose.",
        "Change word_length_min or word_length_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-symbols": Reason(
        "There is more than one hash sign or ellipsis for every ten words.",
        "Raise symbols_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-bullets": Reason(
        "More than nine lines in ten begin with a bullet point.",
        "Raise bullets_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-ellipsis": Reason(
        "More than three lines in ten end with an ellipsis: a list of cut-off teasers.",
        "Raise ellipsis_lines_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-letters": Reason(
        "Fewer than eight words in ten have a letter: tables of figures, code.",
        "Lower letters_min in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-stop-words": Reason(
        "The text has fewer than two different function words of its language: lists, keywords, menus.",
        "Lower stop_words_min in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-repeated-lines": Reason(
        "Too many lines or paragraphs occur more than once (3 in 10, or 20 % of the characters).",
        "Raise repeated_lines_max or repeated_line_characters_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-repetition": Reason(
        "One sequence of two to four words, or repeated ones of five to ten, make up too much of the text.",
        "Raise the shares in top_ngrams or repeated_ngrams in [curate.web.gopher] of lab.toml.",
    ),
    "c4-curly-bracket": Reason(
        "A line of running text has a curly bracket, as program code does.",
        "Add this rule to off in [curate] of lab.toml for sources of code.",
    ),
    "c4-lorem-ipsum": Reason(
        "The page contains the filler text “lorem ipsum”.",
        "Add this rule to off in [curate] of lab.toml for this source.",
    ),
    "c4-sentences": Reason(
        "The lines that end like a sentence contain fewer than five sentences.",
        "Lower sentences_min in [curate.web.c4] of lab.toml.",
    ),
    "fineweb-punctuation": Reason(
        "Fewer than 12 % of the lines end with a punctuation mark: menus, lists, poems.",
        "Lower punctuated_lines_min in [curate.web.fineweb] of lab.toml.",
    ),
    "fineweb-short-lines": Reason(
        "More than 67 % of the lines have 30 characters or fewer.",
        "Raise short_lines_max in [curate.web.fineweb] of lab.toml.",
    ),
    "fineweb-repeated-lines": Reason(
        "More than 1 % of the characters are in lines that occurred before.",
        "Raise repeated_line_characters_max in [curate.web.fineweb] of lab.toml.",
    ),
    "fineweb-new-lines": Reason(
        "There are more than three line breaks for every ten words: a list.",
        "Raise new_lines_max in [curate.web.fineweb] of lab.toml.",
    ),
}

# Decided by `curate`, in this order; a document's decision names the first that applies.
CURATION = {
    "forgotten": Reason(
        "`glaswerk forget` marked this document, its author, its source, or what it was derived from.",
        "If the person who asked agrees, remove the line from forgotten.jsonl and curate again; if the "
        "document was purged, first remove the source's folder and add the source again.",
    ),
    "deleted": Reason(
        "An archive in the lab lists this post, a post of this thread, or what this was derived from as "
        "deleted by its owner.",
        "If the owner wants the post back, add the archive again under the same --name with --deleted.",
    ),
    "copy-of-forgotten": Reason(
        "Someone else's document, left out before as a duplicate of one that was forgotten or deleted since. "
        "It does not take its place.",
        "`glaswerk forget` with the same names and --copies keep lets it be trained on.",
    ),
    "rights-opt-out": Reason(
        "The owner reserved text and data mining (tdm_opt_out), so the document is not trained on.",
        "Obtain the right to use it, then add the document with tdm_opt_out false.",
    ),
    "private-audience": Reason(
        "The document was not public: a direct message, or a post from a protected account.",
        "If everyone concerned agrees, add its audience to audiences in [curate] of lab.toml.",
    ),
    "retweet": Reason(
        'The post repeats someone else\'s post word for word ("RT @name: …").',
        "Add the other account's archive; its own posts are kept.",
    ),
    "empty": Reason(
        "Nothing is left after links and mentions are removed.",
        "Nothing to change: there is no text to learn from.",
    ),
    "too-short": Reason(
        "The text has too few letters and digits for its kind (at least 8 in a post, 20 in a page, 200 in a "
        "book).",
        "Lower post_letters, page_letters or book_letters in [curate.quality] of lab.toml.",
    ),
    "symbol-heavy": Reason(
        "Most characters are neither letters, digits nor emoji: tables of figures, drawings, markup.",
        "Lower letter_share in [curate.quality] of lab.toml, or clean the text and add it again.",
    ),
    "repetitive": Reason(
        "The text repeats itself: it has few different words, or mostly lines that occur more than once.",
        "Lower distinct_words or raise repeated_lines in [curate.quality] of lab.toml.",
    ),
    "language": Reason(
        "The text is probably in none of the selected languages; `score` is the probability that it is.",
        "Add the language to `glaswerk curate --language …`, or select none to keep all.",
    ),
    **_WEB,
    "lexicon-toxicity": Reason(
        "The text has many words from the lists of insults and swearwords, which cannot detect irony or "
        "quotation.",
        "Raise lexicon_toxicity_max in [curate.toxicity] of lab.toml (1.0 switches it off).",
    ),
    "evaluation-item": Reason(
        "The text contains thirteen consecutive words of an evaluation item (or a complete shorter one), so "
        "a model trained on it has seen the answer.",
        "If no model will be evaluated on that set, remove its folder under evaluations/.",
    ),
    "repeated-id": Reason(
        "Another source has a copy of this post of X that passes all rules; that copy stays.",
        "Nothing is lost: the copy with an author, a date and the stricter audience stays, of equal ones "
        "that of the first source by name.",
    ),
    "mixture-share": Reason(
        "Only a share of this source, language or author goes into the corpus, drawn by content hash.",
        "Raise it under share_by_source, share_by_language or share_by_author in [curate.mixture].",
    ),
    "mixture-cap": Reason(
        "This source, language or author has more documents than its cap; those with the lowest hashes stay.",
        "Raise it under cap_by_source, cap_by_language or cap_by_author in [curate.mixture] of lab.toml.",
    ),
    "exact-duplicate": Reason(
        "Another document has the same text apart from case and spaces; `duplicate_of` names the one kept.",
        "Nothing is lost: the copy with an author, a date and the stricter audience stays, of equal ones "
        "the first by source name and id.",
    ),
    "near-duplicate": Reason(
        "Another document shares nearly all three-word sequences, and no name or number differs; "
        "`duplicate_of` names the one kept, `score` is the share.",
        "Raise near_duplicate in [curate] of lab.toml (1.0 switches it off).",
    ),
    "kept": Reason("The document is in the corpus.", "Nothing to change."),
}

# Counted while content is added, before it becomes a document.
