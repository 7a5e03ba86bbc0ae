import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHAIN_ALGORITHMS } from 'rootcap';
import { Checklist, findProgram, runFromNpm, runProgram } from './tools.ts';
import { completeChains, writeChains } from './verifiers/chains.ts';
import { refuseFlippedBits } from './verifiers/flipped-bits.ts';

/** A Node whose OpenSSL knows ML-DSA. */
const NODE_WITH_ML_DSA = 'node@26';
const BOUNCY_CASTLE = '1.82';
const TRIES = 1000;
const SEED = 1;

const checklist = new Checklist();

function openssl(directories: readonly string[]): void {
  console.log('\nOpenSSL, from npm');
  const script = fileURLToPath(new URL('./verifiers/openssl-check.js', import.meta.url));
  const { status, stdout, stderr } = runFromNpm([NODE_WITH_ML_DSA], ['node', script, ...directories]);
  process.stdout.write(stdout);
  if (status !== 0) process.stderr.write(stderr);
  checklist.check(status === 0, 'OpenSSL accepts both chains');
}

/** Jars from Maven Central, kept in Maven's own cache. */
function bouncyCastleJars(directory: string): string | undefined {
  for (const artifact of ['bcprov', 'bcutil', 'bcpkix']) {
    const coordinates = `org.bouncycastle:${artifact}-jdk18on:${BOUNCY_CASTLE}`;
    const goal = ['dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${directory}`];
    const { status, stdout, stderr } = runProgram('mvn', ['--quiet', '--batch-mode', ...goal]);
    if (status === 0) continue;
    process.stderr.write(stdout + stderr);
    return undefined;
  }
  return join(directory, '*');
}

/** @returns what went wrong, if something did */
function bouncyCastle(scratch: string, directories: readonly string[]): string | undefined {
  if (findProgram('mvn') === undefined || findProgram('java') === undefined)
    return 'needs java (17 or later) and mvn on PATH';
  const jars = bouncyCastleJars(join(scratch, 'jars'));
  if (jars === undefined) return `Maven did not get ${BOUNCY_CASTLE}`;
  const program = fileURLToPath(new URL('../java/Verify.java', import.meta.url));
  const { status, stdout, stderr } = runProgram('java', ['-cp', jars, program, ...directories]);
  process.stdout.write(stdout);
  return status === 0 ? undefined : stderr || `status ${status}`;
}

function flippedBits(chains: ReturnType<typeof completeChains>): void {
  console.log(`\nOne flipped bit anywhere, ${TRIES.toLocaleString('en')} tries, seed ${SEED}`);
  for (const algorithm of CHAIN_ALGORITHMS) {
    const { refused, accepted } = refuseFlippedBits(chains[algorithm], TRIES, SEED);
    for (const { certificate, bit } of accepted) console.log(`  accepted: certificate ${certificate}, bit ${bit}`);
    checklist.check(refused === TRIES, `${algorithm}: ${refused.toLocaleString('en')} refused`);
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'rootcap-verifiers-'));
try {
  const chains = completeChains();
  const directories = writeChains(join(scratch, 'chains'), chains);
  for (const algorithm of CHAIN_ALGORITHMS)
    console.log(
      `${algorithm}: ${chains[algorithm].length} certificates, ${chains[algorithm].map((der) => der.length).join(' + ')} bytes`,
    );
  openssl(directories);
  console.log('\nBouncy Castle, from Maven Central');
  const refusal = bouncyCastle(scratch, directories);
  if (refusal !== undefined) console.error(refusal);
  checklist.check(refusal === undefined, 'Bouncy Castle accepts both chains');
  flippedBits(chains);
} finally {
  rmSync(scratch, { recursive: true });
}
process.exitCode = checklist.exitCode;
