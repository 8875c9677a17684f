/**
 * The boundaries of the house as lint rules: the core is pure, firmware knows images only, adapters do
 * not know each other, and only the command line writes to the terminal.
 */

type Zone = "core" | "firmware" | "adapters" | "root" | "tests";

/** Packages a zone may import, besides what lies within it. */
const packages: Readonly<Record<string, readonly string[]>> = {
  core: ["xstate", "zod", "semver"],
  firmware: ["node:crypto", "node:zlib"],
};

/** Names that reach a clock, randomness, I/O or the process. */
const impureNames = new Set([
  "Deno",
  "process",
  "globalThis",
  "window",
  "self",
  "performance",
  "crypto",
  "console",
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
  "WebSocket",
  "EventSource",
  "Worker",
  "BroadcastChannel",
  "localStorage",
  "sessionStorage",
  "caches",
  "navigator",
  "location",
  "require",
  "eval",
  // Engines differ in these: the same log must lead to the same bytes everywhere.
  "Intl",
]);

/** Members that no decision may use. */
const impureMembers: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  Math: [
    "random",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "pow",
    "sqrt",
    "cbrt",
    "hypot",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
  ],
  Temporal: ["Now"],
};

/** Methods that depend on locale or time zone. */
const localMethods =
  /^(toLocale\w*|localeCompare|getTimezoneOffset|(get|set)(Date|Day|FullYear|Hours|Milliseconds|Minutes|Month|Seconds|Year)|to(Date|Time)String)$/;

interface Place {
  readonly zone: Zone;
  /** The adapter's folder, or empty. */
  readonly part: string;
  /** The path from the repository's root. */
  readonly path: string;
}

/** Where a file lies, whatever the checkout is called: the last top-level folder of the path. */
function placeOf(fileName: string): Place {
  const levels = fileName.replaceAll("\\", "/").split("/");
  const tests = levels.lastIndexOf("tests");
  if (tests >= 0) return { zone: "tests", part: "", path: levels.slice(tests).join("/") };
  for (const zone of ["core", "firmware", "adapters"] as const) {
    const at = levels.lastIndexOf(zone);
    if (at < 0) continue;
    const path = levels.slice(at).join("/");
    return { zone, part: zone === "adapters" ? levels[at + 1] ?? "" : "", path };
  }
  return { zone: "root", part: "", path: levels.at(-1) ?? "" };
}

/** The path that a relative import means, from the repository's root. */
function resolve(from: string, specifier: string): string {
  const levels = from.split("/").slice(0, -1);
  for (const level of specifier.split("/")) {
    if (level === "..") levels.pop();
    else if (level !== ".") levels.push(level);
  }
  return levels.join("/");
}

/** What is wrong with an import, or nothing. */
function refusalOf(place: Place, specifier: string): string | undefined {
  const { zone, part, path } = place;
  if (zone === "root" || zone === "tests") return undefined;
  if (!specifier.startsWith(".")) {
    const allowed = packages[zone];
    return allowed && !allowed.includes(specifier)
      ? `${zone}/ imports ${
        allowed.join(", ")
      } and itself, not "${specifier}". Give it in from outside.`
      : undefined;
  }
  const target = resolve(path, specifier);
  const [top, folder] = target.split("/");
  if (zone !== "adapters") {
    return top === zone
      ? undefined
      : `${zone}/ does not know ${target}. Turn the dependency around.`;
  }
  if (top === "core" || top === "firmware") return undefined;
  return top === "adapters" && folder === part
    ? undefined
    : `adapters/${part}/ does not know ${target}. Compose them in main.ts.`;
}

/** Reports each import, export-from and dynamic import that crosses a boundary. */
const imports: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    const check = (node: Deno.lint.Node, specifier: unknown) => {
      const message = typeof specifier === "string" ? refusalOf(place, specifier) : undefined;
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => {
        if (place.zone === "core" || place.zone === "firmware") {
          const message = `${place.zone}/ loads nothing while it runs. Import it at the top.`;
          return context.report({ node, message });
        }
        check(node, node.source.type === "Literal" ? node.source.value : undefined);
      },
    };
  },
};

/** Reports whatever in `core/` could give another result at another time or on another machine. */
const purity: Deno.lint.Rule = {
  create(context) {
    if (placeOf(context.filename).zone !== "core") return {};
    const report = (node: Deno.lint.Node, what: string) =>
      context.report({ node, message: `core/ is pure: no ${what}. Take it as data or as a port.` });
    return {
      Identifier: (node) => {
        if (impureNames.has(node.name) && isReference(node)) report(node, node.name);
      },
      NewExpression: (node) => {
        const isDate = node.callee.type === "Identifier" && node.callee.name === "Date";
        if (isDate && node.arguments.length === 0) report(node, "new Date() without an instant");
      },
      CallExpression: (node) => {
        const { callee } = node;
        if (callee.type === "Identifier" && callee.name === "Date") report(node, "Date()");
      },
      MemberExpression: (node) => {
        const { object, property } = node;
        if (property.type !== "Identifier" || node.computed) return;
        if (localMethods.test(property.name)) return report(node, property.name);
        if (object.type !== "Identifier") return;
        if (impureMembers[object.name]?.includes(property.name)) {
          report(node, `${object.name}.${property.name}`);
        }
      },
      BinaryExpression: (node) => {
        if ((node.operator as string) === "**") report(node, "** (engines differ)");
      },
    };
  },
};

/** Whether the identifier means the global thing, not a member or a key of that name. */
function isReference(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent.type === "Property") return parent.value === node && parent.key !== node;
  return !["TSPropertySignature", "PropertyDefinition", "MethodDefinition", "TSMethodSignature"]
    .includes(parent.type);
}

/** Reports output to the terminal outside of the command line. */
const quiet: Deno.lint.Rule = {
  create(context) {
    const { zone, part } = placeOf(context.filename);
    if (zone === "tests" || part === "cli") return {};
    return {
      MemberExpression: (node) => {
        if (node.object.type !== "Identifier" || node.object.name !== "console") return;
        const message = "Only adapters/cli/ writes to the terminal. Hand it an event instead.";
        context.report({ node, message });
      },
    };
  },
};

export default { name: "otalog", rules: { imports, purity, quiet } } satisfies Deno.lint.Plugin;
