/**
 * What an operator declares of an image beside what its file says of itself. A version names bytes for
 * ever, so the wrong file is refused before it gets one; who means it nevertheless can say so.
 */
import type { ImageHeader } from "../log/mod.ts";
import { problem, versionName } from "../protocol/mod.ts";
import type { Problem } from "../protocol/mod.ts";
import type { UploadedImage } from "./inputs.ts";

/** An image and what it is declared to be. */
export interface Declared {
  readonly image: UploadedImage;
  readonly version: string;
  /** `null`: it is for devices of any. */
  readonly product: string | null;
}

/** Where the two contradict each other; `undefined`: nowhere. */
export function contradictionOf({ image, version, product }: Declared): Problem | undefined {
  const { size, claimedSize = 0, header } = image;
  if (!header) return undefined;
  if (claimedSize > size) return cutOff(formats[header.format], claimedSize, size);
  const sayings = [
    { path: "version", said: versionIn(header), declared: version, isSame: isVersion },
    { path: "product", said: projectIn(header), declared: product, isSame: isProduct },
  ];
  const wrong = sayings.filter(({ said, declared, isSame }) =>
    said !== undefined && declared !== null && !isSame(declared, said)
  );
  return wrong.length === 0 ? undefined : contradicted(wrong);
}

const formats: Readonly<Record<ImageHeader["format"], string>> = { esp: "ESP", mcuboot: "MCUboot" };

function cutOff(format: string, claimed: number, size: number): Problem {
  const why =
    `by its ${format} header the image has at least ${claimed} bytes, but these are ${size}`;
  return problem(
    422,
    `The file is cut off: ${why}. Upload the whole file, or take it as it is with ?header=ignore.`,
    {
      errors: [{
        path: "header",
        message: `must be "ignore" to take a file that is cut off: ${why}`,
      }],
    },
  );
}

interface Saying {
  readonly path: string;
  readonly said: string | undefined;
  readonly declared: string | null;
}

function contradicted(sayings: readonly Saying[]): Problem {
  const said = sayings.map(({ path, said }) => `${path} ${said}`).join(" and ");
  const declared = sayings.map(({ declared }) => declared).join(" and ");
  return problem(
    422,
    `The file says that it is ${said}, not ${declared}. Upload the file that is meant, declare what it says, or take it all the same with ?header=ignore.`,
    {
      errors: sayings.map(({ path, said }) => ({
        path,
        message: `must be ${said}, as the file says, unless header=ignore is given`,
      })),
    },
  );
}

/** The project of libraries that are built before any application; their header says nothing of it. */
const FRAMEWORK = "arduino-lib-builder";
/** The version of an ESP-IDF application that was given none. */
const NO_VERSION = "1";

/** What it says without a build is said in fewer words: `1.2.3+0` is `1.2.3`. */
function versionIn({ format, project, version }: ImageHeader): string | undefined {
  const isNone = project === FRAMEWORK || format === "esp" && version === NO_VERSION;
  if (isNone || !versionName.safeParse(version).success) return undefined;
  return version?.replace(/\+0$/, "");
}

function projectIn({ project }: ImageHeader): string | undefined {
  return project === FRAMEWORK ? undefined : project;
}

/** A build that is not declared may be any. */
function isVersion(declared: string, said: string): boolean {
  const theirs = withoutV(said);
  return [theirs, `${theirs}+0`, theirs.split("+")[0]].includes(withoutV(declared));
}

function withoutV(version: string): string {
  return version.replace(/^v/i, "");
}

/** Projects and products are often the same name, written in another way. */
function isProduct(declared: string, said: string): boolean {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[ _]/g, "-");
  return plain(declared) === plain(said);
}
