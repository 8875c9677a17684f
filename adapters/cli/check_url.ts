/** URLs on the command line. */
import { UsageError } from "./args.ts";

/** The URL, without slashes at its end. @throws {UsageError} unless paths can be put behind it, and everybody may read it. */
export function checkUrl(flag: string, url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.username || parsed?.password) {
    throw new UsageError(`--${flag} must be without user name and password: it is no secret.`);
  }
  if (!parsed || !/^https?:$/.test(parsed.protocol) || /[?#]/.test(url)) {
    throw new UsageError(
      `--${flag} must be a URL such as http://ota.example:8000, without ? and #, not "${url}".`,
    );
  }
  return parsed.href.replace(/\/+$/, "");
}
