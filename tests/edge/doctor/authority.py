"""A certificate authority for tests, made with openssl: certificates of any dates and names."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SETTINGS = """\
[ca]
default_ca = this
[this]
database = {folder}/index
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%SZ}"


class Authority:
    """Signs certificates; `pem` is its own."""

    def __init__(self, folder: Path, *, days: tuple[int, int] = (-2, 365)) -> None:
        folder.mkdir()
        self._folder = folder
        self._settings = folder / "settings"
        self._settings.write_text(_SETTINGS.format(folder=folder))
        (folder / "index").write_text("")
        (folder / "serial").write_text("1000\n")
        self._key, self.pem = folder / "ca.key", folder / "ca.pem"
        self._make_key(self._key)
        self._sign("authority", self._key, self.pem, days, "basicConstraints=critical,CA:TRUE", own=True)

    def certificate(
        self,
        name: str,
        *,
        days: tuple[int, int] = (-1, 90),
        names: str = "IP:127.0.0.1,DNS:localhost",
    ) -> tuple[Path, Path]:
        """A new certificate, valid between days from today, and its key."""
        key, pem = self._folder / f"{name}.key", self._folder / f"{name}.pem"
        self._make_key(key)
        self._sign(name, key, pem, days, f"subjectAltName={names}")
        return pem, key

    def _make_key(self, key: Path) -> None:
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)

    def _sign(
        self, name: str, key: Path, pem: Path, days: tuple[int, int], extension: str, *, own: bool = False
    ) -> None:
        asked, extensions = pem.with_suffix(".csr"), pem.with_suffix(".ext")
        extensions.write_text(extension + "\n")
        _openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", asked)
        begins, ends = (_stamp(datetime.now(UTC) + timedelta(days=day)) for day in days)
        signer = ["-selfsign"] if own else ["-cert", self.pem]
        _openssl(
            *("ca", "-batch", "-notext", "-config", self._settings, "-in", asked, "-out", pem),
            *("-keyfile", self._key, *signer, "-extfile", extensions),
            *("-startdate", begins, "-enddate", ends),
        )
