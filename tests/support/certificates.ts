/** Certificates for a test, made by openssl(1) in its folder: an authority's, a server's, a client's. */
import { pathOf } from "./program.ts";

/** A developer without openssl goes on; CI has it. */
export const ignoresOpenssl = Deno.env.get("CI") === undefined &&
  await pathOf("openssl") === undefined;

async function openssl(folder: string, ...args: string[]): Promise<void> {
  const program = await pathOf("openssl");
  if (program === undefined) throw new Error("openssl is missing (Debian: openssl).");
  const { success, stderr } = await new Deno.Command(program, { args, cwd: folder }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const DAY = ["-days", "1"];

/** An authority that vouches for others: `{name}.crt` and `{name}.key`. */
export async function makeAuthority(folder: string, name: string): Promise<void> {
  const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
  await openssl(folder, "req", "-x509", ...EC, ...DAY, "-subj", `/CN=${name}`, ...files);
}

/** Somebody for whom `authority` vouches, as 127.0.0.1 unless another name is given. */
export async function makeCertificate(
  folder: string,
  name: string,
  authority: string,
  subject = "IP:127.0.0.1",
): Promise<void> {
  const by = ["-CA", `${authority}.crt`, "-CAkey", `${authority}.key`];
  const names = ["-addext", `subjectAltName=${subject}`, "-addext", "basicConstraints=CA:FALSE"];
  const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
  await openssl(
    folder,
    "req",
    "-x509",
    ...EC,
    ...DAY,
    "-subj",
    `/CN=${name}`,
    ...by,
    ...names,
    ...files,
  );
}
