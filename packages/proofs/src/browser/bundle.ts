import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** A page's script, and what it costs to load. */
export interface Bundle {
  readonly script: string;
  readonly bytes: number;
  readonly gzip: number;
  readonly brotli: number;
  /** Modules of Node that were asked for: a bundle for browsers has none. */
  readonly nodeModules: readonly string[];
}

/** A module next to this one. */
export function entryPoint(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Bundles a module as a web application would: `browser` conditions, minified, tree-shaken. */
export async function bundleForBrowsers(entry: string): Promise<Bundle> {
  const nodeModules = new Set<string>();
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    plugins: [
      {
        name: 'notice modules of Node',
        setup({ onResolve }) {
          onResolve({ filter: /^node:/ }, ({ path, importer }) => {
            nodeModules.add(`${path} from ${importer}`);
            return { path, external: true };
          });
        },
      },
    ],
  });
  const script = outputFiles[0]?.text ?? '';
  const raw = Buffer.from(script);
  return {
    script,
    bytes: raw.length,
    gzip: gzipSync(raw, { level: 9 }).length,
    brotli: brotliCompressSync(raw).length,
    nodeModules: [...nodeModules],
  };
}
