#!/usr/bin/env python3
"""Verifies an audit trail of mcp-defectdojo, offline, with Python's standard library alone.

A second verifier, written from docs/audit-format.md and not from the service's own code: what both call complete is
worth more than what either says. The numbers in the comments are sections of that page. Exit codes (5.5): 0 complete,
1 tampered, 2 not verifiable, 3 intact but not all of it attested, 64 wrong usage.

    verify_audit.py FILE... [--key-file F]... [--public-key F] [--checkpoints F]... [--unordered] [--json]
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gzip
import hashlib
import hmac
import json
import os
import re
import sys
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Iterable, Iterator, Optional

COMPLETE, TAMPERED, NOT_VERIFIABLE, INTACT = "complete", "tampered", "not_verifiable", "intact"
EXIT_CODES = {COMPLETE: 0, TAMPERED: 1, NOT_VERIFIABLE: 2, INTACT: 3}
USAGE = 64

MAX_LINE = 8_388_608
RECORD_START = b'{"timestamp": "'
QUOTED_START = rb"{\"timestamp\": \""
MAC_END = re.compile(rb', "integrity_hmac": "([0-9a-f]{64})"\}\Z')
MAC_MEMBER = re.compile(rb', "integrity_hmac": "[0-9a-f]{64}"\}')
PART_START = b'{"audit_part": '
QUOTED_PART_START = rb'{\"audit_part\": '
MAX_PART = 7_600
MAX_WAITING = 268_435_456
PART = re.compile(rb'\{"audit_part": ([1-9]\d{0,3}), "of": ([1-9]\d{0,3}), "chain_id": "([0-9a-f-]{36})", '
                  rb'"seq": ([1-9]\d{0,14}), "text": "((?:[ !#-\[\]-~]|\\["\\])*)"\}')
STRING_REST = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.S)
QUOTED_MAC_MEMBER = re.compile(rb', \\"integrity_hmac\\": \\"[0-9a-f]{64}\\"\}')
CLOSED_NAME = re.compile(r"\.\d{8}T\d{6}Z-(\d{12,})(?:\.gz)?\Z")
ROTATED_NAME = re.compile(r"(?:\.\d{1,4}|-\d{8,14})(?:\.gz)?\Z")


class Unreadable(Exception):
    """A file or a key that cannot be used; the text says which and why."""


# ---- Lines and records (2) ----------------------------------------------------------------------


@dataclass
class Line:
    file: str
    number: int
    offset: int
    data: bytes
    terminated: bool


@dataclass
class Record:
    """A line taken apart; `members` is None when it is malformed."""

    line: Line
    text: bytes = b""
    mac: Optional[str] = None
    members: Optional[dict[str, Any]] = None
    # Of a malformed record, if the parts that it came in tell it.
    stated_seq: Optional[int] = None

    def get(self, name: str) -> Any:
        return (self.members or {}).get(name)

    def text_member(self, name: str) -> Optional[str]:
        value = self.get(name)
        return value if isinstance(value, str) else None

    @property
    def seq(self) -> Optional[int]:
        if self.members is None:
            return self.stated_seq
        value = self.get("seq")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        usable = isinstance(value, int) and not isinstance(value, bool)
        return value if usable and abs(value) < 2**53 else None

    @property
    def chain_id(self) -> Optional[str]:
        return self.text_member("chain_id")

    @property
    def key_id(self) -> Optional[str]:
        return self.text_member("key_id")

    @property
    def chain_event(self) -> Optional[str]:
        return self.text_member("chain_event") if self.get("event_type") == "lifecycle" else None

    @property
    def is_checkpoint(self) -> bool:
        return self.get("event_type") == "audit_checkpoint"

    @property
    def whole(self) -> bytes:
        return self.line.data + b"\n"


def open_file(path: str) -> BinaryIO:
    if os.path.isdir(path):
        raise Unreadable(f"{path} is a directory")
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")  # type: ignore


def read_lines(path: str) -> Iterator[Line]:
    """Streams; of a line longer than any record only the beginning is kept."""
    try:
        with open_file(path) as stream:
            number, offset = 0, 0
            while True:
                data = stream.readline(MAX_LINE + 1)
                if not data:
                    return
                size = len(data)
                while not data.endswith(b"\n") and size > MAX_LINE:
                    more = stream.readline(MAX_LINE)
                    size += len(more)
                    if not more or more.endswith(b"\n"):
                        data += more[-1:]
                        break
                number += 1
                terminated = data.endswith(b"\n")
                yield Line(path, number, offset, data[:-1] if terminated else data, terminated)
                offset += size
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise Unreadable(f"{path} cannot be read ({error.__class__.__name__})") from error


def parse(line: Line) -> Record:
    match = MAC_END.search(line.data, max(0, len(line.data) - 100))
    if match is None or len(line.data) > MAX_LINE:
        return Record(line)
    try:
        # Bytes beyond ASCII are none of ours; read as they are, they only make the MAC wrong.
        members = json.loads(line.data.decode("latin-1"))
    except (ValueError, RecursionError):
        return Record(line)
    if not isinstance(members, dict):
        return Record(line)
    return Record(line, line.data[: match.start()] + b"}", match.group(1).decode(), members)


def is_torn(data: bytes) -> bool:
    """5.1: what a crash leaves begins like a record and has no end of one."""
    start = data[: len(RECORD_START)]
    return RECORD_START.startswith(start) and MAC_MEMBER.search(data) is None


def mac_of(key: bytes, previous: str, text: bytes) -> str:
    return hmac.new(key, previous.encode() + b"|" + text, hashlib.sha256).hexdigest()


# ---- Keys (5.2 step 4) ----------------------------------------------------------------------


class Keys:
    """Finds out by trying which key a key id means."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self.keys = list(keys)
        self.bound: dict[Optional[str], bytes] = {}
        for key in self.keys:
            name = hmac.new(key, b"mcp-defectdojo key id", hashlib.sha256).hexdigest()[:8]
            self.bound[name] = key

    def check(self, record: Record, previous: list[str]) -> tuple[str, bool]:
        """('right' | 'wrong' | 'unknown', whether the id was learned just now)."""

        def fits(key: bytes) -> bool:
            return any(mac_of(key, mac, record.text) == record.mac for mac in previous)

        known = self.bound.get(record.key_id)
        if known is not None:
            return ("right" if fits(known) else "wrong"), False
        for key in self.keys:
            if fits(key):
                self.bound[record.key_id] = key
                return "right", True
        return "unknown", False

    def learn(self, new_id: str, previous: str, stated: str) -> bool:
        """A `key_rotated`: False if it lies about a key that is known."""
        known = self.bound.get(new_id)
        if known is not None:
            return mac_of_id(known, previous, new_id) == stated
        for key in self.keys:
            if mac_of_id(key, previous, new_id) == stated:
                self.bound[new_id] = key
        return True


