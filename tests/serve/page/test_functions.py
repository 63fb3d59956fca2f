"""Every function that people know from other chat pages has tests in a browser; this is the list of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = (*HERE.glob("test_*.py"), HERE.parent / "test_page.py")
FUNCTIONS = {
    "streaming": "test_text_grows_while_it_streams_and_stop_ends_it",
    "stop": "test_escape_stops_an_answer",
    "copy": "test_answer_again_and_copy",
    "dark": "test_text_has_contrast",
    "phone": "test_on_a_phone_no_state_overflows",
    "regenerate with versions": "test_an_answer_given_again_keeps_the_one_before",
    "edit": "test_a_message_is_edited_and_both_texts_stay",
    "branch": "test_a_branch_is_a_new_chat_with_everything_up_to_there",
    "Markdown": "test_markdown_code_tables_and_formulas_are_drawn",
    "code": "test_code_is_copied_exactly",
    "mathematics": "test_a_formula_that_is_a_bomb_stays_small",
    "attachments": "test_files_become_part_of_the_message",
    "model picker": "test_the_model_is_chosen_from_those_of_the_server",
    "parameters and system prompt": "test_settings_go_with_every_next_question",
    "search": "test_chats_are_found_by_their_words",
    "export": "test_a_chat_is_exported_as_markdown_and_as_json",
    "rename and folders": "test_a_chat_is_renamed_and_put_into_a_folder",
    "permalink": "test_a_reload_shows_the_chat_again_and_its_link_opens_it",
    "shortcuts": "test_shortcuts",
    "command palette": "test_the_palette_runs_commands_and_finds_chats_by_keyboard",
    "temporary chat": "test_of_a_temporary_chat_nothing_is_kept",
    "feedback": "test_a_rating_is_kept_as_feedback_and_can_be_taken_back",
    "languages": "test_the_page_speaks_german_and_english",
    "chats on the server": "test_chats_may_be_kept_on_the_server_for_every_browser",
    "undo of a deletion": "test_conversations_outlive_the_page_and_can_be_deleted_and_restored",
    "long pastes": "test_a_long_paste_is_folded_into_a_file_and_a_long_message_folded",
    "tools": "test_the_calls_of_an_answer_are_shown_with_input_and_output_as_text",
    "allow a call": "test_a_call_that_writes_waits_until_the_reader_agrees",
    "refuse a call": "test_a_call_that_is_refused_is_not_made_and_the_answer_says_so",
    "suggestions": "test_suggestions_come_from_the_lab",
    "tour": "test_the_tour_says_what_the_underlines_mean",
    "usage and runs": "test_usage_and_runs_are_shown",
}


def browser_tests() -> set[str]:
    """Names of the tests that take a browser."""
    found = set()
    for file in FILES:
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and "browser" in {one.arg for one in node.args.args}:
                found.add(node.name)
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_a_test_in_a_browser(function: str) -> None:
    assert FUNCTIONS[function] in browser_tests()
