"""The shop's steps: each public function is one transaction, ``(session, facts, now)`` to a result.

All files, by what they are for; a test sees that none is missing::

    订单 orders: events imports orderbook intake retelling refunds changes replacements
        outbox memos
    备货 set aside: reserving offers holds promises stock catalogue
    出单 printed: numbers issuing printing printing_facts
    装箱 packed: contents packing items counting consumables
    称重 weighed: weighing scale_checks package_weight
    签名 signed: signing photographs sightings
    交接 handed over: handover figures courier_list courier_told door van corrections
        courier_desk couriers tracking
    底单 stubs: stubs stub_search archiving archive_proof
    运价 tariffs: tariffs tariff_form tariff_sheets price_questions
    对账 bills: bills bill_files bill_stars bill_import billing bill_parcels bill_match bill_months
        bill_reports bill_paper disputes loose_credits
    售后 cases: cases case_alarms case_desk case_scans case_statistics returns evidence
    入库 receiving: receiving receiving_scans receiving_paper
    盘点 stock-takes: stock_takes stock_take_scans stock_take_paper stock_take_watch
    商品图片 pictures: pictures picture_scans garment_sizes
    供应商 suppliers: suppliers supplier_ledger supplier_paper
    小票 slips: slips slip_content stock_slips
    人员 people: people staff pins sessions overrides
    隐私 personal data: sight reveals requests erasure leftovers sealing
    记录 records: history heads dossier tally alarms
    屏幕 screens: screens live first_steps
    机器 the machine: rules health gauges trouble chores backups beside repeats
"""
