/** `ota firmware …` */
import { label, versionName } from "../../../core/mod.ts";
import { checked, oneOf, requiredChecked, word } from "../checked_args.ts";
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
        header: oneOf("WORD", "What is done with what the file says of itself", ["ignore"]),
      },
    },
    ({ file, version, product, header }, desk) => add(desk, file, version, { product, header }),
  ),
  verb(
    { name: "firmware list", summary: "All versions.", flags: {} },
    (_, desk) => showList(desk, desk.api.list("/firmware"), HEADS, cells),
  ),
];

const HEADS = ["version", "product", "size", "checksum", "since", "file"];

function cells(firmware: Json): string[] {
  const { version, product = "-", size, checksum, created_at, header, header_ignored } = firmware;
  const said = `${headerText(header)}${header_ignored && header ? " (ignored)" : ""}`;
  return [version, product, bytesText(size), checksum, created_at, said];
}

/** What a file says of itself: `ESP32-C3 pump 1.2.0`. */
function headerText({ format, chip = formats[format], project = "", version = "" }: Json = {}) {
  return [chip, project, version].filter(Boolean).join(" ");
}

const formats: Readonly<Record<string, string>> = { esp: "ESP", mcuboot: "MCUboot" };

async function add(
  desk: Desk,
  path: string,
  version: string,
  query: { readonly product: string | undefined; readonly header: string | undefined },
): Promise<void> {
  using file = await openFile(path);
  const { size } = await file.stat();
  const lines = new Lines(desk.screen);
  const onSent = (sent: number) => {
    if (desk.isJson) return;
    lines.set(path, `${shareText(sent / size)} of ${bytesText(size)}`, false);
  };
  const to = `/firmware/${version}${searchOf(query)}`;
  const { isNew, answer } = await upload(desk.api, to, file, onSent);
  const { product } = query;
  const what = `${version}${product === undefined ? "" : ` of ${product}`}`;
  const how = isNew ? "is stored" : "was there already with the same bytes";
  const said = headerText(answer.header);
  const words = [bytesText(answer.size), answer.checksum, ...(said ? [`in it ${said}`] : [])];
  show(desk, answer, `${what} ${how}: ${words.join(", ")}`);
}

function searchOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
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