def mac_of_id(key: bytes, previous: str, key_id: str) -> str:
    return mac_of(key, previous, key_id.encode("latin-1", "replace"))


# ---- Ed25519 (RFC 8032), for checkpoints that are signed (4) -------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def point_add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def decompress(data: bytes) -> Optional[Point]:
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@dataclass
class PublicKey:
    raw: bytes
    key_id: str

    def verifies(self, signature: bytes, message: bytes) -> bool:
        if len(signature) != 64:
            return False
        r, s = decompress(signature[:32]), int.from_bytes(signature[32:], "little")
        a = decompress(self.raw)
        if r is None or a is None or s >= ORDER or BASE is None:
            return False
        digest = hashlib.sha512(signature[:32] + self.raw + message).digest()
        left = point_times(s, BASE)
        right = point_add(r, point_times(int.from_bytes(digest, "little") % ORDER, a))
        return not ((left[0] * right[2] - right[0] * left[2]) % P
                    or (left[1] * right[2] - right[1] * left[2]) % P)


def read_public_key(path: str) -> PublicKey:
    pem = read_key_file(path).decode("latin-1")
    match = re.search(r"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", pem, re.S)
    try:
        der = base64.b64decode("".join(match.group(1).split())) if match else b""
    except (binascii.Error, ValueError):
        der = b""
    if not der:
        raise Unreadable(f"the public key file {path} is not a key in PEM format")
    # SubjectPublicKeyInfo of Ed25519 is this header and the 32 bytes of the key (RFC 8410).
    header = bytes.fromhex("302a300506032b6570032100")
    if not der.startswith(header) or len(der) != len(header) + 32:
        raise Unreadable(f"the public key file {path} is not an Ed25519 key")
    return PublicKey(der[len(header):], hashlib.sha256(der).hexdigest()[:16])


def signed_by(record: Record, key: Optional[PublicKey]) -> str:
    """'right', 'wrong', or 'unknown' without a key, a signature, or with another key's."""
    signature = record.text_member("signature")
    if key is None or signature is None or record.get("signing_key_id") != key.key_id:
        return "unknown"
    end = record.line.data.rfind(b', "signature": "')
    try:
        value = base64.b64decode(signature)
    except (binascii.Error, ValueError):
        return "wrong"
    return "right" if key.verifies(value, record.line.data[:end] + b"}") else "wrong"


# ---- State ---------------------------------------------------------------------------------------


@dataclass
class Problem:
    file: str
    line: int
    byteOffset: int
    seq: Optional[int]
    kind: str
    detail: str


@dataclass
class Chain:
    chain_id: Optional[str]
    first: Record
    given: bool = True
    follows: Optional["Chain"] = None
    successor: Optional["Chain"] = None
    first_seq: Optional[int] = None
    last_seq: Optional[int] = None
    last_mac: Optional[str] = None
    last: Optional[Record] = None
    key_id: Optional[str] = None
    next_key_id: Optional[str] = None
    former_key_ids: set = field(default_factory=set)
    key_ids: list = field(default_factory=list)
    unverified: Optional[Record] = None
    # The records since the last checkpoint, for comparison with the next one.
    span: Any = field(default_factory=hashlib.sha256)
    span_from: Optional[int] = None
    span_first: Optional[Record] = None
    span_whole: bool = True
    checkpoint_sha256: Optional[str] = None
    attested_seq: Optional[int] = None
    records: int = 0
    first_time: Optional[str] = None
    last_time: Optional[str] = None
    clock_went_back: int = 0

    def attested_to_its_end(self) -> bool:
        if self.attested_seq is not None and self.attested_seq == self.last_seq:
            return True
        return self.successor is not None and self.successor.attested_seq is not None

    def unattested_tail(self) -> int:
        if self.attested_to_its_end():
            return 0
        last = self.last_seq if self.last_seq is not None else self.records
        before = self.attested_seq if self.attested_seq is not None else (self.first_seq or 1) - 1
        return max(0, last - before)

    def advance(self, record: Record) -> None:
        self.last_seq, self.last_mac, self.last = record.seq, record.mac, record
        if record.key_id != self.key_id:
            self.former_key_ids.add(self.key_id)
        self.key_id = record.key_id
        if record.key_id is not None and record.key_id not in self.key_ids:
            self.key_ids.append(record.key_id)
        rotated = record.chain_event == "key_rotated"
        self.next_key_id = record.text_member("new_key_id") if rotated else None
        time = record.text_member("timestamp")
        if time is not None:
            self.first_time = self.first_time or time
            last = self.last_time
            if last is not None and len(time) == len(last) == 32 and time < last:
                self.clock_went_back += 1
            self.last_time = time

    def cover(self, record: Record) -> None:
        self.span.update(record.whole)
        if self.span_from is None:
            self.span_from, self.span_first = record.seq, record

    def close_span(self, checkpoint: Record) -> None:
        self.checkpoint_sha256 = hashlib.sha256(checkpoint.whole).hexdigest()
        self.span, self.span_from, self.span_first = hashlib.sha256(), None, None
        self.span_whole = True


