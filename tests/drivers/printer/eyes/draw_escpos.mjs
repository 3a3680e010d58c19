// Reads the ESC/POS of standard input with npos, which is not ours: the picture as PGM, and before it
// one line of JSON with the commands that it saw.
// node draw_escpos.mjs FOLDER_WITH_NODE_MODULES < label.bin > commands-and-label.pgm
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { parser } = createRequire(process.argv[2] + "/")("npos");
const { tree, entries } = await parser().parse(readFileSync(0));
const commands = tree.map((node) => `${node.ascii} ${node.fn ?? ""}`.trim());
const picture = entries.find((entry) => entry.type === "raster")?.data;
const { width, height } = picture ?? { width: 0, height: 0 };
const dots = Buffer.alloc(width * height);
for (let y = 0; y < height; y++) {
  for (let x = 0; x < width; x++) dots[y * width + x] = picture.getPixel(x, y);
}
process.stdout.write(JSON.stringify(commands) + "\n");
process.stdout.write(`P5\n${width} ${height}\n255\n`);
process.stdout.write(dots);
