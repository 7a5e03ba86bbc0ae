import { cpus } from 'node:os';
import { defaultProvider } from '@rootcap/crypto/default';
import { measureAccessKeys } from './bench/access-keys.ts';
import { measureModel } from './bench/adams-bridge.ts';
import { measureBoot, shares } from './bench/boot.ts';
import { measureDeviceRpc } from './bench/device-rpc.ts';
import { measureDpe } from './bench/dpe.ts';
import { measureMailbox } from './bench/mailbox.ts';
import { measurePrimitives } from './bench/primitives.ts';
import { table } from './bench/statistics.ts';
import { measureUnlock } from './bench/unlock.ts';

/** Most that a boot may cost beside its primitives. */
const BOOT_RATIO_LIMIT = 1.25;
/** Milliseconds of the same boot of the real firmware in its own emulator, on this class of machine. */
const EMULATOR_BOOT = 1350;
const EMULATOR_FACTOR = 5;
/** Commands a second: a plain round trip, and one that hands out a certificate. */
const ROUND_TRIPS = 200_000;
const CERTIFICATES = 100_000;
/** Most that a DPE command may cost beside its primitives. */
const DPE_RATIO_LIMIT = 1.25;
const BOOTS = 40;
/** Register accesses a second over a Unix socket. */
const ACCESSES = { single: 10_000, batched: 200_000 } as const;

/** Most that an operation on the accelerator's model may take, in times of the portable provider's. */
const MODEL_RATIO_LIMIT = 3;

const failures: string[] = [];

/** Notes whether a requirement is met, and says so. */
function require(met: boolean, text: string): string {
  if (!met) failures.push(text);
  return `${met ? 'ok  ' : 'FAIL'} ${text}`;
}

function benchBoot(): void {
  const provider = defaultProvider();
  const full = measureBoot({ provider }, BOOTS);
  const unchecked = measureBoot({ provider, verifyOwnSignatures: false }, BOOTS);
  const row = (name: string, { boot, bootMedian, primitives, ratio }: typeof full): string[] => [
    name,
    boot.toFixed(1),
    bootMedian.toFixed(1),
    primitives.toFixed(1),
    ratio.toFixed(3),
  ];
  console.log('\nCold boot to runtime with both chains, milliseconds');
  console.log(
    table([
      ['', 'boot', 'boot (median)', 'primitives alone', 'ratio'],
      row('as the firmware does', full),
      row('without pairwise tests and verification after signing', unchecked),
    ]),
  );
  console.log('\nIts primitives, milliseconds a boot');
  const most = shares(full.calls, 10).slice(0, 10);
  console.log(table([['', 'calls', 'ms'], ...most.map((s) => [s.name, String(s.count), s.milliseconds.toFixed(2)])]));
  const factor = EMULATOR_BOOT / full.boot;
  console.log(
    `\n${require(full.ratio <= BOOT_RATIO_LIMIT, `boot costs ${full.ratio.toFixed(3)} x its primitives (at most ${BOOT_RATIO_LIMIT})`)}`,
  );
  console.log(
    require(factor >=
      EMULATOR_FACTOR, `boot is ${factor.toFixed(1)} x faster than the real firmware's emulator, ${EMULATOR_BOOT} ms (at least ${EMULATOR_FACTOR})`),
  );
}

function benchMailbox(): void {
  const rates = measureMailbox(1000);
  console.log('\nMailbox commands a second, one process');
  console.log(
    table([
      ['', 'response bytes', 'per second'],
      ...rates.map((r) => [r.command, String(r.size), Math.round(r.perSecond).toLocaleString('en')]),
    ]),
  );
  for (const { command, perSecond } of rates) {
    const least = command === 'VERSION' ? ROUND_TRIPS : CERTIFICATES;
    console.log(require(perSecond >= least, `${command} at least ${least.toLocaleString('en')} a second`));
  }
}

