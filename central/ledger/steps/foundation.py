"""The first steps of the ledger's tables: punches, resyncs, workdays, time, audit, users, filters."""

from sqlalchemy import Connection, text

from central.ledger.chain import BEGINNING, Line, link
from central.ledger.steps.step import Step


def _chain_the_audit(connection: Connection) -> None:
    """Link the lines that were written before there was a chain."""
    before = BEGINNING
    query = "SELECT audit_id, at_us, actor, verb, subject, detail FROM audit ORDER BY audit_id"
    update = text("UPDATE audit SET digest = :digest WHERE audit_id = :audit_id")
    for audit_id, at_us, actor, verb, subject, detail in connection.execute(text(query)).all():
        before = link(before, Line(audit_id, at_us, actor, verb, subject, detail))
        connection.execute(update, {"digest": before, "audit_id": audit_id})


FOUNDATION: list[Step] = [
    Step(
        "0001-ledger",
        (
            """CREATE TABLE streams (
                edge TEXT NOT NULL, outbox_id TEXT NOT NULL, upto_seq {long} NOT NULL,
                started_at_us {long} NOT NULL, updated_at_us {long} NOT NULL,
                PRIMARY KEY (edge, outbox_id)) {clustered}""",
            """CREATE TABLE arrivals (
                arrival_id {counted}, edge TEXT NOT NULL, outbox_id TEXT NOT NULL, first_seq {long} NOT NULL,
                facts INTEGER NOT NULL, new INTEGER NOT NULL, received_at_us {long} NOT NULL)""",
            """CREATE TABLE punches (
                punch_id {bytes} NOT NULL PRIMARY KEY, day INTEGER NOT NULL,
                edge TEXT NOT NULL, reader TEXT NOT NULL, kind TEXT NOT NULL, device TEXT,
                badge_form TEXT NOT NULL, badge_raw TEXT NOT NULL, badge_canon TEXT, badge_key TEXT NOT NULL,
                device_wall_us {long}, read_at_us {long} NOT NULL,
                clock_trust TEXT NOT NULL, clock_offset_s {real}, boot_id TEXT NOT NULL,
                uptime_s {real} NOT NULL, direction_code INTEGER, verify_code INTEGER, how TEXT NOT NULL,
                raw TEXT NOT NULL, arrival_id {long} NOT NULL, seq {long} NOT NULL) {clustered}""",
            "CREATE INDEX punches_of_a_day_by_badge ON punches (day, badge_key)",
            "CREATE INDEX punches_of_a_reader ON punches (edge, reader, punch_id)",
            "CREATE INDEX punches_with_wall ON punches (punch_id) WHERE device_wall_us IS NOT NULL",
            "CREATE INDEX punches_without_wall ON punches (punch_id) WHERE device_wall_us IS NULL",
            """CREATE TABLE conflicts (
                punch_id {bytes} NOT NULL, digest {bytes} NOT NULL, edge TEXT NOT NULL, fact {bytes} NOT NULL,
                received_at_us {long} NOT NULL, PRIMARY KEY (punch_id, digest)) {clustered}""",
            """CREATE TABLE edge_facts (
                digest {bytes} NOT NULL PRIMARY KEY, edge TEXT NOT NULL, outbox_id TEXT NOT NULL,
                seq {long} NOT NULL, kind TEXT NOT NULL, order_id TEXT, reader TEXT, at_us {long} NOT NULL,
                fact {bytes} NOT NULL, received_at_us {long} NOT NULL)""",
            "CREATE INDEX edge_facts_of_an_order ON edge_facts (order_id) WHERE order_id IS NOT NULL",
            """CREATE TABLE quarantine (
                digest {bytes} NOT NULL PRIMARY KEY, edge TEXT NOT NULL, outbox_id TEXT, seq {long},
                payload {bytes} NOT NULL, reason TEXT NOT NULL, received_at_us {long} NOT NULL,
                times INTEGER NOT NULL, replayed_at_us {long})""",
            """CREATE TABLE readers (
                edge TEXT NOT NULL, reader TEXT NOT NULL, last_new_at_us {long},
                PRIMARY KEY (edge, reader)) {clustered}""",
            """CREATE TABLE orders (
                order_id TEXT NOT NULL PRIMARY KEY, edge TEXT NOT NULL, payload {bytes} NOT NULL,
                given_at_us {long} NOT NULL, expires_at_us {long} NOT NULL, closed_at_us {long},
                outcome TEXT)""",
            "CREATE INDEX orders_open ON orders (edge) WHERE closed_at_us IS NULL",
            """CREATE TABLE employees (
                employee_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL,
                sbu TEXT NOT NULL, state TEXT NOT NULL, branch TEXT NOT NULL, department TEXT NOT NULL,
                sub_department TEXT NOT NULL, designation TEXT NOT NULL, employee_type TEXT NOT NULL,
                updated_at_us {long} NOT NULL)""",
            "CREATE INDEX employees_by_change ON employees (updated_at_us)",
            """CREATE TABLE badges (
                form TEXT NOT NULL, value TEXT NOT NULL, edge TEXT NOT NULL, employee_id TEXT NOT NULL,
                PRIMARY KEY (form, value, edge)) {clustered}""",
            "CREATE INDEX badges_of_an_employee ON badges (employee_id)",
            """CREATE TABLE audit (
                audit_id {counted}, at_us {long} NOT NULL, actor TEXT NOT NULL, verb TEXT NOT NULL,
                subject TEXT NOT NULL, detail {bytes} NOT NULL)""",
        ),
        sqlite=(
            """CREATE TRIGGER audit_keeps_every_row BEFORE DELETE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
            """CREATE TRIGGER audit_keeps_every_word BEFORE UPDATE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
        ),
        postgresql=(
            """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$""",
            """CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
        ),
    ),
    Step(
        "0002-resync",
        (
            """CREATE TABLE resync_jobs (
                actor TEXT NOT NULL, request_id TEXT NOT NULL,
                payload {bytes} NOT NULL, unmatched {bytes} NOT NULL,
                began_at_us {long} NOT NULL, expires_at_us {long} NOT NULL, ended_at_us {long},
                PRIMARY KEY (actor, request_id)) {clustered}""",
            "CREATE INDEX resync_jobs_open ON resync_jobs (began_at_us) WHERE ended_at_us IS NULL",
            """CREATE TABLE resync_parts (
                actor TEXT NOT NULL, request_id TEXT NOT NULL, edge TEXT NOT NULL, reader TEXT NOT NULL,
                order_id TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, evidence TEXT NOT NULL,
                result {bytes}, PRIMARY KEY (actor, request_id, edge, reader)) {clustered}""",
            "CREATE INDEX resync_parts_of_an_order ON resync_parts (order_id)",
        ),
    ),
    Step(
        "0003-workdays",
        (
            """CREATE TABLE settings (
                kind TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, since INTEGER NOT NULL,
                body {bytes} NOT NULL, applied_at_us {long} NOT NULL, source TEXT NOT NULL,
                PRIMARY KEY (kind, name, number)) {clustered}""",
            """CREATE TABLE day_marks (
                mark_id {counted}, bulk INTEGER NOT NULL, employee_id TEXT, badge_key TEXT, edge TEXT,
                first_day INTEGER, last_day INTEGER)""",
            "CREATE INDEX day_marks_in_turn ON day_marks (bulk, mark_id)",
            """INSERT INTO day_marks (bulk, badge_key, edge, first_day, last_day)
                SELECT DISTINCT 1, badge_key, edge, day, day FROM punches""",
            """CREATE TABLE workdays (
                employee_id TEXT NOT NULL, day INTEGER NOT NULL, status TEXT NOT NULL, due_s {long},
                unsent INTEGER NOT NULL, result {bytes} NOT NULL,
                PRIMARY KEY (employee_id, day)) {clustered}""",
            "CREATE INDEX workdays_due ON workdays (due_s) WHERE due_s IS NOT NULL",
            "CREATE INDEX workdays_unsent ON workdays (employee_id, day) WHERE unsent = 1",
            """CREATE TABLE coverage (
                employee_id TEXT NOT NULL PRIMARY KEY, first_day INTEGER NOT NULL,
                last_day INTEGER NOT NULL) {clustered}""",
            """CREATE TABLE contacts (
                edge TEXT NOT NULL, reader TEXT NOT NULL, upto_s {long},
                PRIMARY KEY (edge, reader)) {clustered}""",
            """CREATE TABLE uses (
                employee_id TEXT NOT NULL, edge TEXT NOT NULL, reader TEXT NOT NULL,
                last_day INTEGER NOT NULL, PRIMARY KEY (employee_id, edge, reader)) {clustered}""",
            """CREATE TABLE waits (
                employee_id TEXT NOT NULL, day INTEGER NOT NULL, edge TEXT NOT NULL, reader TEXT NOT NULL,
                until_s {long} NOT NULL, PRIMARY KEY (employee_id, day, edge, reader)) {clustered}""",
            "CREATE INDEX waits_of_a_reader ON waits (edge, reader, until_s)",
            """CREATE TABLE doubts (
                punch_id {bytes} NOT NULL PRIMARY KEY, reason TEXT NOT NULL) {clustered}""",
        ),
        sqlite=(
            """CREATE TRIGGER settings_stay BEFORE DELETE ON settings
                BEGIN SELECT RAISE(ABORT, 'versions of settings are kept'); END""",
            """CREATE TRIGGER settings_stay_the_same BEFORE UPDATE ON settings
                BEGIN SELECT RAISE(ABORT, 'versions of settings are kept'); END""",
        ),
        postgresql=(
            """CREATE FUNCTION settings_refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'versions of settings are kept'; END $$""",
            """CREATE TRIGGER settings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON settings
                FOR EACH STATEMENT EXECUTE FUNCTION settings_refuse()""",
        ),
    ),
    Step(
        "0004-time",
        (
            "ALTER TABLE punches ADD COLUMN offset_before_s {real}",
            """CREATE INDEX punches_of_an_unsure_boot ON punches (edge, boot_id)
                WHERE clock_trust <> 'synced'""",
            """CREATE TABLE boots (
                edge TEXT NOT NULL, boot_id TEXT NOT NULL,
                first_uptime_s {real} NOT NULL, first_at_us {long} NOT NULL,
                last_uptime_s {real} NOT NULL, last_at_us {long} NOT NULL,
                PRIMARY KEY (edge, boot_id)) {clustered}""",
            """CREATE TABLE repairs (
                punch_id {bytes} NOT NULL PRIMARY KEY, day INTEGER NOT NULL, badge_key TEXT NOT NULL,
                read_at_us {long}, within_s {real}, accepted_at_us {long}, actor TEXT,
                noted_at_us {long} NOT NULL) {clustered}""",
            "CREATE INDEX repairs_of_a_day_by_badge ON repairs (day, badge_key)",
        ),
    ),
    Step(
        "0005-audit-chain",
        ("ALTER TABLE audit ADD COLUMN digest {bytes} NOT NULL DEFAULT ''",),
        sqlite=("DROP TRIGGER audit_keeps_every_word",),
        postgresql=("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",),
        fill=_chain_the_audit,
    ),
    Step(
        "0006-audit-sealed",
        (
            "CREATE INDEX audit_by_actor ON audit (actor, audit_id)",
            "CREATE INDEX audit_by_time ON audit (at_us)",
        ),
        sqlite=(
            """CREATE TRIGGER audit_keeps_every_word BEFORE UPDATE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
        ),
        postgresql=("ALTER TABLE audit ENABLE TRIGGER audit_is_append_only",),
    ),
    Step(
        "0007-users",
        (
            """CREATE TABLE users (
                name TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, units {bytes} NOT NULL,
                enabled INTEGER NOT NULL, verifier TEXT, changed_at_us {long} NOT NULL) {clustered}""",
        ),
    ),
    Step(
        "0008-filters",
        (
            """CREATE TABLE filters (
                owner TEXT NOT NULL, name TEXT NOT NULL, payload {bytes} NOT NULL,
                PRIMARY KEY (owner, name)) {clustered}""",
        ),
    ),
]
