/** What is known of earlier checkpoints when the server gives nothing back, and when it does. */
import assert from "node:assert/strict";
import { remembering } from "../../../adapters/checkpoints/mod.ts";
import type { ServerPublisher } from "../../../adapters/checkpoints/mod.ts";
import { publishedNote } from "../../../adapters/host/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { noteOf } from "./notes.ts";

const { signal } = new AbortController();

/** A server that takes everything but what it is told to refuse, and gives what it is told to. */
class Server implements ServerPublisher {
  readonly taken: string[] = [];
  refuses = false;
  gives: string | undefined;

  constructor(readonly place = "http://keeper/log") {}

  publish(note: string): Promise<void> {
    if (this.refuses) return Promise.reject(new Error("Nobody is there."));
    return Promise.resolve(void this.taken.push(note));
  }

  readBack(): Promise<string> {
    return this.gives === undefined
      ? Promise.reject(new Error("Cannot read back."))
      : Promise.resolve(this.gives);
  }
}

/** As an engine that starts on the folder. */
function startedOn(folder: string, server: Server) {
  const told: string[] = [];
  const tell = (sentence: string) => void told.push(sentence);
  const publisher = remembering(server, { file: publishedNote(folder), tell });
  return { told, publish: publisher.publish, readBack: publisher.readBack };
}

const UNREAD = "Cannot read back. Of earlier checkpoints only what the data folder says is known.";

Deno.test("remembering() knows the newest note that the server took, start after start", async () => {
  await inFolder(async (folder) => {
    const server = new Server();
    const first = startedOn(folder, server);
    assert.deepEqual([(await first.readBack()).trim(), first.told], ["", [UNREAD]]);
    for (const size of [1, 2]) await first.publish(noteOf(size), signal);
    assert.deepEqual(server.taken, [noteOf(1), noteOf(2)]);
    server.refuses = true;
    await assert.rejects(first.publish(noteOf(3), signal), /Nobody is there/);
    const again = startedOn(folder, server);
    assert.deepEqual([await again.readBack(), again.told], [`${noteOf(2)}\n\n`, [UNREAD]]);
    const { mode } = await Deno.stat(`${folder}/published.checkpoint`);
    assert.equal(mode! & 0o777, 0o600);
  });
});

Deno.test("remembering() adds what the server gives, and tells nothing then", async () => {
  await inFolder(async (folder) => {
    const server = new Server();
    await startedOn(folder, server).publish(noteOf(1), signal);
    server.gives = noteOf(9);
    const { told, readBack } = startedOn(folder, server);
    assert.deepEqual([await readBack(), told], [`${noteOf(1)}\n\n${noteOf(9)}`, []]);
  });
});

Deno.test("remembering() says nothing of one server to another", async () => {
  await inFolder(async (folder) => {
    await startedOn(folder, new Server()).publish(noteOf(1), signal);
    const other = startedOn(folder, new Server("http://keeper/log2"));
    assert.equal((await other.readBack()).trim(), "");
  });
});

Deno.test("remembering() says what cannot be kept, or read", async () => {
  await inFolder(async (folder) => {
    const gone = startedOn(`${folder}/none`, new Server());
    const sentence =
      /^Error: Cannot use .*none\/published\.checkpoint: .*\. The engine must be able to /;
    await assert.rejects(gone.publish(noteOf(1), signal), sentence);
    await Deno.mkdir(`${folder}/published.checkpoint`);
    await assert.rejects(startedOn(folder, new Server()).readBack(), /published\.checkpoint: /);
  });
});