# ---- Checkpoints from elsewhere (5.3) ------------------------------------------------------------


class Elsewhere:
    def __init__(self, paths: Iterable[str], keys: Keys, public: Optional[PublicKey]) -> None:
        self.found: dict[Optional[str], dict[int, Record]] = {}
        self.problems: list[Problem] = []
        self.left_out = 0
        parts = Parts()
        for path in paths:
            for line in read_lines(path):
                if not line.terminated:
                    continue
                if holds_part(line.data):
                    joined = parts.take(line)
                    if joined is not None:
                        self._judge(joined, keys, public)
                elif holds_record(line.data) or b"integrity_hmac" in line.data:
                    self._judge(parse(unwrap(line)), keys, public)

    def _judge(self, record: Record, keys: Keys, public: Optional[PublicKey]) -> None:
        if record.members is None:
            self._bad(record, "not a whole signed record")
            return
        if not record.is_checkpoint or record.seq is None:
            return
        head = record.text_member("head_hmac")
        by_mac = keys.check(record, [head] if head is not None else [])[0] if keys.keys else "unknown"
        by_signature = signed_by(record, public)
        if by_mac == "wrong":
            self._bad(record, "its content does not belong to its MAC")
        elif by_signature == "wrong":
            self._bad(record, "its signature is wrong")
        elif (by_signature if public else by_mac) != "right":
            self.left_out += 1
        else:
            self.found.setdefault(record.chain_id, {})[record.seq] = record

    def _bad(self, record: Record, detail: str) -> None:
        line = record.line
        self.problems.append(
            Problem(line.file, line.number, line.offset, record.seq, "bad_checkpoint", detail))

    def take(self, record: Record) -> Optional[Record]:
        return self.found.get(record.chain_id, {}).pop(record.seq, None)  # type: ignore


# ---- The verifier (5.2) --------------------------------------------------------------------------


@dataclass
class Before:
    """The line before in the same file, right or wrong."""

    chain: Optional[Chain]
    mac: Optional[str]


