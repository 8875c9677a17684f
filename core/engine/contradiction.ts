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

/** How to take it all the same, over HTTP and on the command line. */
const IGNORE = "header=ignore";

/** Where the two contradict each other; `undefined`: nowhere. */
export function contradictionOf({ image, version, product }: Declared): Problem | undefined {
  const { size, claimedSize = 0, header } = image;
  if (!header) return undefined;
  if (claimedSize > size) {
    return problem(
      422,
      `The file is cut off: by its ${
        formats[header.format]
      } header the image has at least ${claimedSize} bytes, but these are ${size}. Upload the whole file, or say ${IGNORE} to take it as it is.`,
    );
  }
  const [saysVersion, saysProject] = [versionIn(header), projectIn(header)];
  const differences = [
    ...(saysVersion === undefined || isVersion(version, saysVersion)
      ? []
      : [{ path: "version", said: saysVersion.replace(/\+0$/, ""), declared: version }]),
    ...(saysProject === undefined || product === null || isProduct(product, saysProject)
      ? []
      : [{ path: "product", said: saysProject, declared: product }]),
  ];
  return differences.length === 0 ? undefined : refusalOf(differences);
}

interface Difference {
  readonly path: string;
  readonly said: string;
  readonly declared: string;
}

function refusalOf(differences: readonly Difference[]): Problem {
  const said = differences.map(({ path, said }) => `${path} ${said}`).join(" and ");
  const declared = differences.map(({ declared }) => declared).join(" and ");
  return problem(
    422,
    `The file says that it is ${said}, not ${declared}. Upload the file that is meant, declare what it says, or say ${IGNORE} to take it all the same.`,
    {
      errors: differences.map(({ path, said }) => ({
        path,
        message: `must be ${said}, as the file says, unless ${IGNORE} is given`,
      })),
    },
  );
}

const formats: Readonly<Record<ImageHeader["format"], string>> = { esp: "ESP", mcuboot: "MCUboot" };

/** The project of libraries that are built before any application; their header says nothing of it. */
const FRAMEWORK = "arduino-lib-builder";
/** The version of an ESP-IDF application that was given none. */
const NO_VERSION = "1";

function versionIn({ format, project, version }: ImageHeader): string | undefined {
  const isNone = project === FRAMEWORK || format === "esp" && version === NO_VERSION;
  return isNone || !versionName.safeParse(version).success ? undefined : version;
}

function projectIn({ project }: ImageHeader): string | undefined {
  return project === FRAMEWORK ? undefined : project;
}

/** A build that is not declared may be any. */
function isVersion(declared: string, said: string): boolean {
  const [ours, theirs] = [withoutV(declared), withoutV(said)];
  return ours === theirs || ours === theirs.split("+")[0];
}

function withoutV(version: string): string {
  return version.replace(/^v/i, "");
}

/** Projects and products are often the same name, written in another way. */
function isProduct(declared: string, said: string): boolean {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[ _]/g, "-");
  return plain(declared) === plain(said);
}
