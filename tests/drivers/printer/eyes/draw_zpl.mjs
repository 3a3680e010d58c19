// Draws the ZPL of standard input with zpl-renderer-js, as a PNG of 8 dots per mm:
// node draw_zpl.mjs FOLDER_WITH_NODE_MODULES WIDTH_MM HEIGHT_MM < label.zpl > label.png
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [home, width, height] = process.argv.slice(2);
const { ready } = createRequire(home + "/")("zpl-renderer-js");
const { api } = await ready;
const png = await api.zplToBase64Async(readFileSync(0, "utf8"), Number(width), Number(height), 8);
process.stdout.write(Buffer.from(png, "base64"));