class Verifier:
    def __init__(self, keys: Keys, public: Optional[PublicKey], elsewhere: Elsewhere,
                 unordered: bool) -> None:
        self.keys, self.public, self.elsewhere = keys, public, elsewhere
        self.unordered = unordered
        self.chains: list[Chain] = []
        self.by_id: dict[str, Chain] = {}
        self.reference: Optional[Chain] = None
        self.problems: list[Problem] = []
        self.problem_count = 0
        self.not_verifiable: list[dict[str, Any]] = []
        self.before: Optional[Before] = None
        self.after_bad = False
        self.bad_line = b""
        self.unchecked = 0
        self.removed: dict[Optional[str], int] = {}
        self.open_intents: dict[str, Optional[str]] = {}

    # Problems

    def blame(self, record: Record, kind: str, detail: str, seq: Optional[int]) -> None:
        self.problem_count += 1
        line = record.line
        if len(self.problems) < 100:
            self.problems.append(Problem(line.file, line.number, line.offset, seq, kind, detail))

    def expected_seq(self, record: Record, chain: Optional[Chain]) -> Optional[int]:
        if record.members is None and record.stated_seq is not None:
            return record.stated_seq
        if chain is not None and chain.last_seq is not None:
            return chain.last_seq + 1
        if record.members is None or not ("seq" in record.members or "chain_id" in record.members):
            return None
        if chain is None or chain.chain_id is None:
            return 1
        return chain.first_seq

    def bad(self, record: Record, kind: str, detail: str) -> None:
        chain = self.state_of(record) or (self.before.chain if self.before else None)
        self.blame(record, kind, detail, self.expected_seq(record, chain))
        if chain is not None:
            chain.span_whole = False
        self.after_bad = True
        self.bad_line = record.line.data

    def go_on_from(self, record: Record) -> None:
        """What follows a bad line is judged by what that line states."""
        chain = self.state_of(record) or (self.before.chain if self.before else None)
        if record.members is None:
            self.before = Before(chain, None)
            return
        known = self.state_of(record) or self.begin(record, False, None)
        known.span_whole = False
        if record.is_checkpoint:
            known.close_span(record)
        known.advance(record)
        self.before = Before(known, record.mac)

    # Places

    def state_of(self, record: Record) -> Optional[Chain]:
        if record.members is None:
            return self.before.chain if self.before else None
        if record.chain_id is None:
            return self.reference
        return self.by_id.get(record.chain_id)

    def begin(self, record: Record, given: bool, follows: Optional[Chain]) -> Chain:
        chain = Chain(record.chain_id, record, given, follows)
        chain.first_seq, chain.key_id = record.seq, record.key_id
        if record.chain_id is None:
            self.reference = chain
        else:
            self.by_id[record.chain_id] = chain
        self.chains.append(chain)
        if follows is not None:
            follows.successor = chain
        return chain

    def place(self, record: Record) -> tuple[Optional[Chain], str, str]:
        """Step 2: the chain in which the record stands where it may, or what is wrong."""
        if record.seq is None:
            return None, "malformed", "a record without a number"
        known = self.by_id.get(record.chain_id or "")
        if known is not None:
            expected = (known.last_seq or 0) + 1
            at_once = self.unordered or self.before is None or self.before.chain is known
            if at_once and record.seq == expected:
                return known, "", ""
            if record.seq < expected:
                return None, "duplicated", f"seq {record.seq} stands here again"
            if record.seq == expected:
                return None, "reordered", "it stands within another chain"
            return None, "missing", f"seq {expected} to {record.seq - 1} are missing"
        if record.seq == 1 and record.chain_event == "chain_start":
            return self.begin(record, True, self.followed_by(record)), "", ""
        if self.unordered or (self.before is None and record.chain_event == "file_opened"):
            return self.begin(record, False, None), "", ""
        return None, "missing", "its chain does not begin here"

    def followed_by(self, record: Record) -> Optional[Chain]:
        previous = record.text_member("previous_hmac")
        if previous is not None:
            known = self.reference
            return known if known is not None and known.last_mac == previous else None
        if record.text_member("prior_chain_tail") is None or self.before is None:
            return None
        return self.before.chain

    # Steps 3 to 7

    def previous_macs(self, record: Record, chain: Chain) -> list[str]:
        if chain.last_mac is not None:
            return [chain.last_mac]
        stated = [record.text_member(name) for name in ("previous_hmac", "head_hmac")]
        known = [mac for mac in stated if mac is not None]
        if not chain.given or known:
            return known
        follows_reference = chain.follows is not None and chain.follows.chain_id is None
        if follows_reference and self.before is not None and self.before.mac is not None:
            return ["", self.before.mac]
        return [""]

    def judge_key(self, record: Record, chain: Chain, result: str,
                  bound: bool) -> Optional[tuple[str, str]]:
        if not self.keys.keys:
            chain.records += 1
            return None
        expected = chain.next_key_id or chain.key_id
        announced = chain.chain_id is None or chain.last_seq is None or record.key_id == expected
        if not announced and (chain.unverified is None or result != "right"):
            kind = "older_key" if record.key_id in chain.former_key_ids else "wrong_key"
            return kind, f"no key_rotated announces key {record.key_id}"
        if result == "unknown":
            self.note_unverified(record, chain)
            return None
        if result == "wrong":
            return "edited", "its content does not belong to its MAC"
        if chain.unverified is not None:
            same_id = bound and chain.unverified.key_id == record.key_id
            if not announced or same_id:
                # Lines taken for another key's are none: the first of them is the bad one.
                first = chain.unverified
                self.blame(first, "edited", "it does not belong to the records after it", first.seq)
                self.not_verifiable.pop()
            chain.unverified = None
        chain.records += 1
        return None

    def note_unverified(self, record: Record, chain: Chain) -> None:
        last = self.not_verifiable[-1] if self.not_verifiable else {}
        same_key = chain.unverified is not None and chain.unverified.key_id == record.key_id
        if same_key and last.get("chainId") == record.chain_id:
            last["lastSeq"] = record.seq
            return
        chain.unverified = record
        self.not_verifiable.append({"chainId": record.chain_id, "firstSeq": record.seq,
                                    "lastSeq": record.seq, "keyId": record.key_id})

    def judge_start(self, record: Record) -> Optional[tuple[str, str]]:
        named = record.text_member("prior_chain_tail")
        mac = self.before.mac if self.before is not None else None
        if record.seq == 1 and named is not None and mac is not None and not mac.startswith(named):
            return "missing", "the records that this chain was begun after"
        return None

    def judge_rotation(self, record: Record, chain: Chain) -> Optional[tuple[str, str]]:
        new_id = record.text_member("new_key_id")
        if record.chain_event != "key_rotated" or new_id is None or not self.keys.keys:
            return None
        stated = record.text_member("new_key_hmac") or ""
        if self.keys.learn(new_id, chain.last_mac or "", stated):
            return None
        return "edited", "the new key does not vouch for the change"

    def judge_checkpoint(self, record: Record, chain: Chain) -> Optional[tuple[str, str]]:
        if not record.is_checkpoint:
            return None
        kind = "bad_checkpoint"
        if signed_by(record, self.public) == "wrong":
            return kind, "its signature is wrong"
        if record.seq is None or record.get("covers_to_seq") != record.seq - 1:
            return kind, "it does not cover the record before it"
        if chain.last_mac is not None and record.get("head_hmac") != chain.last_mac:
            return kind, "it names another record before it"
        before = chain.checkpoint_sha256
        if before is not None and record.get("previous_checkpoint_sha256") != before:
            return kind, "it follows another checkpoint"
        if not chain.span_whole or record.get("covers_from_seq") != chain.span_from:
            return None
        if chain.span_from is None or chain.span.hexdigest() == record.get("covers_sha256"):
            return None
        if not self.keys.keys and chain.span_first is not None:
            first = chain.span_first
            self.blame(first, "edited", "not what the checkpoint covers", first.seq)
            return None
        return kind, "the records are not what it covers"

    def judge_copy(self, record: Record, chain: Chain) -> Optional[tuple[str, str]]:
        copy = self.elsewhere.take(record)
        if copy is None:
            return None
        if copy.line.data != record.line.data:
            return "edited", f"the checkpoint kept in {copy.line.file} is another"
        chain.attested_seq = record.seq
        return None

    # Reading

    def begin_file(self) -> None:
        self.before = None

    def feed(self, record: Record) -> None:
        if self.after_bad and self._excused(record):
            return
        if record.members is None or (self.unordered and record.chain_id is None):
            self.bad(record, "malformed", "not a whole signed record")
            self.go_on_from(record)
        elif record.chain_id is None:
            self._accept_reference(record)
        else:
            self._accept(record)

    def _excused(self, record: Record) -> bool:
        """Whatever the place of a line that follows a bad one, it is not blamed for that one."""
        self.after_bad = False
        self._number_before(record)
        if record.members is None:
            return False
        chain = self.state_of(record)
        if chain is not None and chain.last_mac is not None:
            if record.seq is not None and record.seq == (chain.last_seq or -1) + 1:
                if not self.keys.keys or self.keys.check(record, [chain.last_mac])[0] != "wrong":
                    return False
        self.go_on_from(record)
        self.follow_call(record)
        return True

    def _number_before(self, record: Record) -> None:
        """Malformed lines at the beginning of a file have no number of their own."""
        if record.members is None:
            return
        within = 1 if len(self.bad_line) > MAX_LINE else len(MAC_MEMBER.findall(self.bad_line))
        number = (record.seq or 0) - max(1, within)
        for problem in reversed(self.problems):
            unnumbered = problem.kind == "malformed" and problem.seq is None
            if not unnumbered or problem.file != record.line.file or number < 1:
                return
            problem.seq = number

    def _accept(self, record: Record) -> None:
        chain, kind, detail = self.place(record)
        if chain is None:
            self.bad(record, kind, detail)
            self.go_on_from(record)
            return
        found = None
        if self.keys.keys:
            previous = self.previous_macs(record, chain)
            if previous:
                found = self.judge_key(record, chain, *self.keys.check(record, previous))
            else:
                self.unchecked += 1
        else:
            self.judge_key(record, chain, "unknown", False)
        found = (found or self.judge_start(record) or self.judge_rotation(record, chain)
                 or self.judge_checkpoint(record, chain) or self.judge_copy(record, chain))
        if found is not None:
            self.bad(record, *found)
        self._go_on_after(record, chain)
        if record.is_checkpoint:
            chain.close_span(record)

    def _accept_reference(self, record: Record) -> None:
        chain = self.reference
        previous = self.before.mac if self.before else (chain.last_mac if chain else None)
        macs = [""] if previous is None else [previous, ""]
        result, bound = self.keys.check(record, macs) if self.keys.keys else ("unknown", False)
        if result == "wrong":
            self.bad(record, "edited", "its content does not belong to its MAC")
            self.go_on_from(record)
            return
        continues = chain is not None and (self.before is None or self.before.chain is chain)
        if result == "right" and continues:
            continues = previous is not None and self.keys.check(record, [previous])[0] == "right"
        if not continues or chain is None:
            chain = self.begin(record, True, None)
        self.judge_key(record, chain, result, bound)
        self._go_on_after(record, chain)

    def _go_on_after(self, record: Record, chain: Chain) -> None:
        if not record.is_checkpoint:
            chain.cover(record)
        chain.advance(record)
        self.follow_call(record)
        self.before = Before(chain, record.mac)
        if record.chain_event == "segment_removed" and chain.unverified is None:
            to_seq, name = record.get("removed_to_seq"), record.text_member("removed_chain_id")
            if isinstance(to_seq, int):
                self.removed[name] = max(self.removed.get(name, 0), to_seq)

    def follow_call(self, record: Record) -> None:
        """Section 3, "Calls": what is announced and never ended is in doubt."""
        kind, request_id = record.get("event_type"), record.text_member("request_id")
        if request_id is None or record.get("terminal") is False:
            return
        if kind == "audit_intent":
            self.open_intents[request_id] = record.chain_id
        elif kind == "audit" and record.get("reason") == "interrupted":
            self.open_intents.setdefault(request_id, record.chain_id)
        elif kind == "audit":
            self.open_intents.pop(request_id, None)

    def end_file(self, last: Optional[Record], name: str) -> None:
        self.after_bad = False
        match = CLOSED_NAME.search(name)
        if match and last is not None and last.seq != int(match.group(1)):
            self.blame(last, "reordered", "the name of the file says otherwise", last.seq)


