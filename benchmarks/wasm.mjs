// The kernel as WebAssembly with one plan. Each line of stdin, "first count", runs so many replications; the answer is
// a line of JSON: the CPU seconds of one of them, and a digest of what the last of them came to.
// node wasm.mjs kernel.wasm image.bin limits columns words-of-table words-of-stages words-of-busy

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const NO_ROOM = 2, HANDS_FULL = 3;
const NEEDED = 0, ROWS = 3, STAGES = 9, BUSY = 10, REPORT = 13; // words of the report
const WORD = 8, PAGE = 65536;

const [kernelFile, imageFile, first, columns, tableWords, stages, busy] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(kernelFile));
const { memory, procsim_check: check, procsim_run: run } = instance.exports;
const image = new BigInt64Array(new Uint8Array(readFileSync(imageFile)).buffer);

// What the kernel reads lies beyond its own data and stack, which fill the memory that it begins with.
const imageAt = memory.buffer.byteLength;
const limitsAt = imageAt + image.byteLength;
const limits = first.split(",").map(BigInt); // as native.py begins, without a log
const tableAt = limitsAt + limits.length * WORD;
const arenaAt = tableAt + tableWords * WORD;
let room = REPORT;

function words(from, count) {
  return new BigInt64Array(memory.buffer, from, count);
}

function makeRoom(wanted) {
  room = wanted;
  const missing = arenaAt + room * WORD - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}

function replicate(number) {
  for (;;) {
    words(limitsAt, limits.length).set(limits);
    const fault = Number(run(imageAt, BigInt(number), limitsAt, tableAt, arenaAt, BigInt(room)));
    if (fault === NO_ROOM) makeRoom(Number(words(arenaAt, REPORT)[NEEDED]));
    else if (fault === HANDS_FULL) limits[0] *= 2n;
    else if (fault) throw new Error(`replication ${number}: fault ${fault} of the kernel`);
    else return;
  }
}

function digest() {
  const report = Array.from(words(arenaAt, REPORT), Number);
  const hash = createHash("sha256");
  const add = (at, count) => hash.update(new Uint8Array(memory.buffer, at, count * WORD));
  const [nextRow, nextColumn] = limits.slice(4).map(Number);
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < report[ROWS]; row++) add(tableAt + (column * nextColumn + row * nextRow) * WORD, 1);
  add(arenaAt + report[STAGES] * WORD, stages);
  add(arenaAt + report[BUSY] * WORD, busy);
  return hash.digest("hex");
}

makeRoom(room);
words(imageAt, image.length).set(image);
const fault = check(imageAt, BigInt(image.length));
if (fault) throw new Error(`the kernel refuses the plan: fault ${fault}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [first, count] = line.split(" ").map(Number);
  const began = process.cpuUsage();
  for (let number = first; number < first + count; number++) replicate(number);
  const { user, system } = process.cpuUsage(began);
  console.log(JSON.stringify({ seconds: (user + system) / 1e6 / count, digest: digest() }));
}
