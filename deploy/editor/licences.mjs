/* Writes static/configs/editor.LICENSE.txt: the licence of every package that the bundle holds parts of. */

import { readFileSync, writeFileSync } from "node:fs";

const target = new URL("../../static/configs/editor.LICENSE.txt", import.meta.url);
const { packages } = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url)));
const texts = new Map();
for (const [path, { version }] of Object.entries(packages)) {
    if (!path || path.includes("esbuild")) continue;
    const text = readFileSync(new URL(`${path}/LICENSE`, import.meta.url), "utf8").trim();
    texts.set(text, [...(texts.get(text) ?? []), `${path.replace("node_modules/", "")} ${version}`]);
}
const parts = [...texts].map(([text, names]) => `\n${"-".repeat(78)}\n${names.join("\n")}\n\n${text}\n`);
writeFileSync(target, `static/configs/editor.js is bundled from deploy/editor/ and holds parts of these packages.\n${parts.join("")}`);
