/** What the API says to whoever speaks HTTP, in the words of this command line. */

type Said = [form: RegExp, words: (...parts: string[]) => string];

const sayings: readonly Said[] = [
  [/\??\bheader=ignore\b/g, () => "--header ignore"],
  [/\bPOST \/devices\/([^\s/]+)\/token\b/g, (_, id) => `deno task ota device token ${id}`],
  [/\bPOST \/devices\b/g, () => "deno task ota device add"],
  // Whose product is asked for is a device's, and that was said when the device was added.
  [/\bIf it is a product's, name that with \?product=; else upload it\b/g, () => "Upload it"],
  [
    /\bPUT \/firmware\/([^\s?]+?)(?:\?product=(.+?))?(?=\.$)/g,
    (_, version, product) =>
      `deno task ota firmware add FILE --version ${version}${product ? ofProduct(product) : ""}`,
  ],
];

/** The sentence, with commands and flags where it names methods, paths and queries. */
export function inOwnWords(sentence: string): string {
  return sayings.reduce((said, [form, words]) => said.replaceAll(form, words), sentence);
}

/** A value of a query, as a shell takes it. */
function ofProduct(value: string): string {
  const product = new URLSearchParams(`p=${value}`).get("p") ?? "";
  const quoted = `'${product.replaceAll("'", `'\\''`)}'`;
  return ` --product ${/^[\w.-]+$/.test(product) ? product : quoted}`;
}
