"""Servers to measure, and the load on them. Nothing here outlives its caller."""

import contextlib
import dataclasses
import json
import pathlib
import re
import subprocess
import time
import urllib.request

START_SECONDS = 120
STOP_SECONDS = 60
INDEX_SECONDS = 300
FOREVER_SECONDS = 3600
INDEX_LOADED = "gatehouse_decision_index_loaded"


@dataclasses.dataclass
class Server:
    address: str
    pid: int
    spawned: float  # monotonic time
    log: pathlib.Path
    tls: bool = False

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.M).group(1)) * 1024

    def metrics(self):
        """Of a Gatehouse server: values by name and labels, as they stand in the text."""
        port = next(
            json.loads(line)["port"]
            for line in self.log.read_text(encoding="utf-8").splitlines()
            if '"publishing metrics"' in line
        )
        # Never by a proxy: it is this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    def metric(self, name):
        try:
            return self.metrics()[name]
        except KeyError as error:
            raise RuntimeError(f"the server has no metric {name}") from error

    def await_index(self):
        """Until checks read no store; how long that took from the start of the server."""
        give_up = time.monotonic() + INDEX_SECONDS
        while self.metric(INDEX_LOADED) != 1:
            if time.monotonic() > give_up:
                raise RuntimeError("the decision index does not load")
            time.sleep(0.1)
        return time.monotonic() - self.spawned


class Processes:
    """Starts servers and loads, each kind on its own cores if so wished."""

    def __init__(self, binaries, directory, options):
        self.binaries = binaries
        self.directory = pathlib.Path(directory)
        self.seconds = options.seconds
        self.warmup = options.warmup
        self.server_cpus, self.load_cpus = (options.pin or ":").split(":")
        self.numbered = 0

    def new_path(self, name):
        self.numbered += 1
        return self.directory / f"{name}-{self.numbered}"

    def certificate(self):
        """A self-signed one for loopback, made once: (certificate, key)."""
        files = self.directory / "tls.crt", self.directory / "tls.key"
        if not files[0].exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
                + ["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
                + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
                + ["-out", files[0], "-keyout", files[1]],
                check=True,
                stderr=subprocess.DEVNULL,
            )
        return files

    @contextlib.contextmanager
    def gatehouse(self, store, tls=False, authentication=False, indexed=True, address_file=None):
        """A server on `store`; with `indexed`, one whose decision index is loaded."""
        transport = self.tls_flags() if tls else ["--insecure"]
        command = [self.binaries["gatehouse"], "--listen=127.0.0.1:0", *transport]
        command += [f"--data-directory={store}", "--metrics-listen=127.0.0.1:0"]
        command += ["--limits-requests-per-second=0", "--log-level=info"]
        if not authentication:
            command.append("--access-authentication=off")
        with self.serve(command, tls, address_file) as server:
            if indexed:
                server.await_index()
            yield server

    @contextlib.contextmanager
    def floor(self, answers, *variant, tls=False):
        command = [self.binaries["floor"], f"--answers={answers}", *variant]
        with self.serve(command + (self.tls_flags() if tls else []), tls) as server:
            yield server

    def tls_flags(self):
        certificate, key = self.certificate()
        return [f"--tls-certificate-file={certificate}", f"--tls-key-file={key}"]

    @contextlib.contextmanager
    def serve(self, command, tls=False, address_file=None):
        address_file = address_file or self.new_path("address")
        log = self.new_path("log")
        command = [*pinned(self.server_cpus), *command, f"--address-file={address_file}"]
        with open(log, "wb") as log_file:
            spawned = time.monotonic()
            # taskset becomes what it runs: the id is the server's
            process = subprocess.Popen(command, stderr=log_file)
            try:
                give_up = spawned + START_SECONDS
                while not address_file.exists():
                    if process.poll() is not None or time.monotonic() > give_up:
                        raise RuntimeError(
                            f"the server does not start: {command}\n{tail_of(log)}"
                        )
                    time.sleep(0.005)
                address = address_file.read_text(encoding="utf-8").strip()
                yield Server(address, process.pid, spawned, log, tls)
            finally:
                end(process)
        address_file.unlink(missing_ok=True)
        log.unlink(missing_ok=True)

    def load_command(self, server, population, options, seconds):
        command = [*pinned(self.load_cpus), self.binaries["load"], *population.flags_of_load()]
        command += [f"--target={server.address}", f"--pid={server.pid}"]
        command += [f"--seconds={seconds}", f"--warmup={self.warmup}"]
        if server.tls:
            command.append(f"--ca-file={self.certificate()[0]}")
        return [*command, *options]

    def load(self, server, population, *options):
        """Runs a load to its end; what it measured."""
        return json_of(self.load_command(server, population, options, self.seconds))

    def record_answers(self, server, population):
        """The file of the answers that a floor repeats."""
        answers = self.new_path("answers")
        command = [self.binaries["load"], "--mode=record", f"--target={server.address}"]
        subprocess.run(
            [*command, f"--answers={answers}", *population.flags_of_load()], check=True
        )
        return answers

    @contextlib.contextmanager
    def load_until_told(self, server, population, *options):
        """Runs a load as long as the body; gives a list that then holds what it measured.

        The body begins when the figures begin to count.
        """
        counting = self.new_path("counting")
        options = [*options, f"--counting-file={counting}"]
        command = self.load_command(server, population, options, FOREVER_SECONDS)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        measured = []
        try:
            while not counting.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"the load does not begin: {command}")
                time.sleep(0.005)
            yield measured
            process.terminate()
            output, _ = process.communicate(timeout=STOP_SECONDS)
            if process.returncode != 0:
                raise RuntimeError(f"the load has failed: {command}")
            measured.append(json.loads(output))
        finally:
            end(process)

    def command(self, server, *arguments):
        """Runs the gatehouse command on `server`; what it says as JSON."""
        return json_of(
            [self.binaries["command"], *arguments, f"--server={server.address}", "--output=json"]
        )


def pinned(cpus):
    return ["taskset", "-c", cpus] if cpus else []


def json_of(command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def end(process):
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail_of(log):
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
