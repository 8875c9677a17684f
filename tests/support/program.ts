/** Where a program lies; `undefined`: it is not installed. Servers may lie where only root looks. */
export async function pathOf(program: string): Promise<string | undefined> {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  for (const folder of folders.filter((folder) => folder !== "")) {
    const found = await Deno.stat(`${folder}/${program}`).catch(() => undefined);
    if (found?.isFile) return `${folder}/${program}`;
  }
  return undefined;
}
