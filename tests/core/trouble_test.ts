import assert from "node:assert/strict";
import { cannotUse, reasonOf } from "../../core/trouble/mod.ts";

const failed = (code: string) => Object.assign(new Error("Failed (os error 99)."), { code });

Deno.test("reasonOf() has words for what the operating system says", () => {
  const said = ["ENOENT", "EPERM", "EROFS", "EISDIR", "ENOSPC", "EDQUOT", "EIO", "ELOOP"];
  assert.deepEqual(said.map((code) => reasonOf(failed(code))), [
    "it does not exist",
    "permission denied",
    "the file system is read-only",
    "it is a folder, not a file",
    "the disk is full",
    "the disk is full",
    "the disk fails",
    "its links lead in circles",
  ]);
});

Deno.test("reasonOf() takes words of the place before its own", () => {
  const before = { ENOENT: "its folder does not exist", EEXIST: "it is not a folder" };
  assert.equal(reasonOf(failed("ENOENT"), before), "its folder does not exist");
  assert.equal(reasonOf(failed("EEXIST"), before), "it is not a folder");
  assert.equal(reasonOf(failed("EACCES"), before), "permission denied");
});

Deno.test("reasonOf() repeats what it has no words for, without the full stop", () => {
  assert.equal(reasonOf(failed("EEXIST")), "Failed (os error 99)");
  assert.equal(reasonOf(new Error("it is empty")), "it is empty");
});

Deno.test("cannotUse() says what, why and what to do, and keeps the error", () => {
  const error = failed("ENOTDIR");
  const { message, cause } = cannotUse("/a/b", error, "Name another.");
  const why = "a part of the path is not a folder";
  assert.equal(message, `Cannot use /a/b: ${why}. Name another.`);
  assert.equal(cause, error);
  const own = cannotUse("/a/b", error, "Name another.", { ENOTDIR: "it is not a folder" });
  assert.equal(own.message, "Cannot use /a/b: it is not a folder. Name another.");
});