# ---- Files (5, 5.1, 5.4) -------------------------------------------------------------------------


def holds_record(data: bytes) -> bool:
    return RECORD_START in data or QUOTED_START in data


def is_wrapped(data: bytes) -> bool:
    return not data.startswith(RECORD_START) and holds_record(data)


def unwrap(line: Line) -> Line:
    """5.4: the record within what a SIEM gave back, or the line as it is."""
    plain, quoted = line.data.find(RECORD_START), line.data.find(QUOTED_START)
    data = line.data
    if plain >= 0 and (quoted < 0 or plain < quoted):
        ends = [match.end() for match in MAC_MEMBER.finditer(data, plain)]
        data = data[plain:ends[-1]] if ends else data
    elif quoted >= 0:
        ends = [match.end() for match in QUOTED_MAC_MEMBER.finditer(data, quoted)]
        try:
            text = data[quoted:ends[-1]].decode("latin-1") if ends else ""
            inner = json.loads(f'"{text}"')
            data = inner.encode("latin-1", "replace") if ends else data
        except ValueError:
            pass
    return Line(line.file, line.number, line.offset, data, line.terminated)


# Records in parts (5.4)


@dataclass
class Part:
    number: int
    of: int
    record: tuple[str, int]
    text: bytes


def part_start(data: bytes) -> tuple[int, bool]:
    """Where a part begins, -1 for nowhere, and whether within a JSON string. What comes first is what the line is."""
    records = [at for at in (data.find(RECORD_START), data.find(QUOTED_START)) if at >= 0]
    end = min(records, default=len(data))
    plain, quoted = data.find(PART_START, 0, end), data.find(QUOTED_PART_START, 0, end)
    if plain >= 0 and (quoted < 0 or plain < quoted):
        return plain, False
    return quoted, True


