// TypeScript of the islands as a module that this Node runs: types taken off, nothing else.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const islands = new URL("../../islands/", import.meta.url);

/** The address of an island's module. It may import nothing. */
export async function transpile(name) {
  const typescript = createRequire(new URL("package.json", islands))("typescript");
  const text = readFileSync(new URL(`src/${name}`, islands), "utf8");
  const compilerOptions = { target: "ES2022", module: "ESNext" };
  const { outputText } = typescript.transpileModule(text, { compilerOptions });
  return `data:text/javascript,${encodeURIComponent(outputText)}`;
}
