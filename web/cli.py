"""The `station` command with its pages: every word of `station.cli`, and `serve`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from station import cli, log
from station.bootstrap import build
from station.config import Config
from station.domain.vocabulary import Message
from station.services import couriers
from web import signin, tls, words
from web.app import create_app
from web.demo import COMMAND as DEMO
from web.evidence import COMMAND as EVIDENCE
from web.limits import Limits
from web.serve import Server


def serve(config: Config) -> None:
    """Run the station and its pages until Ctrl-C or SIGTERM; the address is printed first."""
    cli.make_ready(config)
    log.start(config.log)
    with cli.alone(config.data_dir), log.kept(config.log, config.data_dir):
        _run(config)


def _run(config: Config) -> None:
    station = build(config)
    try:
        cli.refuse_strangers(station.db.read(couriers.strangers))
        server = _bound(create_app(station), config)
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda _sign, _frame: server.stop_soon())
        station.start()
        print(f"打包台已打开 the station is open at {server.url}", flush=True)
        if server.lan_port:
            print(f"其他电脑用 other computers use: https://NAME:{server.lan_port}/", flush=True)
        if not config.benches:
            print("还没有工作台：在 station.toml 写 [[bench]]，再重新打开"
                  " / no bench yet: write a [[bench]] block in station.toml and open again",
                  flush=True)
        server.run()
    finally:
        station.stop()


def _bound(app: object, config: Config) -> Server:
    web = config.web
    lan = _lan(config)
    host = "127.0.0.1" if lan is not None else web.host
    try:
        within = Limits(web.connections, web.request_seconds)
        return Server(
            app, host, web.port, web.threads, lan, within=within)  # type: ignore[arg-type]
    except OSError as error:
        raise cli.Problem(
            f"{web.host}:{web.port} 打不开（打包台已在运行？） / cannot be opened"
            f" (is the station running already?): {error.strerror}") from error


def _lan(config: Config) -> tls.Lan | None:
    """How other computers are served: by TLS, or not at all unless the settings insist."""
    web = config.web
    if web.host == "localhost" or signin.is_this_computer(web.host):
        return None
    if not web.tls_cert or not web.tls_key:
        if web.plain_lan:
            return None
        raise cli.Problem(
            f"host = {web.host}：对局域网开放要有 TLS：运行 station tls，再写 tls_cert 和 tls_key"
            " / serving the LAN takes TLS: run station tls, then write tls_cert and tls_key"
            " (or plain_lan = true, unwisely)")
    try:
        context = tls.context_of(config.resolve(web.tls_cert), config.resolve(web.tls_key))
    except OSError as error:
        raise cli.Problem(
            f"{web.tls_cert}, {web.tls_key}: 证书或私钥不能用 / not fit to be used:"
            f" {error.strerror or error}") from error
    return tls.Lan(web.host, web.tls_port, context)


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    cli.takes_config(parser)
    parser.add_argument("--host", metavar="ADDRESS", help="监听地址 · the address to listen on")
    parser.add_argument("--port", type=int, metavar="N", help="端口 · the port; 0 takes any")


def _serve(options: argparse.Namespace) -> int:
    config = cli.settings_of(options)
    given = {name: getattr(options, name) for name in ("host", "port")}
    chosen = {name: value for name, value in given.items() if value is not None}
    serve(replace(config, web=replace(config.web, **chosen)))
    return cli.OK


COMMANDS: tuple[cli.Command, ...] = (
    cli.Command("serve", "打开打包台 · run the station and its pages", _serve_arguments, _serve,
                "station serve\n"
                "station serve --host 0.0.0.0   让局域网打开，先运行 station tls"
                " · open it to the LAN, after station tls"),
    DEMO,
    EVIDENCE,
    *cli.COMMANDS,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(cli.run(COMMANDS, arguments, say=_in_words))


def _in_words(code: str, facts: Mapping[str, str | int]) -> str:
    if not words.known(code):
        return cli.bare(code, facts)
    said = words.say(Message(code, dict(facts)))
    return f"{said.zh} / {said.en}"


if __name__ == "__main__":
    main()
