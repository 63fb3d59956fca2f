"""Why content is left out while a source is added."""

from __future__ import annotations

from glaswerk.data.store.reason import Reason

_ARCHIVE = "Download the archive from X again; without --tolerant this is an error, not a count."

ADDING = {
    "direct_message": Reason(
        "A direct message (in archives of X, a conversation), or a message that another program exported.",
        "Add the archive with --direct-messages: messages are added as private, of an archive of X only the "
        "account's own.",
    ),
    "message_of_others": Reason(
        "A direct message that someone else wrote.", "Only its author can provide it: add their archive."
    ),
    "limited_audience": Reason(
        "A post to a circle, a community or followers only; it is left out.",
        "Add the archive with --limited: such posts are added with the audience limited.",
    ),
    "like": Reason(
        "A post of someone else that the account liked; it is left out.",
        "Add the archive again with --likes, and state with --acquired how you obtained the right.",
    ),
    "grok_chat": Reason(
        "A message of a conversation with Grok in an archive of X; it is left out.",
        "Add the archive with --grok: conversations are added as dialogues, with the audience private.",
    ),
    "draft_article": Reason(
        "A long article that its author did not publish on X.", "Add its text with: glaswerk add docs."
    ),
    "own_like": Reason(
        "A liked post written by the account itself or by another account in the same call.",
        "Add the archive without --likes for it.",
    ),
    "unjoined_note": Reason(
        "The text of a long post (note-tweet.js) that matches no post of the archive by time and beginning.",
        "If its post was deleted, nothing to change; if it was for a circle or a community, use --limited.",
    ),
    "superseded_edit": Reason(
        "An older version of a post that its author edited later.", "Nothing is lost; the last version stays."
    ),
    "repeated_id": Reason(
        "A document with this id and text (or with this id of X) was already read in the same call.",
        "Nothing is lost; the first one stays, with the tightest audience and any reservation among them.",
    ),
    "broken_record": Reason("A record that is not JSON or not in X's format.", _ARCHIVE),
    "unclear_rights": Reason(
        "A document that no release may use by its licence or origin: no pair quotes it.",
        "State them when you add the source: --licence, --acquired.",
    ),
    "wrong_command": Reason(
        "A file with posts or messages that another command reads by its own rules.",
        "The line about the file says which command adds it.",
    ),
    "cut_off": Reason(
        "A file, or a member of a tar or zip file, that ends early or is damaged; the part before was read.",
        "Download it again.",
    ),
    "not_json": Reason("A file in a dump that contains no JSON.", "Nothing to change, unless it should."),
    "not_a_post": Reason(
        "A value from an API that is not a post: a user, a list, a place, an error.",
        "Nothing is lost: there is no post in it.",
    ),
    "other_posts": Reason(
        "A file of posts from X's API, packed together with an export of another kind; it is left out.",
        "Unpack it, then add it by itself with glaswerk add posts.",
    ),
    "no_results": Reason(
        "An answer of X's API without posts in it, such as a search that found none.",
        "Nothing is lost. Look at the query, or fetch the next page.",
    ),
    "notice": Reason(
        "A control message in a stream of posts: a limit, a withheld post, a warning.",
        "Nothing is lost: there is no post in it.",
    ),
    "unavailable": Reason(
        "A post that an API or a list of likes names without its text: deleted, protected or suspended.",
        "It cannot be added.",
    ),
    "nested_too_deep": Reason(
        "Posts nested deeper than X nests them, or a page with 3,000 elements inside one another.",
        "Fetch the inner posts; a page nested like that was not written for readers.",
    ),
    "missing_records": Reason("The archive's manifest lists more records than there are.", _ARCHIVE),
    "unlisted_files": Reason(
        "A file of posts that the archive's manifest does not list; its posts were read too.", _ARCHIVE
    ),
    "no_answer": Reason(
        "An exported conversation with an assistant that has no answer.", "Nothing is lost for tuning."
    ),
    "system_message": Reason(
        "A line that a messaging program wrote itself: someone joined, a call, a picture without words.",
        "Nothing is lost: nobody wrote it.",
    ),
    "private_message": Reason(
        "A file of messages, of whatever program, among documents or dialogues; it is left out.",
        "If you may use them, add the export with: glaswerk add posts EXPORT --direct-messages.",
    ),
    "equal_answers": Reason(
        "The chosen and the rejected answer are the same, so the pair expresses no preference.",
        "Nothing is lost; to train on the answer, add it as a dialogue.",
    ),
    "empty_answer": Reason(
        "The chosen or the rejected answer has no words.", "Write the answer, or leave the row out."
    ),
    "different_prompts": Reason(
        "The two conversations differ before their last answer, so no prompt has both answers.",
        "End both at the first difference: one assistant answer each, after the same turns.",
    ),
    "no_ranking": Reason(
        "Several answers, but no two with different scores or ranks.",
        "Give them scores, or name two of them as chosen and rejected.",
    ),
    "withdrawn_reply": Reason(
        "A reply in a conversation tree that was deleted or failed review; replies to it are left out, too.",
        "It cannot be added: its author or its reviewers withdrew it.",
    ),
    "no_caption": Reason(
        "A picture without a caption.",
        "Write the caption into a .txt file with the picture's name, or name its column with --text-column.",
    ),
    "missing_picture": Reason(
        "A caption whose picture is missing: a name without a file, or a link that was never downloaded.",
        "Put the picture at the path that the caption names; links are never downloaded.",
    ),
    "unsupported_picture": Reason(
        "A picture that is not a JPEG, PNG, WebP or GIF, whatever its file name says.",
        "Convert it, for instance to PNG.",
    ),
    "broken_picture": Reason("A picture that ends early or cannot be decoded.", "Download it again."),
    "oversized_picture": Reason(
        "A picture of more than 64 million pixels or 64 MiB, or that unpacks to far more than its pixels.",
        "Make it smaller and add it again.",
    ),
    "no_text": Reason("A row or file without text.", "Put the text into a field named 'text'."),
    "unsupported_file": Reason(
        "A file inside an added folder or container of a kind that is not read: pictures, sound, programs.",
        "Convert it to .md, .txt or .jsonl.",
    ),
    "list_under_key": Reason(
        "A JSON object without a text whose documents are a list under one of its keys.",
        "Write the list as lines: jq -c '.KEY[]' FILE | glaswerk add docs - --licence …; see also --map.",
    ),
    "navigation": Reason(
        "The start page of an export, or an index: nearly all of its words are links to other files.",
        "Nothing is lost: the files that it leads to are read by themselves.",
    ),
    "attached_mail": Reason(
        "A mail attached to another one, such as one that was forwarded as an attachment.",
        "Save the attachment as a file (.eml), and add that.",
    ),
    "spam_or_trash": Reason(
        "A mail that its owner's program marked as spam or as deleted.",
        "Move it to another folder in the mail program, and export again.",
    ),
    "attachment": Reason(
        "A file that is attached to a mail; the mail itself was read.",
        "Save what you want to add in the mail program, and add the files.",
    ),
    "contact_card": Reason(
        "A file of contacts (vCard, LDIF): names, numbers and addresses of people, never a document.",
        "Nothing to change: contacts are no text to learn from.",
    ),
    "calendar": Reason(
        "A calendar (iCalendar): appointments of people, never a document.",
        "If it has texts, write them into .md or .jsonl.",
    ),
    "other_xml": Reason(
        "XML of a kind that is not read: a drawing, a map, settings, records of another program.",
        "Convert it to .md, .txt or .jsonl, with the text in a field named 'text'.",
    ),
    "program_text": Reason(
        "Text for programs, not for readers: PostScript, a patch, a key, a bibliography, a database dump.",
        "Convert it (PostScript to PDF, a database dump to SQLite), or rename a real text to end in .txt.",
    ),
    "other_namespace": Reason(
        "A page of a wiki that is no article: a talk, a template, a file, a module.",
        "Nothing is lost: articles are the pages of namespace 0.",
    ),
    "wiki_table": Reason(
        "A table in an article of a wiki; the rest of the article was read.",
        "If its cells are text to learn from, add them as a file of their own.",
    ),
    "redirect": Reason(
        "A page of a wiki that only leads to another one.", "Nothing is lost: there is no text in it."
    ),
    "unpublished": Reason(
        "A draft, or a private or protected post, in an export of WordPress.",
        "Publish it first, or add its text as a file.",
    ),
    "comment": Reason(
        "A comment that a reader wrote below a post, in an export of WordPress.",
        "Only its author can provide it.",
    ),
    "hidden_sheet": Reason("A hidden sheet of a workbook.", "Show it in the workbook and save, then add it."),
    "old_office_file": Reason(
        "A file of an office program before 2007 (.doc, .xls, .ppt).",
        "Convert it: soffice --headless --convert-to docx FILE.",
    ),
    "declared_entities": Reason(
        "An XML file that declares entities, by which a few lines become gigabytes or name other files.",
        "If you trust it, write them out: xmllint --noent --nonet FILE > NEW.",
    ),
    "outside_link": Reason(
        "A link inside an added folder that leads outside it; it was not followed.",
        "Pass the link's target as a separate path.",
    ),
    "bomb": Reason(
        "A file that unpacks to more than 200 times its size (as a sparse file does), or to more than its "
        "kind may have.",
        "If you trust it, unpack it yourself and add the parts that you want.",
    ),
    "wide_window": Reason(
        "A zstd file compressed with a window above 128 MiB (zstd --long), which takes up to 2 GB to unpack.",
        "Unpack it first: zstd -d --long=31 FILE.zst.",
    ),
    "unparsed_date": Reason(
        "A date written in no known way, or that may mean two days; the document was added without it.",
        "Write it as 2019-03-12 or 2019-03-12T12:00:00Z, and add the file again.",
    ),
    "unreadable": Reason(
        "A file or folder inside an added folder that the system does not let you read.",
        "Give yourself permission to read it (chmod +r), and add the folder again.",
    ),
    "nested_container": Reason(
        "An archive inside an archive, more than four layers deep (a .tar.gz is one layer).",
        "Unpack the outer ones and add the folder.",
    ),
    "encrypted": Reason(
        "A file that needs a password or a licence to open.", "Add a copy that is not encrypted."
    ),
    "broken_file": Reason(
        "A damaged or malformed file inside a folder or container; the part before the fault was read.",
        "Add it alone, unpacked: the error then names the place. `--strict` stops at the first such file.",
    ),
    "broken_row": Reason(
        "A row of a table with more cells than its header, usually because a delimiter was not quoted.",
        "Quote the cells that contain delimiters.",
    ),
    "no_text_column": Reason(
        "A table or Parquet file inside a folder or container without a column of text.",
        "Name the column with the text: --text-column NAME.",
    ),
    "no_text_layer": Reason(
        "A scanned PDF without text.", "Recognise its text first, for instance with ocrmypdf."
    ),
    "not_a_page": Reason(
        "A record of a web archive that is not a page: a picture, a script, an error, a redirection.",
        "Nothing is lost: there is no text in it.",
    ),
    "too_big": Reason(
        "A page over 32 MB, a message over 48 MB, or a PDF over 20,000 pages or two minutes of reading.",
        "Split it into parts.",
    ),
    "unknown_encoding": Reason(
        "Text that is neither UTF-8 nor in an encoding that it declares.",
        "Name its encoding, for instance: --encoding windows-1252.",
    ),
}
