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

All files of services/, by what they are for: services/__init__.py.

The rooms, from the top; each knows those below it, never back::

    cli/                     the commands
    bootstrap.py             puts a station together out of its settings, and starts its loops
    print_jobs.py, bill_jobs.py, archive_jobs.py, head_jobs.py, picture_jobs.py, witness.py
                             loops with a device or much work: print, read bills, seal stubs,
                             sign the history, draw product pictures, look through the camera
    bench/, jobs.py          one bench's scans, touches and readings, in order; what else must
                             happen next
    devices/                 finding scales, and the flight recorders
    services/                the shop's steps, each one transaction
    db/, orders/, carriers/, paper/, bills/, archives/
                             tables; where orders come from; carriers; what is printed; carriers'
                             statements as files; sealed stubs as files
    domain/, log.py          the rules themselves, without disk, clock or database
    config/                  settings, each described in the field that holds it
"""
