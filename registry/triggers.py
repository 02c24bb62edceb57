"""What the database itself refuses, whoever asks: edits of the log and of everything that was promised or decided.

Installed after every migration (SQLite drops the triggers of a table that a migration rebuilds).
"""

from __future__ import annotations

from sqlalchemy import Connection, text

APPEND_ONLY = (
    "event",
    "metric_version",
    "snapshot",
    "amendment",
    "signature",
    "assignment_record",
    "evidence_record",
    "recommendation_record",
    "review",
    "decision",
    "notice",
    "kept_input",
    "forgotten",
    "key_result_check_in",
    "rollout_plan",
    "rollout_measure",
    "hindsight",
    "takeaway",
    "learned_prior",
)

# table -> {operation: condition on OLD (and NEW) under which it is refused}
GUARDS: dict[str, dict[str, str]] = {
    **{table: {"update": "true", "delete": "true"} for table in APPEND_ONLY},
    "plan_record": {"update": "OLD.locked_at IS NOT NULL", "delete": "OLD.locked_at IS NOT NULL"},
    "log_head": {"update": "NEW.seq <= OLD.seq", "delete": "true"},
}

REFUSAL = "locked row of "
"""How the refusal's message begins; the table's name follows."""


def guard_names() -> set[str]:
    return {f"guard_{table}_{operation}" for table, operations in GUARDS.items() for operation in operations}


def install(connection: Connection) -> None:
    """Put every guard in place, replacing what is there."""
    statements = _postgresql() if connection.dialect.name == "postgresql" else _sqlite()
    for statement in statements:
        connection.exec_driver_sql(statement)


def installed(connection: Connection) -> set[str]:
    """Names of the guards that are in force."""
    if connection.dialect.name == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    return set(connection.scalars(text(query))) & guard_names()


def _sqlite() -> list[str]:
    statements = []
    for table, operations in GUARDS.items():
        for operation, condition in operations.items():
            name = f"guard_{table}_{operation}"
            statements += [
                f"DROP TRIGGER IF EXISTS {name}",
                f"CREATE TRIGGER {name} BEFORE {operation.upper()} ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}{table}'); END",
            ]
    return statements


def _postgresql() -> list[str]:
    statements = [
        "CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{REFUSAL}%%', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    ]
    for table, operations in GUARDS.items():
        for operation, condition in operations.items():
            statements.append(
                f"CREATE OR REPLACE TRIGGER guard_{table}_{operation} BEFORE {operation.upper()} ON {table} "
                f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION guard_refuse()"
            )
        statements.append(
            f"CREATE OR REPLACE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse()"
        )
    return statements
