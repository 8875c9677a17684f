/** The page for auditors: its example runs as it is written, and comes out as it says. */
import assert from "node:assert/strict";
import { inHouse } from "../e2e/house.ts";
import { aimedAt, blockOf, documentOf, ignoresShell, runShell } from "./examples.ts";

const page = await documentOf("core/evidence/README.md");
const ROOT = new URL("../../", import.meta.url).pathname;

/** Commands are known where the repository is; what they read and write is in the folder. */
const TASK = `deno() { ( HERE=$PWD; cd ${ROOT}; shift 2; name=$1; shift; words=()
  for word in "$@"; do case $word in audit/*|data) word=$HERE/$word;; esac; words+=("$word"); done
  exec ${Deno.execPath()} task -q "$name" "\${words[@]}" ); }`;

Deno.test({
  name: "The auditors' page: its example proves a log, and finds it edited and cut",
  ignore: ignoresShell,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/checkpoints`;
    try {
      await inHouse(async (stage) => {
        await Deno.symlink(folder, `${stage.folder}/audit`);
        const script = aimedAt(stage, blockOf(page, "example: audit")).replaceAll(
          "deno task",
          "deno -q task",
        );
        const said = await runShell(stage, `${TASK}\n${script}`);
        assert.match(
          said,
          /^The log is as it was recorded\.\nrows +7\nproved by a checkpoint +7$/m,
        );
        assert.match(said, /^The log is as it was decided\.$/m);
        assert.match(
          said,
          /^3 +\S+ +operator:\S+ +DeviceRegistered +device_id=pump-7 tags=hall 3$/m,
        );
        assert.match(said, /^It does not hold: row \d+, hash\.$/m);
        assert.match(said, /^edited: found$/m);
        assert.match(said, /^It does not hold: the log ends after row 2, and had 7\.$/m);
        assert.match(said, /^shorter: found$/m);
        assert.match(said, /^otalog\/[0-9a-f]{32}\n\d\n/m);
        assert.match(said, /^What the log says of pump-7 is as it was recorded\.$/m);
      }, { checkpoints: { file }, checkpointPace: { rows: 1, ms: 60_000 } });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
