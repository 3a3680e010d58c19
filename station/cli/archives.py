"""`station archive`: seal stubs now, prove an archive anywhere, and open one stub of it."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from station.archive_jobs import archive_due
from station.archives.container import ArchiveError, unseal
from station.cli.command import FOUND, OK, Command, Problem, opened, settings_of, takes_config
from station.services import archiving
from station.services.archive_proof import Proof, prove_archive, stubs_of

_SEALED = ".sealed"


def _arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(metavar="STEP", required=True)
    make = steps.add_parser("make", help="现在就把到期的底单归档 · seal the stubs that are due now",
                            allow_abbrev=False)
    takes_config(make)
    make.set_defaults(step=_make)
    verify = steps.add_parser(
        "verify", allow_abbrev=False,
        help="核对归档文件，任何电脑都可以 · prove archives, on any computer, without a database")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verify.add_argument("--sha256", metavar="DIGEST",
                        help="签收时写下的校验值 · the digest that was signed for")
    verify.add_argument("--key", metavar="FINGERPRINT",
                        help="打包台密钥的指纹（16 位） · the station's key, its 16 digits")
    verify.set_defaults(step=_verify)
    unpack = steps.add_parser(
        "open", allow_abbrev=False,
        help="取出一个运单的全部资料，含个人信息 · take one stub out with what is personal")
    takes_config(unpack)
    unpack.add_argument("file", type=Path, metavar="FILE")
    unpack.add_argument("waybill", metavar="NO")
    unpack.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    unpack.add_argument("--who", required=True, metavar="NAME",
                        help="谁要看，写入记录 · who looks; it is kept in the history")
    unpack.set_defaults(step=_open)


def _archive(options: argparse.Namespace) -> int:
    try:
        return int(options.step(options))
    except ArchiveError as error:
        raise Problem(options.say(f"archive.{error.code}", {"what": error.what})) from None


def _make(options: argparse.Namespace) -> int:
    config = settings_of(options)
    from station.bootstrap import utc_now  # noqa: PLC0415 - one clock for all
    with opened(config) as database:
        made = archive_due(
            database, config.archive_dir, shop=config.station.shop,
            after_days=config.archive.after_days, now=utc_now(),
        )
        rows = {row.id: row for row in database.read(archiving.listed)}
    for row in (rows[archive_id] for archive_id in made):
        print(f"{config.archive_dir / row.file}: {row.parcels} 张 stubs, sha256 {row.sha256}")
    if not made:
        print("没有到期的底单 / no stubs are due")
    return OK


def _verify(options: argparse.Namespace) -> int:
    ok = True
    for path in options.files:
        try:
            print(_told(path, prove_archive(path)))
            ok = _expected(options, prove_archive(path)) and ok
        except ArchiveError as error:
            ok = False
            print(f"✗ {path}: {options.say(f'archive.{error.code}', {'what': error.what})}")
    return OK if ok else FOUND


def _told(path: Path, proof: Proof) -> str:
    return (f"✓ {path}: {proof.carrier} {proof.day}, {len(proof.waybills)} 张 stubs\n"
            f"  sha256 {proof.sha256}\n  密钥 key {proof.fingerprint}")


def _expected(options: argparse.Namespace, proof: Proof) -> bool:
    """Whether it is the file and the key that somebody wrote down."""
    asked = (options.sha256 or proof.sha256).strip().lower()
    key = "".join((options.key or proof.fingerprint).split()).lower()
    if asked != proof.sha256:
        print("✗ 校验值不同：不是签收的那一份 / another digest: not the file that was signed for")
    if key != proof.fingerprint.replace(" ", ""):
        print("✗ 密钥不同：不是这台打包台封的 / another key: not sealed by that station")
    return asked == proof.sha256 and key == proof.fingerprint.replace(" ", "")


def _open(options: argparse.Namespace) -> int:
    proof = prove_archive(options.file)
    if options.waybill not in proof.waybills:
        raise Problem(f"归档里没有 {options.waybill} / it is not in this archive")
    config = settings_of(options)
    from station.bootstrap import utc_now  # noqa: PLC0415 - one clock for all
    with opened(config) as database:
        key = database.write(partial(
            archiving.take_out, archive_sha256=proof.sha256, waybill_no=options.waybill,
            who=options.who, now=utc_now(),
        ))
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in stubs_of(options.file, options.waybill):
        target = options.out / Path(name).name.removesuffix(_SEALED)
        if not name.endswith(_SEALED):
            target.write_bytes(content)
        elif key is not None:
            target.write_bytes(unseal(key, name, content))
    if key is None:
        print("个人信息的密钥已销毁，或不在这个数据库：只取出记录"
              " / the key of what is personal is destroyed or elsewhere: the record alone")
    print(options.out)
    return OK


COMMANDS = (
    Command("archive", "底单归档 · sealed archives of stubs (D7)", _arguments, _archive,
            "station archive make\n"
            "station archive verify STO-2026-11-23-1.zip --sha256 DIGEST\n"
            "station archive open STO-2026-11-23-1.zip 773100000000001 --out 资料 --who 王经理"),
)
