"""The packing bench: the shop's rules, its steps and its records.

The day, one line per step, each with the file that does it::

    付款 paid          services/intake.py     reserve goods, choose carrier, take a number,
                                             write the print job: all or nothing
    出单 printed       services/printing.py   claim, print, confirm; a reprint needs a reason
    扫描 packed        services/packing.py    the waybill's scan opens the parcel, each item's
                                             scan fills it, a wrong one is refused at once
    称重 weighed       services/weighing.py   a stable, fresh reading of this parcel, compared with
                                             what its content should weigh
    签名 signed        services/signing.py    the packer's signature seals content and weight
    交接 handed over   services/handover.py   per carrier: pile scanned, courier's weight and price
                                             compared, courier signs, stubs filed
    底单 stub          services/stubs.py      by carrier and date: the proof of delivery
    对账 reconciled    services/billing.py    the carrier's monthly bill, line by line

After it: services/cases.py (售后: lost, damaged, unreachable, called back), services/returns.py
(what comes back), services/replacements.py (what goes out again), services/evidence.py (证据单).

Beside it: bench.py (what happens at one bench), jobs.py (what must happen next), paper/ (labels),
orders/ (where paid orders come from), carriers/, db/.
"""
