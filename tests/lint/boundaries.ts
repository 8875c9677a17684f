/**
 * The boundaries of the house as lint rules: the core is pure, firmware knows images only, adapters do
 * not know each other, only `commands/` puts them together, for `main.ts` alone, and only the command
 * line writes to the terminal.
 */

type Zone = "core" | "firmware" | "adapters" | "commands" | "main.ts" | "elsewhere" | "tests";

/** Packages a zone may import, besides what lies within it; of a zone that is not here, any. */
const packages: Partial<Record<Zone, readonly string[]>> = {
  core: ["xstate", "zod", "semver"],
  firmware: ["node:crypto", "node:zlib"],
  commands: [],
  "main.ts": [],
};

/** What those that put the parts together may import of what lies at the top. */
const parts = ["core", "firmware", "adapters", "commands", "deno.json"];

/** What a zone may import of what lies at the top; of adapters, an adapter its own folder alone. */
const known: Readonly<Record<Exclude<Zone, "elsewhere" | "tests">, readonly string[]>> = {
  core: ["core"],
  firmware: ["firmware"],
  adapters: ["core", "firmware", "adapters"],
  commands: parts,
  "main.ts": parts,
};

/** What nothing else but tests may import, wherever it lies. */
const composed = ["adapters", "commands", "main.ts"];

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
  for (const zone of ["core", "firmware", "adapters", "commands"] as const) {
    const at = levels.lastIndexOf(zone);
    if (at < 0) continue;
    const path = levels.slice(at).join("/");
    return { zone, part: zone === "adapters" ? levels[at + 1] ?? "" : "", path };
  }
  const name = levels.at(-1) ?? "";
  return { zone: name === "main.ts" ? name : "elsewhere", part: "", path: name };
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

/** Whether a file there may import what lies at the target. */
function mayImport({ zone, part }: Place, target: string): boolean {
  const [top = "", folder] = target.split("/");
  if (zone === "tests") return true;
  if (zone === "elsewhere") return !composed.includes(top);
  if (zone === "adapters" && top === zone) return folder === part;
  return known[zone].includes(top);
}

/** What a sentence calls the part of the house that a file belongs to. */
function nameOf({ zone, part, path }: Place): string {
  if (zone === "main.ts" || zone === "elsewhere") return path;
  return part ? `${zone}/${part}/` : `${zone}/`;
}

/** What is wrong with an import, or nothing. */
function refusalOf(place: Place, specifier: string): string | undefined {
  const { zone, path } = place;
  const name = nameOf(place);
  if (!specifier.startsWith(".")) {
    const allowed = packages[zone];
    return allowed && !allowed.includes(specifier)
      ? `${name} does not import "${specifier}", but: ${allowed.join(", ") || "no package"}. ` +
        "Give it in from outside."
      : undefined;
  }
  const target = resolve(path, specifier);
  if (mayImport(place, target)) return undefined;
  const isToCompose = zone === "adapters" || zone === "elsewhere";
  const what = isToCompose ? "Compose them in commands/." : "Turn the dependency around.";
  return `${name} does not know ${target}. ${what}`;
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
