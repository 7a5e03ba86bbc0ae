import { chromium } from 'playwright-core';
import { bundleForBrowsers, entryPoint } from './browser/bundle.ts';
import { compareDigests, type DeviceDigests, deviceDigests } from './runtimes/digests.ts';
import { Checklist, findProgram } from './tools.ts';

/** A page on a local network gets this; nothing is fetched. */
const PAGE = '<!doctype html><meta charset="utf-8"><title>rootcap</title>';

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;

function chromiumPath(): string | undefined {
  return process.env.CHROMIUM ?? findProgram('chromium', 'chromium-browser', 'google-chrome');
}

/** Opens a page with a script in it and lets it boot a device. */
async function inChromium(
  executablePath: string,
  script: string,
): Promise<{ version: string; digests: DeviceDigests }> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.setContent(PAGE);
    await page.addScriptTag({ content: script });
    const digests = await page.evaluate<DeviceDigests>('deviceDigests()');
    return { version: browser.version(), digests };
  } finally {
    await browser.close();
  }
}

async function main(executablePath: string): Promise<number> {
  const checklist = new Checklist();
  const bundle = await bundleForBrowsers(entryPoint('./page.js'));
  const bare = await bundleForBrowsers(entryPoint('./device-only.js'));
  for (const [name, { bytes, gzip, brotli }] of [
    ['rootcap', bare],
    ['rootcap with rootcap/manufacture', bundle],
  ] as const)
    console.log(`${name}: ${kilobytes(bytes)} minified, ${kilobytes(gzip)} gzip, ${kilobytes(brotli)} brotli`);
  for (const name of bundle.nodeModules) console.log(`  asks for ${name}`);
  checklist.check(bundle.nodeModules.length === 0, 'no module of Node in the bundle');
  const { version, digests } = await inChromium(executablePath, bundle.script);
  const expected = deviceDigests();
  console.log(`Chromium ${version}: provider ${digests.provider}, boot ${digests.boot.toFixed(0)} ms`);
  console.log(`Node ${process.version}: provider ${expected.provider}, boot ${expected.boot.toFixed(0)} ms`);
  const differences = compareDigests(expected, digests);
  for (const difference of differences) console.log(`  ${difference}`);
  checklist.check(differences.length === 0, 'every certificate and response in Chromium as in Node');
  return checklist.exitCode;
}

const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.error('no Chromium: set CHROMIUM to its executable, or put `chromium` on PATH');
  process.exitCode = 2;
} else process.exitCode = await main(executablePath);
