/** How a data folder is copied, part by part. */
import type { CopyParts } from "../adapters/backup/mod.ts";
import { replayed } from "../adapters/cli/mod.ts";
import { copyImages, newFolder } from "../adapters/files/mod.ts";
import { copySecrets, machineDigest } from "../adapters/host/mod.ts";
import {
  contentsOf,
  copyDatabase,
  hasOwnTables,
  openReplica,
  rowsOf,
  updateTables,
} from "../adapters/sqlite/mod.ts";

export const copyParts: CopyParts = {
  newFolder,
  copyDatabase,
  hasOwnTables,
  updateTables,
  contentsOf,
  rowsOf,
  replay: async (folder, isCompared, { progress, stop }) => {
    const replica = await openReplica(folder);
    const source = isCompared ? replica : { rows: () => replica.rows() };
    const shown = (rows: number) => progress(rows, replica.count);
    const { finding } = await replayed(source, machineDigest.sha256, { progress: shown, stop })
      .finally(() => replica.close());
    return finding;
  },
  copyImages,
  copySecrets,
};
