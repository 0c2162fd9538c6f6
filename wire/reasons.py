"""The stable words for what can be wrong, each with the next step for the person who reads it.

Edges put the word into vitals and outcomes, central puts word and next step on the board, and
`punchwire-edge doctor` will print the same: one vocabulary for all three.
"""

NEXT_STEP: dict[str, str] = {
    # nothing wrong, only quiet
    "idle": "Nothing needs doing if nobody was due; otherwise present a known card and watch this line.",
    "never-punched": "Present a known finger or card at the reader and watch this line.",
    "starting": "Wait a minute; the reader is being opened for the first time.",
    # the branch as a whole
    "edge-offline": "Check power and network at the branch; punches wait safely in its outbox meanwhile.",
    "edge-silent": "The edge is connected but sends no heartbeat; restart punchwire-edge at the branch.",
    "edge-unknown": "This edge has never connected; check its edge.toml, its network and its broker account.",
    "no-readers": "Add a [[reader]] section to the edge's edge.toml and restart punchwire-edge.",
    "unknown-reader": "The edge has no reader of this name; ask again for the readers that it has now.",
    "expired": "The edge did not come back in time; ask again once it is online.",
    "central-fault": "Central met a fault of its own; its journal has it. Mend that, and ask again.",
    "central-away": "Start punchwire-central; edges hold their punches until it is back.",
    "outbox-set-aside": "The Pi's card damaged the outbox: replace it, or delete outbox.db.corrupt-* there.",
    "session-taken": "Another client uses this edge's id: find the second Pi or copied card and rename it.",
    "no-receipts": "The broker accepts punches but central does not confirm them; check the broker's ACL.",
    "facts-unread": "Upgrade central, then run punchwire-central quarantine --replay; nothing is lost.",
    "backlog": "Punches are waiting at the branch; check the speed of its uplink.",
    "disk-full": "Free space on the Pi's card; readers without memory cannot record punches.",
    "outbox-failed": "The outbox cannot be written; check the Pi's card and replace it if it fails again.",
    # the account of a day
    "account-differs": "Run punchwire account --date with the date of the evidence; it names the punches.",
    # the network to a device
    "name-unresolved": "Check the spelling of the address and the name server of the branch.",
    "no-answer": "Check the terminal's power, cable and address.",
    "port-refused": "Something answers at this address, but not a terminal; check address and port.",
    "session-busy": "Another program holds the terminal's only session; close it there.",
    "deadline": "The terminal answers too slowly; check the network, and other programs that read it.",
    "port-taken": "The port for the terminals cannot be had; stop what uses it, or correct address and port.",
    "connection-lost": "Check the cable and the network between the Pi and the terminal.",
    # the terminal
    "wrong-comm-key": "Set comm_key in edge.toml to the key shown in the terminal's communication menu.",
    "serial-changed": "Another terminal answers at this address; correct the address, or accept it.",
    "read-rejected": "The terminal's log could not be read whole; it will be tried again by itself.",
    "records-odd": "Some records of the terminal make no sense; they are kept in quarantine for review.",
    "command-refused": "The terminal does not know the command; update its firmware or read it by port 4370.",
    "log-filling": "The terminal's log fills; plan to clear it by its own menu after a resync.",
    "log-full": "The log is all but full; after a resync clear it by its own menu before it refuses punches.",
    "checksum-wrong": "Check cable and network; punchwire-edge doctor tells if lenient_checksums helps.",
    "not-enabled": "Present a finger at the terminal; if it takes none, switch it off and on.",
    "fewer-records": "The terminal shows fewer records than before; find out who cleared it.",
    "clock-off": "The terminal's clock is wrong; set it by punchwire clock --set, or at the terminal.",
    "clock-not-settable": "This kind of reader cannot be told the time; set its clock at the device.",
    "no-users": "This kind of reader keeps no users; enrol people at the device or by its own software.",
    "users-refused": "The terminal did not take all users; look at what it says, and at its free places.",
    "clock-refused": "The terminal does not take the time; set it in its own menu.",
    # a local device
    "not-plugged": "Plug the reader in, or correct its device path in edge.toml.",
    "unplugged": "Plug the reader in again.",
    "no-permission": "Add the user punchwire to the groups input and dialout, then restart the service.",
    "grabbed": "Another program holds the reader; stop it.",
    "driver-missing": "Install the extra that this kind of reader needs.",
    "other-terminal": "Set serial to that of the terminal that pushes here, or lead that one elsewhere.",
    "garbage": "The reader sends bytes that are no card; check its baud rate and profile.",
    # the way to the broker, as seen from the branch
    "broker-unresolved": "Check host in [broker], and the name server of the branch.",
    "broker-unreachable": "Check the branch's uplink and firewall, and host and port in [broker].",
    "broker-refused": "Start the broker, or correct port in [broker].",
    "broker-silent": "No broker speaks here as expected; check port, and whether ca must be given for TLS.",
    "broker-no-tls": "The broker speaks no TLS at this port; correct port, or the listener of the broker.",
    "broker-untrusted": "Set ca in [broker] to the authority that signed the broker's certificate.",
    "broker-not-yet-valid": "Set the Pi's clock by a time server; if it is right, the certificate is not.",
    "broker-expired": "Renew the certificate; if its dates are good, set the Pi's clock by a time server.",
    "broker-other-name": "Set host to a name in the broker's certificate, or have it made for this name.",
    "certificate-refused": "Set cert and key to a valid pair that the broker's authority signed.",
    "certificate-ending": "Renew it at the centre (punchwire-central edge), and put it in place in time.",
    "login-refused": "Check user and password_file in [broker] against the broker's accounts.",
    "publish-denied": "Let the account, named as the edge id, write to edge/<id>/# in the broker's ACL.",
    "subscribe-denied": "Let the account read edge/<id>/# and central/status in the broker's ACL.",
    # the Pi itself
    "state-unwritable": "Give state_dir to the user punchwire, on a disk that can be written.",
    "outbox-corrupt": "Run punchwire-edge migrate: it sets the file aside and reads the terminals in full.",
    "outbox-outdated": "Run punchwire-edge migrate, then restart the service.",
    "clock-unsynced": "Let the Pi reach a time server; punches are kept meanwhile, their times unsure.",
    "edge-stuck": "The daemon runs and gives no answer; restart punchwire-edge.",
    "restart-needed": "Restart punchwire-edge; it still works by an older edge.toml.",
    "unseen": "Run the doctor as the user punchwire or as root.",
    # a human must act on the configuration
    "settings-wrong": "Correct this line of edge.toml; punchwire-edge check-config tells when all are right.",
    "config-unsigned": "Have edge.toml signed by punchwire-central sign-config, and put both files in place.",
    "misconfigured": "Correct this reader's section in edge.toml and restart the service.",
    "fault": "The reader stopped by an unforeseen fault; it is started again. Report the evidence.",
}


def next_step(reason: str) -> str:
    """The plain sentence for a reason; unknown words (a newer edge) get an honest one."""
    return NEXT_STEP.get(reason, "See the evidence; this central does not know the reason yet.")
