import assert from "node:assert/strict";
import { withDiagram } from "./diagram.ts";

const root = new URL("../../", import.meta.url);

Deno.test("ARCHITECTURE.md has the machine's present diagram (deno task diagram)", async () => {
  const document = await Deno.readTextFile(new URL("ARCHITECTURE.md", root));
  assert.equal(document, withDiagram(document));
});

Deno.test("every path that the documents name exists", async () => {
  for (const name of ["README.md", "ARCHITECTURE.md"]) {
    const document = await Deno.readTextFile(new URL(name, root));
    const paths = [
      ...document.matchAll(/`((?:core|firmware|adapters|commands|tests)\/[\w./-]*)`/g),
    ];
    assert.ok(paths.length > 0, `${name} names ${paths.length} paths`);
    for (const [, path] of paths) await Deno.stat(new URL(path!, root));
  }
});

Deno.test("every task that the README names exists, and every dependency has its reason", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const { tasks, imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  for (const [, name] of readme.matchAll(/deno(?:@[\d.]+)? task ([a-z-]+)/g)) {
    assert.ok(tasks[name!], `deno task ${name}`);
  }
  const packages = Object.values<string>(imports).map((specifier) =>
    /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(specifier)![1]!
  );
  for (const name of new Set(packages)) assert.match(readme, new RegExp(`\\| .*\`${name}\``), name);
});
