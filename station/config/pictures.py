"""What becomes of the pictures that cameras take: of parcels as evidence, of goods for the shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from station.config.about import About


@dataclass(frozen=True, slots=True, kw_only=True)
class Photographs:
    """The camera's pictures of parcels, kept as evidence."""

    keep_days: Annotated[int, About(
        "照片保留多少天；到期删除并留下记录；0 为一直保留",
        "Days a photograph is kept; then it is removed and a record stays; 0 keeps it for ever",
        low=0, high=3660,
    )] = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Product pictures for the shop's pages (M2)."""

    folder: Annotated[str, About(
        "商品图片的文件夹：originals 原图、edited 修图、jpg 成品；空为数据文件夹里的 pictures",
        "Folder of product pictures: originals, edited, jpg; empty is pictures in the data folder",
        example='"/srv/shop/pictures"',
    )] = ""
    second_folder: Annotated[str, About(
        "第二份存放的文件夹，最好在另一台电脑或硬盘；空为不存第二份",
        "Where the second copy goes, best on another computer or disk; empty keeps none",
        example='"/mnt/other/pictures"',
    )] = ""
    watermark: Annotated[str, About(
        "图片上的水印文字；空为店铺名称", "The watermark's words; empty is the shop's name",
        example='"海风小店"',
    )] = ""
