"""What the commands around pilots print with ``--json``: people, record, metrics, objectives, lists."""

from __future__ import annotations

from experiments.commands.promised.base import Json, Output


class InboxOutput(Output):
    """moves: each with whose it is and by when (null where no date presses)."""

    moves: list[Json]


class DigestOutput(Output):
    """Sentences: what was learned and what waits."""

    heading: str
    learned: list[str]
    waits: list[str]


class NotifyOutput(Output):
    """sent, failed: notices; without_address: people whom no message can reach. Exit 1 where any failed."""

    sent: int
    failed: int
    without_address: list[str]


class PortfolioOutput(Output):
    """log_head: hash of the record's newest event."""

    pilots: list[Json]
    log_head: str


class PackOutput(Output):
    """log_head: hash of the record's newest event, whose first letters stand in the foot of every page."""

    month: str
    output: str
    bytes: int
    log_head: str


class PersonOutput(Output):
    """One person as they stand now. roles: (role, department) pairs, the department empty where it is their own."""

    key: str
    name: str
    email: str
    department: str
    manager: str
    roles: list[tuple[str, str]]
    roles_said: str
    active: bool
    login: bool


class DelegateOutput(Output):
    """One standing-in. running: today lies within it; over: ended, or its last day is behind."""

    key: str
    away: str
    instead: str
    pilot: str
    starts: str
    ends: str
    reason: str
    running: bool
    over: bool
    mine: bool
    revision: int


class PeopleOutput(Output):
    people: list[PersonOutput]
    standing_in: list[DelegateOutput]


class ExportOutput(Output):
    """members: files in the archive; head: hash of the newest event; signer: mark of the key that signed it."""

    pilot: str
    output: str
    size: int
    members: int
    head: str
    signer: str


class ImportOutput(Output):
    """origin_head: hash of the newest event of the record that it comes from; events: how many came along; not_served:
    names of key results that it served there and that are not here."""

    pilot: str
    title: str
    origin_head: str
    signer: str
    events: int
    files: int
    not_served: list[str]


class RecordsOutput(Output):
    """shape: records or panel, what a row of the file is; rows, kept: of the raw file; written: rows of the file made;
    lacking: columns of the plan that these records do not have; elsewhere: records left out by site that is not in the
    plan; nowhere: records left out because they have no site."""

    pilot: str
    shape: str
    rows: int
    kept: int
    written: int
    columns: list[str]
    lacking: list[str]
    elsewhere: dict[str, int]
    nowhere: int
    output: str


class ImportPastOutput(Output):
    """kept: False where they were only looked at; pilots: row, key, title, stage (closed or draft), effect as reported
    (null: not measured) in its unit, outcome."""

    kept: bool
    pilots: list[Json]


class BackupOutput(Output):
    """size: bytes of the file; files: stored files in it, absent: those that rows name but that were not there; head:
    hash of the newest event."""

    output: str
    size: int
    rows: int
    files: int
    absent: int
    head: str


class RestoreOutput(Output):
    """verified: as of ``pilot verify``."""

    rows: int
    files: int
    verified: Json


class UpgradeOutput(Output):
    """Where the database stood (null: it was empty) and where it stands."""

    before: str | None
    after: str


class ForgetOutput(Output):
    """shared: files left because another pilot has the same; from_cells, text_only: pieces of evidence that can be
    computed again without their data, and that can't."""

    pilot: str
    snapshots: int
    attachments: int
    shared: int
    from_cells: int
    text_only: int


class ForgetPersonOutput(Output):
    """locked, written: keys of pilots whose locked texts, and whose other texts, still hold the name ("": of no
    pilot). Uploaded files are not looked through."""

    pseudonym: str
    locked: list[str]
    written: list[str]


class RetentionOutput(Output):
    """months: as set, null if not; held: ended pilots whose uploaded data are there, with the day they are due."""

    months: int | None
    held: list[Json]


class MetricsOutput(Output):
    """metrics: entries of the catalogue with origin (shipped or own), retired and theme."""

    metrics: list[Json]


class MetricOutput(Output):
    """One entry."""

    metric: Json


class MetricsAddedOutput(Output):
    added: list[str]


class MetricRetiredOutput(Output):
    key: str
    retired: bool


class PanelOutput(Output):
    """rows, kept: of the file and those that count; dirt: by reason rows, first_rows, handling and sentence; metrics:
    value over all records with n; cells: by group values and n by metric, null where too few records stand behind."""

    kind: str
    rows: int
    kept: int
    mapping: Json
    dirt: list[Json]
    metrics: list[Json]
    by: list[str]
    cells: list[Json]
    reliability: str | None


class ObjectivesOutput(Output):
    """objectives: as a tree, each with its key results (done: share of the way gone) and those below; contributions: by
    key result, what pilots bring if scaled (expected) and should have brought (delivered), in its unit, + towards the
    target, null where there is nothing to count; unserved: key results without a pilot; idle: pilots without one."""

    objectives: list[Json]
    contributions: list[Json]
    unserved: list[str]
    idle: list[str]
    conflicts: list[Json]


class ObjectivesAddedOutput(Output):
    """Keys of what was added; services: pilots attached."""

    objectives: list[str]
    key_results: list[str]
    services: int


class ObjectivesAttachedOutput(Output):
    attached: int


class KeyResultCheckInOutput(Output):
    key_result: str
    value: float
    outlook: str
