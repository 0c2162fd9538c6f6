"""The steps since what repeats in the rows of punches is written once; a new one goes to the end."""

from sqlalchemy import Connection, text

from central.ledger.contexts import context_number, reader_number
from central.ledger.steps.step import Step

_READERS = text("SELECT edge, reader FROM readers UNION SELECT edge, reader FROM punches")
_KNOW_READER = text("""INSERT INTO readers (edge, reader, number) VALUES (:edge, :reader, :number)
    ON CONFLICT (edge, reader) DO UPDATE SET number = excluded.number""")
_CONTEXTS = text("""SELECT DISTINCT
    kind, device, badge_form, clock_trust, boot_id, how, direction_code, verify_code FROM punches""")
_KNOW_CONTEXT = text("""INSERT INTO contexts VALUES (:context, :kind, :device, :badge_form,
    :clock_trust, :boot_id, :how, :direction_code, :verify_code)""")
_BRING_OVER = (
    """INSERT INTO punch_rows
        SELECT p.punch_id, p.day, d.number, c.context, p.badge_raw, p.badge_canon, p.badge_key,
        p.device_wall_us, p.read_at_us, p.uptime_s, p.clock_offset_s, p.offset_before_s,
        p.raw, p.seq, p.arrival_id
        FROM punches AS p JOIN readers AS d ON d.edge = p.edge AND d.reader = p.reader
        JOIN contexts AS c ON c.boot_id = p.boot_id AND c.clock_trust = p.clock_trust AND c.how = p.how
        AND c.kind = p.kind AND c.badge_form = p.badge_form
        AND coalesce(c.device = p.device, c.device IS NULL AND p.device IS NULL)
        AND coalesce(c.direction_code = p.direction_code,
            c.direction_code IS NULL AND p.direction_code IS NULL)
        AND coalesce(c.verify_code = p.verify_code, c.verify_code IS NULL AND p.verify_code IS NULL)""",
    "DROP TABLE punches",
    "CREATE INDEX punches_of_a_day_by_badge ON punch_rows (day, badge_key)",
    "CREATE INDEX punches_of_a_reader ON punch_rows (reader, punch_id)",
    "CREATE INDEX punches_without_wall ON punch_rows (punch_id) WHERE device_wall_us IS NULL",
    "CREATE INDEX punches_unsure ON punch_rows (context) WHERE context < 0",
    "CREATE UNIQUE INDEX readers_by_number ON readers (number)",
    """CREATE VIEW punches AS SELECT
        r.punch_id, r.day, d.edge, d.reader, c.kind, c.device, c.badge_form, r.badge_raw, r.badge_canon,
        r.badge_key, r.device_wall_us, r.read_at_us, c.clock_trust, r.clock_offset_s, r.offset_before_s,
        c.boot_id, r.uptime_s, c.direction_code, c.verify_code, c.how, r.raw, r.seq, r.arrival_id,
        r.reader AS reader_number, r.context AS context_number
        FROM punch_rows AS r
        LEFT JOIN readers AS d ON d.number = r.reader LEFT JOIN contexts AS c ON c.context = r.context""",
)


def _write_anew(connection: Connection) -> None:
    """Give each reader and each context its number, and write the punches anew with these."""
    for edge, reader in connection.execute(_READERS).all():
        row = {"edge": edge, "reader": reader, "number": reader_number((edge, reader))}
        connection.execute(_KNOW_READER, row)
    for kind, device, form, trust, boot_id, how, direction, verify in connection.execute(_CONTEXTS).all():
        row = {
            "context": context_number((kind, device, form, trust, boot_id, how, direction, verify)),
            "kind": kind,
            "device": device,
            "badge_form": form,
            "clock_trust": trust,
            "boot_id": boot_id,
            "how": how,
            "direction_code": direction,
            "verify_code": verify,
        }
        connection.execute(_KNOW_CONTEXT, row)
    for statement in _BRING_OVER:
        connection.exec_driver_sql(statement)


ROWS: list[Step] = [
    Step(
        "0021-punch-rows",
        (
            "ALTER TABLE readers ADD COLUMN number {long} NOT NULL DEFAULT 0",
            """CREATE TABLE contexts (
                context {long} NOT NULL PRIMARY KEY, kind TEXT NOT NULL, device TEXT,
                badge_form TEXT NOT NULL, clock_trust TEXT NOT NULL, boot_id TEXT NOT NULL,
                how TEXT NOT NULL, direction_code INTEGER, verify_code INTEGER)""",
            "CREATE INDEX contexts_of_a_boot ON contexts (boot_id)",
            """CREATE TABLE punch_rows (
                punch_id {bytes} NOT NULL PRIMARY KEY, day INTEGER NOT NULL,
                reader {long} NOT NULL, context {long} NOT NULL,
                badge_raw TEXT NOT NULL, badge_canon TEXT, badge_key TEXT NOT NULL,
                device_wall_us {long}, read_at_us {long} NOT NULL,
                uptime_s {real} NOT NULL, clock_offset_s {real}, offset_before_s {real},
                raw TEXT NOT NULL, seq {long} NOT NULL, arrival_id {long} NOT NULL) {clustered}""",
        ),
        fill=_write_anew,
    ),
]