def holds_part(data: bytes) -> bool:
    return part_start(data)[0] >= 0


def read_part(data: bytes) -> Optional[Part]:
    """None if it is damaged."""
    start, quoted = part_start(data)
    text = data[start:start + MAX_PART]
    if quoted:
        rest = STRING_REST.match(data, start)
        if rest is None or data[rest.end():rest.end() + 1] != b'"':
            return None
        try:
            inner = json.loads(f'"{rest.group().decode("latin-1")}"')
            text = inner.encode("utf-8", "surrogatepass")
        except ValueError:
            return None
    match = PART.match(text[:MAX_PART])
    if match is None or int(match.group(1)) > int(match.group(2)):
        return None
    record = match.group(3).decode(), int(match.group(4))
    slice_of_line = re.sub(rb"\\(.)", rb"\1", match.group(5))
    return Part(int(match.group(1)), int(match.group(2)), record, slice_of_line)


@dataclass
class Waiting:
    first: Line
    texts: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class Parts:
    """Joins records that were sent in parts."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[tuple[str, int], int], Waiting] = {}
        self.finished: dict[tuple[tuple[str, int], int], list[bytes]] = {}
        self.given_up: set[tuple[tuple[str, int], int]] = set()
        self.size = 0

    def take(self, line: Line) -> Optional[Record]:
        """The record that is now complete, a malformed one for a bad part, or None."""
        part = read_part(line.data)
        if part is None:
            return Record(line)
        key = part.record, part.of
        contradiction = Record(line, stated_seq=part.record[1])
        if key in self.finished:
            same = self.finished[key][part.number - 1] == hashlib.sha256(part.text).digest()
            return None if same else contradiction
        found = self.waiting.setdefault(key, Waiting(Line(line.file, line.number, line.offset, b"", True)))
        if part.number in found.texts:
            return None if found.texts[part.number] == part.text else contradiction
        found.texts[part.number] = part.text
        size = len(part.text) + 512
        found.size += size
        self.size += size
        if len(found.texts) < part.of:
            while self.size > MAX_WAITING:
                oldest = next(iter(self.waiting))
                self.size -= self.waiting.pop(oldest).size
                self.given_up.add(oldest)
            return None
        self.size -= self.waiting.pop(key).size
        self.given_up.discard(key)
        texts = [text for _, text in sorted(found.texts.items())]
        self.finished[key] = [hashlib.sha256(text).digest() for text in texts]
        first = found.first
        whole = Line(first.file, first.number, first.offset, b"".join(texts), True)
        record = parse(whole)
        if (record.chain_id, record.seq) == part.record:
            return record
        return Record(whole, stated_seq=part.record[1])

    def unfinished(self) -> set[tuple[str, int]]:
        return {record for record, _ in [*self.given_up, *self.waiting]}


def siblings(path: str) -> list[str]:
    directory, name = os.path.split(path)
    try:
        others = sorted(os.listdir(directory or "."))
    except OSError:
        return []
    return [os.path.join(directory, other) for other in others if other.startswith(name)
            and (CLOSED_NAME.search(other) or ROTATED_NAME.fullmatch(other[len(name):]))]


def with_siblings(named: list[str]) -> tuple[list[str], list[str], bool]:
    """Files, checkpoints beside them, and whether the trail should reach its end."""
    files: dict[str, None] = {}
    checkpoints: dict[str, None] = {}
    whole = False
    for path in named:
        if not CLOSED_NAME.search(path):
            whole = True
            files.update(dict.fromkeys(siblings(path)))
        beside = CLOSED_NAME.sub("", path) + ".checkpoints"
        if os.path.isfile(beside):
            checkpoints[beside] = None
        files[path] = None
    return list(files), list(checkpoints), whole


@dataclass
class Ends:
    path: str
    first: Optional[Record] = None
    last: Optional[Record] = None


def is_earlier(one: Optional[Record], other: Optional[Record]) -> Optional[bool]:
    if one is None or other is None or one.chain_id is None or one.chain_id != other.chain_id:
        return None
    return (one.seq or 0) < (other.seq or 0)


def precedes(one: Ends, other: Ends) -> bool:
    if one is other:
        return False
    for pair in ((one.last, other.first), (one.first, other.first), (one.last, other.last)):
        earlier = is_earlier(*pair)
        if earlier is not None:
            return earlier
    return False


def in_order(paths: list[str]) -> list[str]:
    left, only_torn, saw_line = [], True, False
    for path in paths:
        ends, wrapped = Ends(path), []
        for line in read_lines(path):
            saw_line = True
            only_torn = only_torn and not line.terminated and is_torn(line.data)
            part = holds_part(line.data)
            if len(wrapped) < 2 and (part or holds_record(line.data)):
                wrapped.append(part or is_wrapped(line.data))
            record = parse(line)
            if record.members is not None:
                ends.first = ends.first or record
                ends.last = record
                if len(paths) == 1 and len(wrapped) == 2:
                    break
        if wrapped and all(wrapped):
            raise Unreadable(f"the records in {path} have something around them; "
                             "if a SIEM gave them back, say --unordered")
        left.append(ends)
    if not saw_line:
        raise Unreadable(", ".join(paths) + " is empty")
    if all(ends.first is None for ends in left):
        raise Unreadable("the file holds no whole record" if only_torn
                         else "the file is not an audit trail")
    ordered = []
    while left:
        free = [ends for ends in left if not any(precedes(other, ends) for other in left)]
        chosen = (free or left)[0]
        left.remove(chosen)
        ordered.append(chosen.path)
    return ordered


@dataclass
class Reading:
    lines: int = 0
    parts_missing: int = 0
    torn: list[dict[str, Any]] = field(default_factory=list)


def feed_in_order(paths: list[str], verifier: Verifier, reading: Reading) -> None:
    for path in paths:
        last: Optional[Record] = None
        verifier.begin_file()
        for line in read_lines(path):
            record = parse(line)
            if not line.terminated and record.members is None and is_torn(line.data):
                reading.torn.append({"file": path, "line": line.number,
                                     "byteOffset": line.offset, "bytes": len(line.data)})
                continue
            verifier.feed(record)
            reading.lines += 1
            last = record
        verifier.end_file(last, path)


def feed_unordered(paths: list[str], verifier: Verifier, reading: Reading) -> None:
    chains: dict[str, dict[bytes, Record]] = {}
    strays: list[Record] = []
    parts = Parts()
    for path in paths:
        for line in read_lines(path):
            if not line.terminated:
                continue
            if holds_part(line.data):
                record = parts.take(line)
            else:
                record = parse(unwrap(line)) if holds_record(line.data) else None
            if record is None:
                continue
            reading.lines += 1
            if record.members is None or record.chain_id is None or record.seq is None:
                strays.append(record)
            else:
                chains.setdefault(record.chain_id, {}).setdefault(record.line.data, record)
    unfinished = parts.unfinished()
    by_seq = [sorted(found.values(), key=lambda record: record.seq or 0) for found in chains.values()]
    for records in [strays, *by_seq]:
        verifier.begin_file()
        for record in records:
            if record.members is not None:
                unfinished.discard((record.chain_id or "", record.seq or 0))
            verifier.feed(record)
        verifier.end_file(None, "")
    reading.parts_missing = len(unfinished)


def missing(verifier: Verifier, elsewhere: Elsewhere, whole: bool) -> list[Problem]:
    """5.3: what checkpoints from elsewhere say is gone."""
    problems = []
    for chain_id, left in elsewhere.found.items():
        if not left:
            continue
        lowest, highest = min(left), max(left)
        chain = next((known for known in verifier.chains if known.chain_id == chain_id), None)
        if chain is None:
            if verifier.removed.get(chain_id, 0) < highest:
                line = left[lowest].line
                problems.append(Problem(line.file, line.number, line.offset, 1, "missing",
                                        f"chain {chain_id} is not among the files"))
            continue
        last_seq = chain.last_seq or 0
        if highest > last_seq and chain.last is not None:
            line = chain.last.line
            problems.append(Problem(line.file, line.number + 1, line.offset + len(line.data) + 1,
                                    last_seq + 1, "truncated", f"seq {highest} was reached"))
        before = (chain.first_seq or 1) - 1
        if whole and lowest <= before and verifier.removed.get(chain_id, 0) < before:
            problems.append(Problem(chain.first.line.file, 1, 0, 1, "missing",
                                    f"seq 1 to {before} are missing"))
    return problems


# ---- Verdict and report (5.5) --------------------------------------------------------------------


def verify(files: list[str], keys: list[bytes], public: Optional[PublicKey],
           checkpoints: list[str], unordered: bool) -> dict[str, Any]:
    paths, beside, whole = with_siblings(files)
    order = paths if unordered else in_order(paths)
    key_finder = Keys(keys)
    elsewhere = Elsewhere([*beside, *checkpoints], key_finder, public)
    verifier = Verifier(key_finder, public, elsewhere, unordered)
    reading = Reading()
    (feed_unordered if unordered else feed_in_order)(order, verifier, reading)
    if reading.lines == 0:
        raise Unreadable("there is no record in what was given")
    gone = missing(verifier, elsewhere, whole and not unordered)
    problems = [*verifier.problems, *gone, *elsewhere.problems]
    place = {path: at for at, path in enumerate(order)}
    problems.sort(key=lambda problem: (place.get(problem.file, len(order)), problem.line))
    reports = [chain_report(chain, verifier) for chain in verifier.chains]
    records = sum(chain.records for chain in verifier.chains)
    still_open = (verifier.unchecked > 0 or reading.parts_missing > 0
                  or any(not chain.attested_to_its_end() for chain in verifier.chains)
                  or any(report["inDoubt"]["count"] or report["beginning"] == "not_given"
                         for report in reports))
    reason = None
    if problems:
        verdict = TAMPERED
    elif verifier.not_verifiable:
        verdict = NOT_VERIFIABLE
        reason = ("some records were made with a key that was not given" if records
                  else "not one record was made with a given key: wrong key?")
    else:
        verdict = INTACT if still_open else COMPLETE
    return {
        "verdict": verdict, "exitCode": EXIT_CODES[verdict], "records": records, "chains": reports,
        "problem": vars(problems[0]) if problems else None,
        "problemCount": verifier.problem_count + len(gone) + len(elsewhere.problems),
        "notVerifiable": verifier.not_verifiable, "tornTails": reading.torn,
        "checkpointsLeftOut": elsewhere.left_out, "unchecked": verifier.unchecked,
        "partsMissing": reading.parts_missing, "reason": reason,
    }


def chain_report(chain: Chain, verifier: Verifier) -> dict[str, Any]:
    in_doubt = [name for name, owner in verifier.open_intents.items() if owner == chain.chain_id]
    removed = verifier.removed.get(chain.chain_id, 0) + 1 >= (chain.first_seq or 1)
    return {
        "chainId": chain.chain_id, "firstSeq": chain.first_seq, "lastSeq": chain.last_seq,
        "firstTimestamp": chain.first_time, "lastTimestamp": chain.last_time,
        "records": chain.records, "keyIds": chain.key_ids, "attestedSeq": chain.attested_seq,
        "unattestedTail": chain.unattested_tail(),
        "beginning": "given" if chain.given else "removed" if removed else "not_given",
        "inDoubt": {"count": len(in_doubt), "requestIds": in_doubt[:100]},
        "clockWentBack": chain.clock_went_back,
    }


def report_text(report: dict[str, Any]) -> str:
    lines = []
    for chain in report["chains"]:
        doubt = chain["inDoubt"]
        lines += [
            f"chain {chain['chainId'] or '(of the reference server)'}",
            f"  records      {chain['records']} right, seq {chain['firstSeq']} to {chain['lastSeq']}",
            f"  time         {chain['firstTimestamp']} to {chain['lastTimestamp']}",
            f"  keys         {', '.join(chain['keyIds']) or 'unnamed'}",
            f"  beginning    {chain['beginning'].replace('_', ' ')}",
            f"  attested     up to seq {chain['attestedSeq']}; {chain['unattestedTail']} records after it",
            f"  in doubt     {doubt['count']}: {', '.join(doubt['requestIds'][:20])}",
            f"  clock        went back {chain['clockWentBack']} times",
        ]
    for torn in report["tornTails"]:
        lines.append(f"{torn['file']}:{torn['line']}: torn record of {torn['bytes']} bytes")
    for part in report["notVerifiable"]:
        lines.append(f"not verifiable: seq {part['firstSeq']} to {part['lastSeq']}, key {part['keyId']}")
    if report["partsMissing"]:
        lines.append(f"parts missing: {report['partsMissing']} records of which some parts are not there")
    problem = report["problem"]
    if problem is not None:
        lines.append(f"first bad line: {problem['file']}:{problem['line']}, byte {problem['byteOffset']}, "
                     f"seq {problem['seq']}: {problem['kind']}: {problem['detail']}")
    if report["reason"]:
        lines.append(report["reason"])
    lines.append(report["verdict"])
    # What stands in a file that may be forged does not steer the terminal.
    return "\n".join(line.encode("ascii", "backslashreplace").decode() for line in lines)


# ---- The command ---------------------------------------------------------------------------------


def read_key_file(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise Unreadable(f"the key file {path} cannot be read ({error.__class__.__name__})") from error


def read_keys(path: str) -> list[bytes]:
    """The text without the line break at its end; of several lines each one, too."""
    text = re.sub(rb"\r?\n\Z", b"", read_key_file(path))
    if not text:
        raise Unreadable(f"the key file {path} is empty")
    return list(dict.fromkeys([text, *(line for line in re.split(rb"\r?\n", text) if line)]))


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        self.exit(USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


def main(argv: list[str]) -> int:
    parser = Parser(prog="verify_audit.py", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--key-file", action="append", default=[], metavar="F")
    parser.add_argument("--public-key", metavar="F")
    parser.add_argument("--checkpoints", action="append", default=[], metavar="F")
    parser.add_argument("--unordered", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    if not given.key_file and given.public_key is None:
        parser.error("name the file that holds the key with --key-file, or --public-key")
    try:
        keys = [key for path in given.key_file for key in read_keys(path)]
        public = read_public_key(given.public_key) if given.public_key is not None else None
        report = verify(given.files, keys, public, given.checkpoints, given.unordered)
    except Unreadable as error:
        report = {"verdict": NOT_VERIFIABLE, "exitCode": 2, "reason": str(error), "chains": [],
                  "tornTails": [], "notVerifiable": [], "problem": None, "records": 0,
                  "partsMissing": 0}
    print(json.dumps(report) if given.json else report_text(report))
    return int(report["exitCode"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
