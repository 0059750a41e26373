# SPDX-License-Identifier: Apache-2.0
"""Room: executed instructions and modelled cycles of ARM programs under QEMU.

counter.c counts in the emulator; run.py starts it; blocks.py makes runs and functions of the counts;
cycles.py asks llvm-mca; ours.py and peers.py (guest.py in the emulator, userland.py its Python) are what is
counted; bars.py is what must hold; tables.py prints.
May import: race and engines of bench, for networks and conversions.
"""
