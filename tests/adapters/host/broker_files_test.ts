import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readBrokerFiles } from "../../../adapters/host/mod.ts";
import { ignoresOpenssl, makeAuthority, makeCertificate } from "../../support/certificates.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("readBrokerFiles() reads nothing where nothing is named", async () => {
  assert.deepEqual(await readBrokerFiles({}), {});
});

Deno.test("readBrokerFiles() takes a password without the end of its line, and nothing else off it", async () => {
  await inFolder(async (folder) => {
    const password = `${folder}/password`;
    for (const [text, word] of [["secret", "secret"], ["se cret \n", "se cret "], ["ä\r\n", "ä"]]) {
      await Deno.writeTextFile(password, text!);
      assert.deepEqual(await readBrokerFiles({ password }), { password: word });
    }
    for (const text of ["", "\n", " \r\n"]) {
      await Deno.writeTextFile(password, text);
      await assert.rejects(readBrokerFiles({ password }), {
        message: `Cannot use ${password}: it is empty. Name another file with ` +
          "--broker-password-file.",
      });
    }
  });
});

Deno.test({
  name:
    "readBrokerFiles() takes certificates and the key that belongs to them, and says what is none",
  ignore: ignoresOpenssl,
  fn: () =>
    inFolder(async (folder) => {
      await makeAuthority(folder, "ca");
      await makeCertificate(folder, "client", "ca");
      const [ca, cert, key] = ["ca.crt", "client.crt", "client.key"].map((n) => `${folder}/${n}`);
      const text = (path: string) => Deno.readTextFileSync(path);
      const files = await readBrokerFiles({ ca, cert, key });
      assert.deepEqual(files, { ca: text(ca!), cert: text(cert!), key: text(key!) });
      const locked = generateKeyPairSync("rsa", {
        modulusLength: 1_024,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: {
          type: "pkcs8",
          format: "pem",
          cipher: "aes-256-cbc",
          passphrase: "secret",
        },
      }).privateKey;
      const [other, none] = [`${folder}/locked.key`, `${folder}/none`];
      await Deno.writeTextFile(other, locked);
      const noKey = "it holds no private key in PEM format, or one that has a passphrase";
      const refused: [object, string, string, string][] = [
        [{ ca: key }, key!, "it holds no certificate in PEM format", "--broker-ca"],
        [{ cert: key, key }, key!, "it holds no certificate in PEM format", "--broker-cert"],
        [{ cert, key: cert }, cert!, noKey, "--broker-key"],
        [{ cert, key: other }, other, noKey, "--broker-key"],
        [
          { cert: ca, key },
          key!,
          `it does not belong to the certificate in ${ca}`,
          "--broker-key",
        ],
        [{ ca: folder }, folder, "it is a folder, not a file", "--broker-ca"],
        [{ ca: none }, none, "it does not exist", "--broker-ca"],
      ];
      for (const [given, path, why, flag] of refused) {
        await assert.rejects(readBrokerFiles(given), {
          message: `Cannot use ${path}: ${why}. Name another file with ${flag}.`,
        });
      }
    }),
});
