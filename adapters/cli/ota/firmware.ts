/** `ota firmware …` */
import { label, versionName } from "../../../core/mod.ts";
import { checked, requiredChecked, word } from "../checked_args.ts";
import { bytesText, Lines, shareText } from "../terminal.ts";
import type { Json } from "./api.ts";
import { upload } from "./upload.ts";
import { show, showList, verb } from "./verb.ts";
import type { Desk, Verb } from "./verb.ts";

/** The commands, in the order of their help. */
export const firmwareVerbs: readonly Verb[] = [
  verb(
    {
      name: "firmware add",
      summary: "Upload an image under a version, which names these bytes for ever.",
      words: { file: word("FILE", "The image") },
      flags: {
        version: requiredChecked("VERSION", "The name of this version", versionName),
        product: checked("NAME", "The product it is for [devices of any]", label),
      },
    },
    ({ file, version, product }, desk) => add(desk, file, version, product),
  ),
  verb(
    { name: "firmware list", summary: "All versions.", flags: {} },
    (_, desk) => showList(desk, desk.api.list("/firmware"), HEADS, cells),
  ),
];

const HEADS = ["version", "product", "size", "checksum", "since"];

function cells({ version, product = "-", size, checksum, created_at }: Json): string[] {
  return [version, product, bytesText(size), checksum, created_at];
}

async function add(
  desk: Desk,
  path: string,
  version: string,
  product: string | undefined,
): Promise<void> {
  using file = await openFile(path);
  const { size } = await file.stat();
  const lines = new Lines(desk.screen);
  const onSent = (sent: number) => {
    if (desk.isJson) return;
    lines.set(path, `${shareText(sent / size)} of ${bytesText(size)}`, false);
  };
  const query = product === undefined ? "" : `?product=${encodeURIComponent(product)}`;
  const { isNew, answer } = await upload(desk.api, `/firmware/${version}${query}`, file, onSent);
  const what = `${version}${product === undefined ? "" : ` of ${product}`}`;
  const how = isNew ? "is stored" : "was there already with the same bytes";
  show(desk, answer, `${what} ${how}: ${bytesText(answer.size)}, ${answer.checksum}`);
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    const file = await Deno.open(path);
    if ((await file.stat()).isFile) return file;
    file.close();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new Error(`Cannot upload ${path}: ${why}. Name an image.`);
  }
  throw new Error(`Cannot upload ${path}: it is not a file. Name an image.`);
}
