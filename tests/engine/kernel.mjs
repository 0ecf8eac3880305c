// Runs a plan on the kernel's WebAssembly: node kernel.mjs KERNEL.wasm PLAN REPLICATION COLUMNS LIMITS OUT
//
// PLAN is a file with the image of a plan, LIMITS are the first numbers of cases in hand, and of rows of the table, of
// the log and of its people, then the words from a row of the table to the next, and from a column: by commas. A table
// has so many COLUMNS. OUT becomes a file with the limits that were enough, the table behind them, and then the arena.

import { readFile, writeFile } from "node:fs/promises";

const PAGE = 65536, WORD = 8;
const REPORT = 13; // words; the first of them says how many an arena needs
const NO_ROOM = 2, HANDS_FULL = 3, PEOPLE_FULL = 6; // faults that more room mends

const [, , library, file, replication, columns, first, out] = process.argv;
const { instance } = await WebAssembly.instantiate(await readFile(library));
const { memory, procsim_check, procsim_run } = instance.exports;
const plan = await readFile(file), limits = BigInt64Array.from(first.split(","), BigInt);
const planAt = memory.buffer.byteLength; // the kernel itself has its stack and its constants below
const limitsAt = planAt + plan.length, tableAt = limitsAt + limits.byteLength;

reach(tableAt);
new Uint8Array(memory.buffer, planAt).set(plan);
refuse(procsim_check(planAt, BigInt(plan.length / WORD)));
const end = run(REPORT);
await writeFile(out, new Uint8Array(memory.buffer, limitsAt, end - limitsAt));

/** Run with so many words for the arena, and with more room as long as there is too little; where the arena ends. */
function run(room) {
  const arenaAt = tableAt + Number(limits[1]) * columns * WORD, end = arenaAt + room * WORD;
  reach(end);
  new BigInt64Array(memory.buffer, limitsAt).set(limits);
  const fault = Number(procsim_run(planAt, BigInt(replication), limitsAt, tableAt, arenaAt, BigInt(room)));
  if (fault === NO_ROOM) return run(Number(new BigInt64Array(memory.buffer, arenaAt)[0]));
  if (fault < HANDS_FULL || fault > PEOPLE_FULL) return refuse(fault) ?? end;
  limits[fault - HANDS_FULL] *= 2n;
  if (limits[4] === 1n) limits[5] = limits[1]; // the columns grow with the rows
  return run(room);
}

function reach(end) {
  const pages = Math.ceil((end - memory.buffer.byteLength) / PAGE);
  if (pages > 0) memory.grow(pages);
}

function refuse(fault) {
  if (Number(fault)) throw new Error(`the kernel reports fault ${fault}`);
}
