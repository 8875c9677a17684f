import assert from "node:assert/strict";
import { glob } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import plugin from "./boundaries.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function complaints(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source).map(({ id }) => id);
}

const refused: [rule: string, path: string, source: string][] = [
  ["imports", "core/upgrade/x.ts", 'import { readFile } from "node:fs";'],
  ["imports", "core/upgrade/x.ts", 'import { Hono } from "hono";'],
  ["imports", "core/upgrade/x.ts", 'import type { Hono } from "hono";'],
  ["imports", "core/upgrade/x.ts", 'import "npm:mqtt";'],
  ["imports", "core/upgrade/x.ts", 'export * from "../../adapters/mqtt/mod.ts";'],
  ["imports", "core/upgrade/x.ts", 'export { a } from "../../firmware/mod.ts";'],
  ["imports", "core/x.ts", 'const x = await import("./y.ts");'],
  ["imports", "firmware/x.ts", 'import { a } from "../core/mod.ts";'],
  ["imports", "firmware/x.ts", 'import { a } from "node:fs";'],
  ["imports", "adapters/mqtt/x.ts", 'import { a } from "../http/mod.ts";'],
  ["imports", "adapters/mqtt/x.ts", 'import { a } from "../../main.ts";'],
  ["imports", "adapters/mqtt/routes/x.ts", 'import { a } from "../../sqlite/store.ts";'],
  ["imports", "adapters/mqtt/x.ts", 'const a = await import("../http/mod.ts");'],
  ["imports", "adapters/mqtt/x.ts", 'import { a } from "../../commands/serve.ts";'],
  ["imports", "core/x.ts", 'import type { House } from "../commands/house/house.ts";'],
  ["imports", "core/x.ts", 'import { main } from "../main.ts";'],
  ["imports", "firmware/x.ts", 'import { a } from "../commands/serve.ts";'],
  ["imports", "commands/x.ts", 'import { main } from "../main.ts";'],
  ["imports", "commands/house/x.ts", 'import { main } from "../../main.ts";'],
  ["imports", "commands/x.ts", 'import { a } from "../tests/support/folder.ts";'],
  ["imports", "commands/x.ts", 'import { Hono } from "hono";'],
  ["imports", "main.ts", 'const a = await import("./tests/recorded/main.ts");'],
  ["imports", "main.ts", 'import { Hono } from "hono";'],
  ["imports", "x.ts", 'import { a } from "./adapters/mqtt/mod.ts";'],
  ["imports", "x.ts", 'import { main } from "./main.ts";'],
  ["imports", "tools/x.ts", 'import { a } from "../adapters/mqtt/mod.ts";'],
  ["imports", "tools/deep/x.ts", 'export * from "../../commands/serve.ts";'],
  ["imports", "tools/x.ts", 'const a = await import("../commands/serve.ts");'],
  ["imports", "/any/tests-of-mine/adapters/mqtt/x.ts", 'import { a } from "../http/mod.ts";'],
  ["purity", "core/x.ts", "const a = Date.now();"],
  ["purity", "core/x.ts", "const a = new Date();"],
  ["purity", "core/x.ts", "const a = Date();"],
  ["purity", "core/x.ts", "const a = Math.random();"],
  ["purity", "core/x.ts", "const a = Math.pow(2, 3);"],
  ["purity", "core/x.ts", "const a = 2 ** 3;"],
  ["purity", "core/x.ts", "const a = performance.now();"],
  ["purity", "core/x.ts", "const a = crypto.randomUUID();"],
  ["purity", "core/x.ts", "const a = Deno.args;"],
  ["purity", "core/x.ts", "const { Deno: d } = globalThis;"],
  ["purity", "core/x.ts", "const now = { f: Deno };"],
  ["purity", "core/x.ts", 'const a = globalThis["Deno"];'],
  ["purity", "core/x.ts", "setTimeout(() => {}, 1);"],
  ["purity", "core/x.ts", 'const a = await fetch("http://127.0.0.1");'],
  ["purity", "core/x.ts", 'const a = new Intl.NumberFormat("en");'],
  ["purity", "core/x.ts", 'const a = "a".localeCompare("b");'],
  ["purity", "core/x.ts", "const a = (1).toLocaleString();"],
  ["purity", "core/x.ts", "const a = new Date(0).getHours();"],
  ["purity", "core/x.ts", "const a = Temporal.Now.instant();"],
  ["quiet", "adapters/mqtt/x.ts", 'console.log("a");'],
  ["quiet", "main.ts", 'console.error("a");'],
  ["quiet", "commands/serve.ts", 'console.error("a");'],
];

