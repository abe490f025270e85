// Builds static/dist: one stylesheet, one script, the fonts and a sprite of the icons that templates and code name.
// Everything is made beside the folder and put in place at the end, so that a running server misses nothing.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, "static/dist");
const modules = path.join(root, "node_modules");
const out = fs.mkdtempSync(path.join(root, "static/.build-"));
const FOLDERS = ["templates", "crm", "layouts", "accounts", "contacts", "activities"];
const FONTS = ["inter-latin-opsz-normal.woff2", "inter-latin-ext-opsz-normal.woff2"];

function stylesheet() {
  const cli = path.join(modules, "@tailwindcss/cli/dist/index.mjs");
  const run = spawn(process.execPath, [cli, "-i", "static/src/app.css", "-o", path.join(out, "app.css"), "--minify"], { cwd: root });
  let said = "";
  run.stderr.on("data", (text) => (said += text));
  return new Promise((resolve, reject) => run.on("close", (code) => (code ? reject(new Error(said)) : resolve())));
}

const script = () => build({
  entryPoints: [path.join(root, "static/src/js/app.js")],
  outfile: path.join(out, "app.js"),
  bundle: true,
  minify: true,
  target: ["chrome110", "firefox115", "safari16.4"],
  logLevel: "warning",
});

function* files(folder, endings) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(full, endings);
    else if (endings.includes(path.extname(entry.name))) yield full;
  }
}

// {% icon "mail" %}, icon="mail" in a tag or in Python, "icon": "mail" in Python
const NAMED = /(?:\{%-?\s*icon\s+|\b\w*icon\s*=\s*|["']icon["']\s*:\s*)["']([a-z0-9-]+)["']/g;

function icons() {
  const listed = fs.readFileSync(path.join(root, "static/src/icons.txt"), "utf8").split("\n").map((line) => line.trim());
  const names = new Set(listed.filter((line) => line && !line.startsWith("#")));
  for (const folder of FOLDERS)
    for (const file of files(path.join(root, folder), [".html", ".py"]))
      for (const [, name] of fs.readFileSync(file, "utf8").matchAll(NAMED)) names.add(name);
  return [...names].sort();
}

function symbol(name) {
  const file = path.join(modules, "lucide-static/icons", `${name}.svg`);
  if (!fs.existsSync(file)) throw new Error(`No icon is called "${name}".`);
  const drawing = fs.readFileSync(file, "utf8").replace(/<!--.*?-->/gs, "").replace(/<svg[^>]*>|<\/svg>/g, "");
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${drawing.replace(/\s+/g, " ").replace(/ \/>/g, "/>").trim()}</symbol>`;
}

try {
  fs.mkdirSync(path.join(out, "fonts"));
  for (const font of FONTS) fs.copyFileSync(path.join(modules, "@fontsource-variable/inter/files", font), path.join(out, "fonts", font));
  fs.copyFileSync(path.join(root, "static/src/logo.svg"), path.join(out, "logo.svg"));
  fs.writeFileSync(path.join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${icons().map(symbol).join("")}</svg>`);
  await Promise.all([stylesheet(), script()]);
  fs.chmodSync(out, 0o755);
  fs.rmSync(dist, { recursive: true, force: true });
  fs.renameSync(out, dist);
} catch (problem) {
  fs.rmSync(out, { recursive: true, force: true });
  console.error(problem.message);
  process.exitCode = 1;
}
