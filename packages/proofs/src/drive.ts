import { parseArgs } from 'node:util';
import { table } from './bench/statistics.ts';
import { runClients } from './drive/clients.ts';
import { DebianTools } from './drive/debian.ts';
import { killDrives } from './drive/kills.ts';
import { measureSpeed, SPEED_COLUMNS } from './drive/speed.ts';
import { Checklist } from './tools.ts';

const KINDS = ['clients', 'kills', 'speed'] as const;
const USAGE = `usage: pnpm drive [--only KIND]... [--kills N] [--seed S] [--seconds N] [--rounds N]
  KIND is one of ${KINDS.join(', ')}; default all, 1000 kills, seed 1, 3 seconds a measurement, 3 rounds`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [...KINDS] },
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});

function wholeNumber(name: 'kills' | 'seed' | 'seconds' | 'rounds'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name}: expected a whole number, got ${values[name]}\n${USAGE}`);
  process.exit(2);
}

const wrong = values.only.find((kind) => !(KINDS as readonly string[]).includes(kind));
if (wrong !== undefined) {
  console.error(`--only: expected one of ${KINDS.join(', ')}, got ${wrong}\n${USAGE}`);
  process.exit(2);
}
const list = new Checklist();
const seed = wholeNumber('seed');

async function kills(): Promise<void> {
  const count = wholeNumber('kills');
  const found = await killDrives(count, seed, (done) => {
    if (done % 50 === 0) process.stderr.write(`  kills: ${done} of ${count}\n`);
  });
  for (const violation of found.violations) console.error(`  ${violation}`);
  list.check(
    found.violations.length === 0,
    `${found.kills} kills, ${found.writes} writes and ${found.flushes} flushes acknowledged, ${found.compared} blocks ` +
      `compared: ${found.violations.length} violations`,
  );
}

async function withTools(action: (tools: DebianTools) => Promise<void>): Promise<void> {
  const tools = DebianTools.open();
  if (typeof tools === 'string') {
    list.check(false, tools);
    return;
  }
  try {
    await action(tools);
  } finally {
    tools.close();
  }
}

const clients = (): Promise<void> => withTools((tools) => runClients(tools, list));

const speed = (): Promise<void> =>
  withTools(async (tools) => {
    const rows = await measureSpeed(tools, wholeNumber('seconds'), wholeNumber('rounds'));
    console.log(
      table([
        ['', ...SPEED_COLUMNS],
        ...rows.map(({ server, values }) => [server, ...values.map((v) => v.toFixed(0))]),
      ]),
    );
    const [drive, , luks] = rows;
    for (const [column, name] of SPEED_COLUMNS.entries()) {
      const factor = (drive?.values[column] ?? 0) / (luks?.values[column] ?? 1);
      list.check(factor > 1, `${name}: ${factor.toFixed(2)} x nbdkit's luks filter`);
    }
  });

const RUNS = { clients, kills, speed } as const;
for (const kind of KINDS) if (values.only.includes(kind)) await RUNS[kind]();
process.exitCode = list.exitCode;
