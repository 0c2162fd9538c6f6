"""Faults of terminals and of the way to them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edge.readers.zkteco.child import Child
from edge.readers.zkteco.talk import Open, Opened
from simulators.mosquitto import free_port
from simulators.push_terminal import PushTerminal
from simulators.terminal import Terminal
from simulators.terminal.device import local_wall
from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import Branch, Diagnosis, shadow
from tests.edge.doctor.table import fault

GATE = "reader gate"
SERIAL = "CJ7F194760042"


@fault(GATE, "name-unresolved", "")
def terminal_whose_name_has_no_address(branch: Branch, _: Authority) -> None:
    branch.reader("zkteco", address="front-gate.invalid")


@fault(GATE, "no-answer", "nothing answers at 127.0.0.1")
def terminal_without_power(branch: Branch, _: Authority) -> None:
    branch.reader("zkteco", address="127.0.0.1", port=branch.deaf_port(), answer_s=1.0)


@fault(GATE, "port-refused", "refused")
def address_of_another_machine(branch: Branch, _: Authority) -> None:
    branch.reader("zkteco", address="127.0.0.1", port=free_port())


@fault(GATE, "port-refused", "")
def port_of_a_web_server(branch: Branch, _: Authority) -> None:
    port = branch.listener(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    branch.reader("zkteco", address="127.0.0.1", port=port)


@fault(GATE, "port-refused", "refused")
def old_terminal_that_is_gone_over_udp(branch: Branch, _: Authority) -> None:
    branch.reader("zkteco", address="127.0.0.1", port=free_port(), transport="udp")


@fault(GATE, "session-busy", "")
def another_program_in_the_only_session(branch: Branch, _: Authority) -> None:
    terminal = branch.terminal(Terminal(second_client="refuse"))
    other = Child(stopping=lambda: False)
    branch.stack.callback(other.kill)
    address, port = terminal.address, terminal.port
    place = Open(address=address, port=port, transport="tcp", comm_key=0, live=False, within_s=20)
    other.ask(place, Opened)


@fault(GATE, "wrong-comm-key", "refuses the comm key")
def other_comm_key(branch: Branch, _: Authority) -> None:
    branch.terminal(Terminal(comm_key=4711), comm_key=4712)


@fault(GATE, "misconfigured", "cannot be read")
def comm_key_file_that_is_gone(branch: Branch, _: Authority) -> None:
    branch.terminal(comm_key_file=str(branch.folder / "gone.key"))


@fault(GATE, "deadline", "did not answer in time")
def terminal_that_hangs(branch: Branch, _: Authority) -> None:
    branch.terminal(answer_s=1.0).fault("silent")


@fault(GATE, "serial-changed", f"edge.toml says {SERIAL[:-1]}3")
def terminal_of_another_door(branch: Branch, _: Authority) -> None:
    branch.terminal(serial=f"{SERIAL[:-1]}3")


@fault(GATE, "serial-changed", "before, it was CJ0")
def terminal_that_was_replaced(branch: Branch, _: Authority) -> None:
    branch.terminal()
    branch.remember("gate", serial="CJ0")


@fault(GATE, "fewer-records", "50 records; there were 60")
def log_that_somebody_cleared(branch: Branch, _: Authority) -> None:
    branch.terminal()
    branch.remember("gate", serial=SERIAL, mark=f"{60 * 40} 00 40 40")


@fault(GATE, "clock-off", "off by -420 s")
def clock_that_is_slow(branch: Branch, _: Authority) -> None:
    branch.terminal(Terminal(now=lambda: local_wall() - timedelta(minutes=7)))


@fault(GATE, "clock-off", "off by 3600 s")
def clock_that_stayed_on_summer_time(branch: Branch, _: Authority) -> None:
    ahead = Terminal(now=lambda: datetime.now(ZoneInfo("Africa/Kampala")).replace(tzinfo=None))
    branch.terminal(ahead, zone="Africa/Johannesburg")


@fault(GATE, "clock-off", "it shows 2000-01-01")
def clock_after_a_dead_battery(branch: Branch, _: Authority) -> None:
    branch.terminal(Terminal()).fault("clock-reset")


@fault(GATE, "clock-off", "no calendar has")
def clock_that_shows_an_impossible_date(branch: Branch, _: Authority) -> None:
    branch.terminal().fault("clock-impossible")


@fault(GATE, "log-filling", "85% full")
def log_that_fills(branch: Branch, _: Authority) -> None:
    branch.terminal(Terminal(log=85, capacity=100))


@fault(GATE, "log-full", "96% full")
def log_that_is_all_but_full(branch: Branch, _: Authority) -> None:
    branch.terminal(Terminal(log=96, capacity=100))


@fault(GATE, "checksum-wrong", "wrong checksum")
def firmware_that_miscounts(branch: Branch, _: Authority) -> None:
    branch.terminal().fault("miscounted")


@fault(GATE, "checksum-wrong", "wrong checksum")
def firmware_that_miscounts_over_udp(branch: Branch, _: Authority) -> None:
    branch.terminal(transport="udp", answer_s=1.0).fault("miscounted")


@fault(GATE, "not-enabled", "answers no")
def terminal_that_stays_disabled(branch: Branch, _: Authority) -> None:
    branch.terminal().fault("stays-disabled")


@fault(GATE, "checksum-wrong", "wrong checksum")
def log_that_comes_damaged(branch: Branch, _: Authority) -> None:
    branch.terminal().fault("wrong-checksum")


@fault(GATE, "read-rejected", "reads as empty; the terminal counts 50 records")
def log_that_reads_as_empty(branch: Branch, _: Authority) -> None:
    branch.terminal().fault("empty-log")


@fault(GATE, "read-rejected", "too short")
def sizes_that_are_cut_short(branch: Branch, _: Authority) -> None:
    branch.terminal().fault("sizes-short")


@fault(GATE, "connection-lost", "closed")
def connection_that_breaks_in_the_log(branch: Branch, _: Authority) -> None:
    branch.terminal(Terminal(log=2000)).fault("close-in-bulk")


@fault(GATE, "records-odd", "1 of 51 records")
def record_of_31_february(branch: Branch, _: Authority) -> None:
    branch.terminal().fault("odd-record")


@fault(GATE, "driver-missing", "zk")
def terminal_without_its_driver(branch: Branch, _: Authority) -> Diagnosis:
    branch.terminal()
    return branch.diagnosis_elsewhere(PYTHONPATH=shadow(branch.folder / "without", "zk"))


@fault(GATE, "port-taken", "in use")
def push_port_of_another_program(branch: Branch, _: Authority) -> None:
    branch.reader("zkteco-push", serial=SERIAL, address="127.0.0.1", port=branch.listener())


@fault(GATE, "port-taken", "assign")
def push_address_that_the_pi_lost(branch: Branch, _: Authority) -> None:
    branch.reader("zkteco-push", serial=SERIAL, address="192.0.2.1", port=free_port())


@fault(GATE, "other-terminal", "only X99 came by")
def push_from_another_terminal(branch: Branch, _: Authority) -> None:
    port = free_port()
    branch.reader("zkteco-push", serial=SERIAL, address="127.0.0.1", port=port)
    branch.arguments += ["--listen", "2"]
    branch.stack.enter_context(PushTerminal(serial="X99", port=port, pace=0.02))
