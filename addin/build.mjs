// Builds what is served: the pane, the sign-in dialog, the send guard and the icons into dist/, and the pretend Outlook of the
// sandbox into its own folder. What it writes is committed, so that `go build` needs no Node.js; the same sources give the same bytes.
//
//   node build.mjs           build
//   node build.mjs --size    build, print the sizes, and fail above the limits
import { build } from "esbuild";
import { Resvg } from "@resvg/resvg-js";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import path from "node:path";

process.chdir(import.meta.dirname);
const out = "dist";
const outlook = "../internal/sandbox/outlook";
const common = { bundle: true, minify: true, legalComments: "none", charset: "utf8", logLevel: "warning", outdir: out };

// The names that the manifest asks for; see src/icons for what each size is drawn from.
const iconSizes = [16, 20, 24, 32, 40, 48, 64, 80, 128];

await rm(out, { recursive: true, force: true });
await mkdir(path.join(out, "icons"), { recursive: true });

// The pane and the sign-in dialog: MSAL is a chunk of its own, loaded when somebody must be signed in.
await build({ ...common, entryPoints: present({ pane: "src/pane/main.ts", signin: "src/signin/dialog.ts" }), format: "esm", splitting: true, target: "es2022",
  chunkNames: "[name]-[hash]" });
await build({ ...common, entryPoints: present({ pane: "src/pane/pane.css" }), target: "es2022" });
// The guard runs in classic Outlook's engine: one file, no modules, ES2016, no DOM. Minifying the syntax would write conditional
// operators, which Microsoft warns of there.
await build({ ...common, entryPoints: present({ guard: "src/guard/entry.ts" }), format: "iife", target: "es2016", minify: false, minifyWhitespace: true, minifyIdentifiers: true });
for (const [name, file] of Object.entries(present({ "pane.html": "src/pane/pane.html", "signin.html": "src/signin/signin.html", "guard.html": "src/guard/guard.html" })))
  await cp(file, path.join(out, name));
for (const size of iconSizes) await icon(size);
if (existsSync(`${outlook}/page`)) {
  await rm(`${outlook}/dist`, { recursive: true, force: true });
  await build({ ...common, outdir: `${outlook}/dist`, format: "iife", target: "es2022",
    entryPoints: present({ main: `${outlook}/page/main.ts`, office: `${outlook}/page/office.ts`, worker: `${outlook}/page/worker.ts`, outlook: `${outlook}/page/outlook.css` }) });
  for (const name of (await readdir(`${outlook}/page`)).filter((n) => n.endsWith(".html"))) await cp(`${outlook}/page/${name}`, `${outlook}/dist/${name}`);
}
if (process.argv.includes("--size")) await sizes();

function present(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));
}

async function icon(size) {
  const drawing = ["src/icons/icon-small.svg", "src/icons/icon.svg"].find((file) => existsSync(file) && (size <= 24 || !file.includes("small")));
  if (drawing === undefined) return;
  const png = new Resvg(await readFile(drawing, "utf8"), { fitTo: { mode: "width", value: size }, font: { loadSystemFonts: false } }).render().asPng();
  await writeFile(path.join(out, "icons", `icon-${size}.png`), png);
}

async function sizes() {
  const limits = { pane: 40_000, "with sign-in": 130_000, guard: 20_000 };
  const files = (await readdir(out)).filter((n) => n.endsWith(".js"));
  const zipped = Object.fromEntries(await Promise.all(files.map(async (n) => [n, gzipSync(await readFile(path.join(out, n)), { level: 9 }).length])));
  const total = (wanted) => files.filter(wanted).reduce((sum, n) => sum + zipped[n], 0);
  const isMSAL = (n) => n.startsWith("msal");
  const figures = {
    pane: total((n) => !isMSAL(n) && n !== "guard.js" && n !== "signin.js"),
    "with sign-in": total((n) => n !== "guard.js" && n !== "signin.js"),
    guard: existsSync(path.join(out, "guard.js")) ? (await readFile(path.join(out, "guard.js"))).length : 0,
  };
  for (const [name, bytes] of Object.entries(figures)) {
    const what = name === "guard" ? "bytes" : "bytes, gzip";
    console.log(`${name.padEnd(14)} ${String(bytes).padStart(7)} ${what} (limit ${limits[name]})`);
    if (bytes > limits[name]) process.exitCode = 1;
  }
}
