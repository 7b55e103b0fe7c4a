"""What an earlier system of this kind promised, and what it let through, each with the tests that hold it.

A test is named as `file::function`, below `tests/`. What has no place here says why.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """`is_left_out`: why there is nothing here to hold, where `tests` is empty."""

    promise: str
    tests: tuple[str, ...] = ()
    is_left_out: str = ""


def hold(promise: str, *tests: str) -> Behaviour:
    return Behaviour(promise, tests)


SENDING = "relay/prompts/test_delivery.py::"
ON_THE_ENGINE = "relay/prompts/test_engine_prompts.py::"
CRASHES = "crash/test_prompts.py::"
CONVERSATION = "acceptance/test_conversation.py::"
RECEIVING = "relay/test_receiving.py::"
DOORS = "api/test_attacks.py::"
ADMIN_DOORS = "admin/test_attacks.py::"

GROUPS: dict[int, list[Behaviour]] = {
    1: [
        hold(
            "A message of a person gets a session, goes pending, sending, delivered, and is answered: turn,"
            " preview, time of the last word, the agent's message with its id, parts and status",
            f"{CONVERSATION}test_a_message_of_a_person_is_answered_and_everything_about_it_is_on_record",
            f"{SENDING}test_the_first_message_makes_the_session_and_is_delivered",
            f"{SENDING}test_a_delivered_message_is_one_row_and_its_statuses_come_in_order",
        ),
        hold(
            "The turn is the person's again when the agent is idle, unless something is pending",
            "engines/test_sessions.py::test_idle_gives_the_turn_back_unless_it_is_held",
            f"{RECEIVING}test_a_silent_agents_turn_is_held_by_what_is_still_pending",
        ),
        hold(
            "The preview is the latest text, not the longest",
            "engines/test_messages.py::test_the_preview_is_the_last_text_masked",
        ),
    ],
    2: [
        hold(
            "Parts and completion in every order end in the same message",
            "engines/test_messages.py::test_every_order_of_parts_and_completion_makes_the_same_message",
            "relay/test_recorded_conversations.py::test_any_order_and_any_repetition_make_the_same_conversation",
            "relay/test_event_order.py::test_any_order_and_any_repetition_end_in_the_same_rows",
        ),
        hold(
            "Duplicates and late parts do no harm",
            "engines/test_messages.py::test_a_finished_message_stays_finished_and_takes_late_parts",
            "engines/test_messages.py::test_what_is_told_again_changes_nothing",
        ),
        hold(
            "Parts that come at once all stay",
            "engines/test_messages.py::test_parts_that_arrive_at_once_all_stay",
        ),
    ],
    3: [
        hold(
            "What is written while the engine or the relay is down goes once and in order afterwards",
            f"{SENDING}test_what_was_written_while_the_engine_was_away_goes_once_it_is_back",
            f"{SENDING}test_what_a_dead_relay_had_claimed_is_looked_up_first",
            f"{SENDING}test_what_a_dead_relay_had_posted_is_not_posted_again",
            f"{CRASHES}test_a_message_survives_the_death_of_our_own_processes",
            f"{CRASHES}test_a_message_survives_the_death_of_the_engine",
        ),
        hold(
            "A session that is gone is made anew, a broken line keeps it",
            f"{SENDING}test_a_session_that_is_gone_is_made_anew",
            f"{SENDING}test_a_broken_line_keeps_the_session",
            f"{ON_THE_ENGINE}test_a_session_deleted_in_the_engine_is_made_anew",
        ),
        hold(
            "A subagent's session that is gone takes nothing from its root",
            f"{CONVERSATION}test_a_subagents_session_that_is_gone_takes_nothing_from_its_root",
        ),
    ],
    4: [
        hold(
            "A second message during a turn is answered after the first",
            f"{SENDING}test_messages_go_one_after_the_other_each_after_the_agents_turn",
            f"{ON_THE_ENGINE}test_messages_are_answered_one_after_the_other",
        ),
    ],
    5: [
        hold(
            "What an agent asks is one row with its chat, pattern, arguments and call, and waits",
            "relay/test_journey.py::test_an_approved_command_runs",
            "relay/test_faults.py::test_the_same_events_twice_leave_one_row",
        ),
        hold(
            "A decision in the database alone reaches the agent; a denial with its words",
            "relay/test_reconcile.py::test_a_decision_made_while_no_relay_ran_is_delivered",
            "relay/test_supervisor.py::test_a_decision_in_another_process_rings_through_redis",
            "relay/test_journey.py::test_a_denial_brings_its_message_to_the_model",
        ),
        hold(
            "The second decision is refused, a state outside the words too",
            "governance/test_decide.py::test_second_decision_loses_and_names_the_winner",
            f"{DOORS}test_09_state_outside_the_enum_is_an_error",
        ),
    ],
    6: [
        hold(
            "Listing the workspace is approved by its rule, waits without it",
            "acceptance/test_whitelist.py::test_listing_the_workspace_is_approved_by_its_rule_and_waits_without_it",
            "relay/test_automatic_journey.py::test_an_allowed_command_runs_within_a_second_and_never_waits_for_anybody",
        ),
        hold(
            "Paths take a rule and a path rule",
            "acceptance/test_whitelist.py::test_reading_takes_a_rule_and_a_path_rule",
        ),
        hold(
            "Removing the root is let through by nothing",
            "acceptance/test_whitelist.py::test_removing_the_root_waits_whatever_is_allowed",
        ),
    ],
    7: [
        hold(
            "A request is placed by its session: the chat's own, a subagent's, one below it, unknown, none",
            "acceptance/test_resolution.py::test_a_request_is_placed_by_its_session",
            "acceptance/test_resolution.py::test_a_request_without_a_session_is_nobodys",
            "acceptance/test_resolution.py::test_a_request_of_a_delegation_told_later_finds_its_chat_then",
        ),
    ],
    8: [
        hold(
            "Handing over and assigning are rows of the ledger",
            "relay/cao/test_delegations.py::test_the_sample_of_a_real_server",
            "relay/cao/test_collector.py::test_a_handoff_seen_while_its_row_lived_keeps_its_parent_without_a_snapshot",
            "engines/test_delegations.py::test_a_tree_of_depth_five_stands_whatever_the_order",
        ),
        hold(
            "A subagent's request stands in the root's chat",
            "relay/test_journey.py::test_a_subagents_request_stands_in_the_root_chats_inbox",
            "chats/pages/test_show.py::test_a_subagents_request_rolls_up_to_the_root_chat",
        ),
    ],
    9: [
        hold(
            "An MCP server is asked for by who may, with a name; what is approved is not asked for twice",
            "mcp_servers/test_requests.py::test_others_may_not_ask",
            "mcp_servers/test_requests.py::test_other_wrong_input_is_refused",
            "mcp_servers/test_requests.py::test_what_is_approved_already_is_not_asked_for_again",
        ),
        hold(
            "An approval reaches the engine, a revocation leaves it, secrets stand in no file of a release",
            "releases/test_mcp_release.py::test_a_release_holds_exactly_the_approved_servers_and_says_by_which_approval",
            "releases/test_mcp_release.py::test_a_revoked_server_leaves_the_engine_by_a_release_of_our_own",
            "releases/test_mcp_release.py::test_a_release_holds_names_of_secrets_and_no_value",
        ),
        hold(
            "A rejection only ends the request",
            "mcp_servers/test_requests.py::test_a_rejection_on_the_reviews_page_ends_the_request_with_its_reason",
        ),
    ],
    10: [
        hold(
            "SSH keys are added by their person, several of them, listed, and gone when deactivated",
            "api/test_ssh_keys.py::test_a_key_is_added_and_shown_as_it_was_read",
            "accounts/test_ssh_keys.py::test_a_deactivated_key_can_be_taken_back_and_a_deleted_one_not",
            "accounts/ssh/test_sshd.py::test_an_active_key_is_let_in_and_an_expired_deactivated_or_deleted_one_is_not",
        ),
        hold(
            "The last key taken away lets nobody in",
            "clients/test_sandbox_keys.py::test_a_sandbox_lets_in_who_stands_in_its_file_and_reports_the_key",
            "api/test_ssh_keys.py::test_an_empty_list_is_empty",
        ),
        hold(
            "Whoever goes takes their keys along",
            "accounts/test_ssh_keys.py::test_retiring_a_person_deletes_their_keys_and_tells_the_sandbox",
        ),
    ],
    11: [
        hold(
            "An edited prompt or model is in every agent that uses it",
            "acceptance/test_registry.py::test_an_edited_prompt_is_in_every_agent_that_uses_it_and_in_no_other",
            "acceptance/test_registry.py::test_an_edited_model_is_in_what_the_engine_is_told_of_it",
            "configs/opencode/test_tree.py::test_a_prompt_used_by_many_agents_is_in_every_one_of_them",
        ),
    ],
    12: [
        hold(
            "A file becomes a draft, an approval one sealed version, a skill file the same text",
            "procedures/test_imports.py::test_a_file_becomes_a_draft",
            "procedures/test_proposals.py::test_an_approved_proposal_is_one_sealed_version",
            "procedures/test_seals.py::test_a_seal_is_checked_with_the_public_key_alone",
            "releases/test_procedures_in_a_release.py::test_a_release_holds_what_holds_now_and_names_its_versions",
        ),
    ],
    13: [Behaviour("Files of the workspace are served", is_left_out="Countersign serves no files.")],
    14: [
        hold(
            "A provider is its team's own, once, and in what the engine is told while it is live",
            "api/test_every_endpoint.py::test_other_team_s_thing_does_not_exist",
            "configs/test_objects.py::test_names_are_unique_among_live_ones_of_a_team_and_everybodys",
            "acceptance/test_registry.py::test_a_provider_is_told_to_the_engine_while_it_is_live",
        ),
        hold(
            "No key of a provider is kept: the engine has it in its environment",
            "configs/test_content.py::test_a_literal_key_is_never_kept",
        ),
    ],
    15: [Behaviour("Prompts run by the clock", is_left_out="Countersign schedules no prompts.")],
    16: [
        hold(
            "A stream is ready with its first sign of life and offline without one",
            "health/test_probes.py::test_a_stream_is_what_the_relay_hears",
            "health/test_probes.py::test_an_engine_that_is_not_there_is_offline_and_a_new_one_has_a_minute",
        ),
        hold(
            "Health is told as JSON, 503 when it is not well",
            "portal/test_health.py::test_ready_with_details_for_this_machine",
            "portal/test_health.py::test_a_background_task_that_does_not_run_is_not_ready",
        ),
        hold(
            "A stream stays with heartbeats alone",
            "live/test_stream.py::test_heartbeat_is_a_comment_that_moves_the_id",
        ),
    ],
    17: [
        hold(
            "Nobody without a login lists anything",
            "api/test_every_endpoint.py::test_anonymous_is_refused",
            "admin/test_access.py::test_who_does_not_belong_here_is_sent_to_the_login_page",
        ),
        hold(
            "An agent writes neither procedures nor the engine's rules; who administers does",
            "procedures/test_proposals.py::test_a_service_account_never_approves",
            "api/test_configs.py::test_a_service_account_saves_drafts_where_it_is_an_editor",
            "configs/test_object_rights.py::test_team_admins_save_and_only_owners_what_is_everybodys",
        ),
    ],
}

ATTACKS: dict[int, Behaviour] = {
    1: hold(
        "Anonymous registers",
        f"{DOORS}test_01_anonymous_does_not_register",
        f"{ADMIN_DOORS}test_01_anonymous_does_not_register",
    ),
    2: hold(
        "Somebody raises their own role",
        f"{DOORS}test_02_nobody_writes_their_own_role",
        f"{ADMIN_DOORS}test_02_nobody_raises_themselves",
    ),
    3: hold(
        "Anonymous makes a sealed procedure",
        "procedures/test_seals.py::test_a_row_that_nobody_sealed_is_found",
        "api/test_procedures.py::test_nobody_claims_another_author_or_state",
        "api/test_every_endpoint.py::test_anonymous_is_refused",
    ),
    4: hold(
        "Somebody writes health",
        "api/test_health.py::test_nobody_writes_health",
        "acceptance/test_attacks.py::test_04_no_form_and_no_token_writes_health",
        "acceptance/test_attacks.py::test_04_a_part_has_one_row",
    ),
    5: hold(
        "Somebody lists another's requests",
        f"{DOORS}test_05_other_s_requests_are_not_listed",
        f"{ADMIN_DOORS}test_05_other_s_requests_are_not_seen",
    ),
    6: hold(
        "A waiting request is rewritten",
        f"{DOORS}test_06_nobody_rewrites_a_request",
        f"{ADMIN_DOORS}test_06_nobody_rewrites_a_request",
    ),
    7: hold(
        "Another's request is approved, by nobody in particular",
        f"{DOORS}test_07_other_s_request_is_not_decided",
        f"{DOORS}test_07_decision_says_who_when_and_through_which_door",
        f"{ADMIN_DOORS}test_07_other_s_request_is_not_decided",
    ),
    8: hold("Two decide", f"{DOORS}test_08_second_decision_loses_and_names_the_winner"),
    9: hold("A state outside the words", f"{DOORS}test_09_state_outside_the_enum_is_an_error"),
    10: hold(
        "An agent decides",
        f"{DOORS}test_10_agent_does_not_decide",
        f"{ADMIN_DOORS}test_10_an_agent_s_account_decides_nothing_even_with_a_session",
    ),
    11: hold("A request is born approved", f"{DOORS}test_11_nobody_creates_a_decided_request"),
    12: hold("One request of an engine twice", f"{DOORS}test_12_same_engine_request_is_one_row"),
    13: hold(
        "A decided request is deleted",
        f"{DOORS}test_13_request_is_not_deleted",
        f"{ADMIN_DOORS}test_13_a_decided_request_is_not_deleted",
    ),
    14: hold(
        "Somebody writes into another's chat, as whoever they like",
        f"{DOORS}test_14_nobody_posts_messages_into_a_chat",
        "api/test_chats.py::test_nobody_sends_in_somebody_else_s_chat",
        "chats/pages/test_acts.py::test_viewers_and_strangers_press_nothing",
        "chats/test_sending.py::test_only_the_chats_user_and_their_service_accounts_send",
    ),
    15: hold(
        "One message of an engine twice; two chats with one session",
        f"{DOORS}test_15_engine_s_message_and_session_are_one_row_each",
        "chats/test_contention.py::test_one_session_is_one_chats",
    ),
    16: hold(
        "A chat is made for somebody else",
        "acceptance/test_attacks.py::test_16_a_chat_is_its_makers_whatever_the_body_says",
    ),
    17: Behaviour("Nonsense for a schedule", is_left_out="Countersign schedules no prompts."),
    18: hold(
        "An agent writes as a person, climbs out of the folder, approves itself",
        "api/test_procedures.py::test_nobody_claims_another_author_or_state",
        "api/test_procedures.py::test_a_slug_leads_nowhere_else",
        "api/test_procedures.py::test_no_token_decides_a_proposal",
    ),
    19: hold(
        "Somebody lists another's SSH keys",
        "accounts/test_ssh_keys.py::test_nobody_but_its_person_sees_or_touches_a_key_and_owners_only_end_it",
        "api/test_ssh_keys.py::test_nobody_but_its_person_sees_or_changes_a_key",
        "admin/test_ssh_keys.py::test_people_see_their_own_keys_and_owners_everybodys_on_request",
    ),
    20: hold(
        "A key with a second line, or with options",
        "accounts/ssh/test_parsing.py::test_a_second_line_is_refused_whatever_it_holds",
        "accounts/ssh/test_parsing.py::test_options_before_the_key_are_refused",
        "admin/test_ssh_keys.py::test_what_is_refused_comes_back_with_its_sentence_at_the_field",
        "api/test_ssh_keys.py::test_what_is_no_key_is_refused_with_a_way_forward",
    ),
    21: hold(
        "An agent makes an approved MCP server",
        "mcp_servers/test_guards.py::test_no_server_is_born_otherwise_than_asked_for",
        "api/test_mcp_servers.py::test_nobody_asks_for_what_is_decided_already",
    ),
    22: hold(
        "Somebody reads an MCP server's secrets",
        "mcp_servers/test_secrets.py::test_only_an_admin_with_a_recent_login_reads_a_value_and_that_is_audited",
        "api/test_mcp_servers.py::test_secrets_are_written_and_never_read_back",
    ),
    23: hold(
        "Somebody answers another's agent",
        f"{DOORS}test_23_other_s_agent_is_not_answered",
        "governance/test_questions.py::test_only_who_may_decide_answers",
    ),
    24: hold(
        "Who administers can't edit agents and prompts",
        "api/test_configs.py::test_24_who_edits_may_edit_agents_and_prompts",
    ),
    25: hold(
        "Who administers sees nobody",
        f"{DOORS}test_25_people_of_a_team_are_listed_for_its_members_alone",
        f"{ADMIN_DOORS}test_25_a_team_s_admin_lists_its_people_and_no_others",
    ),
    26: hold(
        "Somebody can't retry their own failed message",
        "api/test_chats.py::test_what_failed_is_tried_again_under_its_ids",
        "chats/pages/test_acts.py::test_a_failed_message_is_sent_again",
    ),
}
