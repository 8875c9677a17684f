/** What is asked for and not there: a path that no route has, or a method that its routes do not. */
import { Refused } from "./problems.ts";

/** As much of an unknown path as is worth repeating. */
const SHOWN_MAX = 200;

/** As much of a router as is needed to ask it. */
interface Router {
  match(method: string, path: string): readonly [readonly unknown[], ...unknown[]];
}

/** 405 with `Allow` for a known path (RFC 9110 §15.5.6), else 404. */
export function absent(router: Router, method: string, url: string): Refused {
  const { pathname } = new URL(url);
  const path = pathname.slice(0, SHOWN_MAX);
  const taken = ["GET", "POST", "PUT", "DELETE"]
    .filter((other) => router.match(other, pathname)[0].length > 0)
    // A HEAD is answered wherever a GET is.
    .flatMap((other) => other === "GET" ? ["GET", "HEAD"] : [other]);
  if (taken.length === 0) {
    const detail = `There is no route ${method} ${path}. The routes are listed in the README.`;
    return new Refused(404, detail);
  }
  const allow = taken.join(", ");
  return new Refused(405, `${path} does not take ${method}. It takes ${allow}.`, {}, { allow });
}
