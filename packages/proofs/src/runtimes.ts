import { fileURLToPath } from 'node:url';
import { compareDigests, type DeviceDigests, deviceDigests } from './runtimes/digests.ts';
import { Checklist, type ProgramResult, runFromNpm } from './tools.ts';

/** Runtimes that npm packages bring, and how each runs a module. */
const RUNTIMES = [
  { name: 'Node 20', packages: ['node@20'], command: ['node'], version: ['node', '--version'] },
  { name: 'Node 26', packages: ['node@26'], command: ['node'], version: ['node', '--version'] },
  { name: 'Bun', packages: ['bun@1'], command: ['bun', 'run'], version: ['bun', '--version'] },
  { name: 'Deno', packages: ['deno@2'], command: ['deno', 'run', '--allow-all'], version: ['deno', '--version'] },
] as const;

function digestsOf({ stdout }: ProgramResult): DeviceDigests | undefined {
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as DeviceDigests);
}

const checklist = new Checklist();
const script = fileURLToPath(new URL('./runtimes/main.js', import.meta.url));
const expected = deviceDigests();
console.log(`this Node ${process.version}: provider ${expected.provider}, boot ${expected.boot.toFixed(0)} ms`);
for (const { name, packages, command, version } of RUNTIMES) {
  const [title] = runFromNpm(packages, version).stdout.split('\n');
  const result = runFromNpm(packages, [...command, script]);
  const digests = digestsOf(result);
  if (digests === undefined) {
    process.stderr.write(result.stderr);
    checklist.check(false, `${name}: no answer, status ${result.status}`);
    continue;
  }
  console.log(`${name} (${title?.trim()}): provider ${digests.provider}, boot ${digests.boot.toFixed(0)} ms`);
  const differences = compareDigests(expected, digests);
  for (const difference of differences) console.log(`  ${difference}`);
  checklist.check(differences.length === 0, `every certificate and response under ${name} as under this Node`);
}
process.exitCode = checklist.exitCode;
