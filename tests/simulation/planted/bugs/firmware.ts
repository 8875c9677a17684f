/** Bugs with which a device is brought what is not for it. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const firmwareBugs: readonly Bug[] = [
  bug(
    "a version names two images",
    ["I11"],
    "engine/decide_command.ts",
    "if (known) {\n    return known.sha256",
    "if (known?.sha256 === image.sha256) {\n    return known.sha256",
    { otherBytes: 100_000 },
  ),
  bug(
    "what a file says of itself is forgotten",
    ["I5"],
    "engine/streams.ts",
    "...(header ? { header } : {})",
    "",
  ),
  bug(
    "an order may name any image",
    ["I10", "I11"],
    "engine/decide_command.ts",
    "if (image.sha256 !== toHex(checksum)) {",
    'if (image.sha256 === "") {',
    { otherImage: 100_000 },
  ),
  bug(
    "a wish is met with another product's image",
    ["I10"],
    "engine/wished.ts",
    "await work.images.firmware(device.product, version);",
    'await work.images.firmware("valve", version);',
  ),
  bug(
    "a silent downgrade",
    ["I9"],
    "device/queue.ts",
    "!policy.allow_downgrade && isBelow(policy.version, version);",
    "!policy.allow_downgrade && policy.version === version && isBelow(policy.version, version);",
  ),
  bug(
    "what is pointless when it is queued is offered",
    ["I9"],
    "device/fold.ts",
    "if (this.#moves.length > 0) this.#supersede(fact.at);",
    "",
    { downgrade: 150_000 },
  ),
];
