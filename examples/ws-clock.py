#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Says the time each second, and sends back what it hears meanwhile: two
threads that send on one socket.

    perch-listen --websocket '/clock packets examples/ws-clock.py' 8080
"""
import os
import socket
import threading
import time

perch = socket.socket(fileno=3)


def tick():
    while True:
        time.sleep(1 - time.time() % 1)
        try:
            perch.send(b"t" + time.strftime("%H:%M:%S").encode())
        except OSError:  # nobody is there any more
            os._exit(0)


threading.Thread(target=tick, daemon=True).start()
# A message that is too long for a packet comes in parts, "T" and "B": they
# can go back as they are.
while packet := perch.recv(6 + 65536):
    if packet[:1] in b"tbTB":
        perch.send(packet)