function benchDpe(): void {
  const rows = measureDpe(defaultProvider(), 100);
  console.log('\nDPE commands through the mailbox, milliseconds (medians)');
  console.log(
    table([
      ['', 'command', 'primitives alone', 'ratio'],
      ...rows.map((r) => [r.name, r.command.toFixed(2), r.primitives.toFixed(2), r.ratio.toFixed(3)]),
    ]),
  );
  for (const { name, ratio } of rows)
    console.log(
      require(ratio <=
        DPE_RATIO_LIMIT, `DPE ${name} costs ${ratio.toFixed(3)} x its primitives (at most ${DPE_RATIO_LIMIT})`),
    );
}

async function benchUnlock(): Promise<void> {
  console.log('\nUnlocking a range of a drive, milliseconds (medians)');
  const rows = await measureUnlock(defaultProvider(), 30);
  console.log(
    table([
      ['', 'access key to enabled MPK', 'to the media key in the engine'],
      ...rows.map(({ suite, enable, unlock }) => [suite, enable.toFixed(1), unlock.toFixed(1)]),
    ]),
  );
}

function benchAccessKeys(): void {
  console.log('\nAccess keys of OCP LOCK a second, one process');
  const rows = measureAccessKeys(defaultProvider());
  console.log(
    table([
      ['', 'sealed', 'opened', 'chain verified and sealed', 'granted again in the same boot'],
      ...rows.map(({ suite, sealed, opened, granted, grantedAgain }) => [
        suite,
        ...[sealed, opened, granted, grantedAgain].map((rate) => Math.round(rate).toLocaleString('en')),
      ]),
    ]),
  );
}

async function benchDeviceRpc(): Promise<void> {
  const figures = await measureDeviceRpc();
  const thousands = (value: number): string => Math.round(value).toLocaleString('en');
  const kibibytes = (bytes: number): string => thousands(bytes / 1024);
  console.log('\nDevice RPC over a Unix socket, server and client in two processes');
  for (const [how, least] of Object.entries(ACCESSES) as [keyof typeof ACCESSES, number][])
    console.log(
      require(figures[how] >=
        least, `${thousands(figures[how])} register accesses a second, ${how} (at least ${thousands(least)})`),
    );
  console.log(
    `     ${thousands(figures.devices)} devices in one process: ${kibibytes(figures.idleDevice)} KiB each when made, ${kibibytes(figures.bootedDevice)} KiB in their runtime`,
  );
}

function benchModel(): void {
  console.log('\nAdams Bridge, instruction by instruction and without observers, milliseconds');
  const rows = measureModel(40);
  console.log(
    table([
      ['', 'model', 'portable provider', 'ratio', 'cycles', 'cycles a second'],
      ...rows.map(({ name, model, portable, ratio, cycles, cyclesPerSecond }) => [
        name,
        model.toFixed(2),
        portable.toFixed(2),
        ratio.toFixed(2),
        cycles.toLocaleString('en'),
        Math.round(cyclesPerSecond).toLocaleString('en'),
      ]),
    ]),
  );
  for (const { name, ratio } of rows)
    console.log(
      require(ratio <=
        MODEL_RATIO_LIMIT, `${name} in ${ratio.toFixed(2)} x the time of the portable provider (at most ${MODEL_RATIO_LIMIT})`),
    );
}

function benchPrimitives(): void {
  console.log('\nPrimitives, microseconds');
  const rows = measurePrimitives().map(({ name, portable, node }) => [
    name,
    portable.toFixed(1),
    node.toFixed(1),
    `${(portable / node).toFixed(1)} x`,
  ]);
  console.log(table([['', 'portable', 'node', ''], ...rows]));
}

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores; Node ${process.version}, OpenSSL ${process.versions.openssl}`,
);
console.log(
  'Each figure is a 10th percentile, which other work on the machine hardly reaches, unless it says otherwise.',
);
benchBoot();
benchMailbox();
benchDpe();
benchAccessKeys();
await benchUnlock();
await benchDeviceRpc();
benchModel();
benchPrimitives();
for (const failure of failures) console.error(`not met: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