const taken: [path: string, source: string][] = [
  ["core/upgrade/x.ts", 'import { z } from "zod"; import { a } from "../log/mod.ts";'],
  ["core/x.ts", "const a = new Date(5).toISOString(); const b = Math.floor(1.5);"],
  ["core/x.ts", "interface A { fetch: number; location: string } const a = { self: 1 };"],
  ["core/x.ts", "const a = (b: { process: number }) => b.process;"],
  ["firmware/x.ts", 'import { createHash } from "node:crypto"; import { a } from "./b.ts";'],
  ["adapters/mqtt/x.ts", 'import { a } from "../../core/mod.ts"; import b from "aedes";'],
  ["adapters/http/routes/x.ts", 'import { a } from "../route.ts"; const now = Date.now();'],
  ["adapters/cli/x.ts", 'console.log("a");'],
  ["main.ts", 'import { a } from "./adapters/cli/mod.ts";'],
  ["main.ts", 'const { a } = await import("./commands/serve.ts");'],
  ["commands/x.ts", 'import { a } from "../adapters/mqtt/mod.ts"; import { b } from "./y.ts";'],
  [
    "commands/house/x.ts",
    'import { a } from "../../core/mod.ts"; import b from "../../deno.json";',
  ],
  ["tools/x.ts", 'import { a } from "../core/mod.ts"; import { b } from "./y.ts";'],
  ["tests/e2e/x.ts", 'import { a } from "../../adapters/mqtt/guard.ts"; console.log(Date.now());'],
];

for (const [rule, path, source] of refused) {
  Deno.test(`${rule} refuses ${source} in ${path}`, () =>
    assert.ok(complaints(path, source).includes(`otalog/${rule}`)));
}

for (const [path, source] of taken) {
  Deno.test(`the boundaries let ${source} be in ${path}`, () =>
    assert.deepEqual(complaints(path, source), []));
}

Deno.test("deno lint runs the plugin: a planted violation of each rule fails it", async () => {
  const root = new URL("../../", import.meta.url);
  const planted = [
    ["core", 'import "../adapters/mqtt/mod.ts";\nexport const at: number = Date.now();\n'],
    ["tools", 'export * from "../commands/serve.ts";\n'],
    ["adapters/mqtt", 'export function say(): void {\n  console.log("a");\n}\n'],
  ];
  const copy = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${copy}/tests/lint`, { recursive: true });
    await Deno.copyFile(new URL("deno.json", root), `${copy}/deno.json`);
    await Deno.copyFile(
      new URL("boundaries.ts", import.meta.url),
      `${copy}/tests/lint/boundaries.ts`,
    );
    for (const [folder, source] of planted) {
      await Deno.mkdir(`${copy}/${folder}`, { recursive: true });
      await Deno.writeTextFile(`${copy}/${folder}/planted.ts`, source!);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["lint", "core", "tools", "adapters"],
      cwd: copy,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(success, false);
    const said = new TextDecoder().decode(stderr);
    for (const rule of ["imports", "purity", "quiet"]) {
      assert.match(said, new RegExp(`otalog/${rule}`));
    }
    assert.match(said, /planted\.ts does not know commands\/serve\.ts/);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});

Deno.test("every module but main.ts lies in a part that has boundaries", async () => {
  const parts = ["core", "firmware", "adapters", "commands", "tests"];
  const besides: string[] = [];
  // Neither what Git keeps, nor what running leaves.
  const exclude = (path: string) => /^(\..*|data|coverage|node_modules)$/.test(path);
  for await (const path of glob("**/*.{ts,mts,tsx,js,mjs,jsx}", { cwd: ROOT, exclude })) {
    if (!parts.includes(path.replaceAll("\\", "/").split("/")[0]!)) besides.push(path);
  }
  assert.deepEqual(besides, ["main.ts"]);
});
