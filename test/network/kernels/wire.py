"""
The wire between two network namespaces: two TUN devices, whose packets it hands on after a delay, unless
that direction is cut when they leave or when they arrive. Commands come by lines: "cut ab", "join ab".

    wire.py DEVICE_A DEVICE_B DELAY_MS
"""

import fcntl
import heapq
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
# A packet that is handed on so much too late makes the run one that is not compared.
LATE_S = 0.04


def open_tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return fd


def describe(packet):
    header = (packet[0] & 15) * 4
    if packet[9] != 6:
        return "protocol %d" % packet[9]
    tcp = packet[header:]
    source, target, seq, ack = struct.unpack("!HHII", tcp[:12])
    flags = "".join(letter for bit, letter in enumerate("FSRPAU") if tcp[13] >> bit & 1)
    size = len(tcp) - (tcp[12] >> 4) * 4
    return "%d>%d %s seq %d ack %d len %d" % (source, target, flags, seq, ack, size)


def main():
    a, b, delay = open_tun(sys.argv[1]), open_tun(sys.argv[2]), float(sys.argv[3]) / 1000
    trace = os.environ.get("TRACE") == "1"
    other, way = {a: b, b: a}, {a: "ab", b: "ba"}
    cut, queue, number, pending = set(), [], 0, b""
    start = time.monotonic()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        wait = None if not queue else max(0, queue[0][0] - time.monotonic())
        readable, _, _ = select.select([a, b, 0], [], [], wait)
        now = time.monotonic()
        for fd in readable:
            if fd == 0:
                data = os.read(0, 4096)
                if not data:
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    verb, direction = line.decode().split()
                    if verb == "cut":
                        cut.add(direction)
                        queue = [one for one in queue if way[one[2]] != direction]
                        heapq.heapify(queue)
                    else:
                        cut.discard(direction)
                continue
            try:
                packet = os.read(fd, 65536)
            except OSError:
                continue
            if packet[0] >> 4 != 4:
                continue
            lost = way[fd] in cut
            if trace:
                words = (now - start, way[fd], describe(packet), " LOST" if lost else "")
                sys.stderr.write("%.3f %s %s%s\n" % words)
                sys.stderr.flush()
            if not lost:
                number += 1
                heapq.heappush(queue, (now + delay, number, fd, packet))
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            due, _, fd, packet = heapq.heappop(queue)
            if now - due > LATE_S:
                sys.stdout.write("late\n")
                sys.stdout.flush()
            try:
                os.write(other[fd], packet)
            except OSError:
                pass


main()
