import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyLadder, type Ladder, type LadderInputs } from './key-ladder.ts';

const hash = (name: string, ...parts: readonly (string | Buffer)[]): Buffer =>
  parts.reduce((state, part) => state.update(part), createHash(name)).digest();

const bytesFor = (label: string, size: number): Buffer =>
  createHash('shake256', { outputLength: size }).update(`rootcap test vector: ${label}`).digest();

// ---- Key ladder -----------------------------------------------------------------------------------------------------

interface Scenario {
  readonly name: string;
  readonly lifecycle: LadderInputs['lifecycle'];
  readonly debug_locked: boolean;
  readonly fw_svn: number;
  readonly rt_tci: string;
  readonly fuses: Partial<Pick<LadderInputs, 'uds_seed' | 'field_entropy'>>;
  readonly secrets: { readonly cptra_obf_key: string } & Pick<LadderInputs, 'uds_seed' | 'field_entropy'>;
  readonly expect: {
    readonly pcr0: string;
    readonly idevid_cdi: string;
    readonly ldevid_cdi: string;
    readonly kv: Readonly<Record<string, string>>;
  };
}

/** Where a booted device keeps what the oracle computes. */
const SLOTS: Readonly<Record<number, (ladder: Ladder) => string>> = {
  0: (ladder) => ladder.stable_identity_root_idev,
  1: (ladder) => ladder.stable_identity_root_ldev,
  2: (ladder) => ladder.firmware_ladder,
  4: (ladder) => ladder.rt_alias.cdi,
  5: (ladder) => ladder.rt_alias.ecc_private_key,
  6: (ladder) => ladder.fmc_alias.cdi,
  7: (ladder) => ladder.fmc_alias.ecc_private_key,
};

function checkScenario({ expect, fuses, secrets, ...scenario }: Scenario): number {
  const ladder = keyLadder({
    ...scenario,
    obf_key: secrets.cptra_obf_key,
    uds_seed: fuses.uds_seed ?? secrets.uds_seed,
    field_entropy: fuses.field_entropy ?? secrets.field_entropy,
    pcr0: expect.pcr0,
  });
  const pairs = [
    [ladder.idevid.cdi, expect.idevid_cdi],
    [ladder.ldevid.cdi, expect.ldevid_cdi],
    ...Object.entries(SLOTS).map(([slot, key]) => [key(ladder), expect.kv[slot]]),
  ];
  for (const [got, want] of pairs)
    if (got !== want) throw new RangeError(`${scenario.name}: the oracle gives ${got}, recorded is ${want}`);
  return pairs.length;
}

/**
 * Holds the oracle against the key vaults of the recorded boots.
 *
 * @returns how many keys were equal
 * @throws RangeError if one is not
 */
export function checkKeyLadder(recordings: string): number {
  const text = readFileSync(join(recordings, 'rom-scenarios', 'scenarios.json'), 'utf8');
  const { scenarios } = JSON.parse(text) as { scenarios: readonly Scenario[] };
  return scenarios.map(checkScenario).reduce((sum, count) => sum + count, 0);
}

type DeviceState = Pick<LadderInputs, 'lifecycle' | 'debug_locked' | 'fw_svn'>;

const DEVICES: Readonly<Record<string, DeviceState>> = {
  'production, SVN 0': { lifecycle: 'Production', debug_locked: true, fw_svn: 0 },
  'production, SVN 128': { lifecycle: 'Production', debug_locked: true, fw_svn: 128 },
  'manufacturing, SVN 9': { lifecycle: 'Manufacturing', debug_locked: true, fw_svn: 9 },
  'unprovisioned, SVN 1': { lifecycle: 'Unprovisioned', debug_locked: true, fw_svn: 1 },
};

function ladderInputs(name: string, state: DeviceState): LadderInputs {
  return {
    obf_key: bytesFor(`${name}: obfuscation key`, 32).toString('hex'),
    uds_seed: bytesFor(`${name}: UDS seed`, 64).toString('hex'),
    field_entropy: bytesFor(`${name}: field entropy`, 32).toString('hex'),
    ...state,
    pcr0: bytesFor(`${name}: PCR 0`, 48).toString('hex'),
    rt_tci: bytesFor(`${name}: runtime`, 48).toString('hex'),
  };
}

/** `test-vectors/key-ladder.json` */
export function keyLadderVectors(): object {
  return {
    format: 'rootcap/key-ladder/1',
    devices: Object.entries(DEVICES).map(([name, state]) => {
      const inputs = ladderInputs(name, state);
      return { name, ...inputs, expect: keyLadder(inputs) };
    }),
  };
}

// ---- Names of keys --------------------------------------------------------------------------------------------------

/** Choices of the fuse: SHA-1, SHA-256, SHA-384, (the fuse's own words), SHA-512. */
const KEY_ID_HASHES = ['sha1', 'sha256', 'sha384', undefined, 'sha512', undefined, undefined, undefined] as const;

const wordsLittleEndian = (words: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, index) => {
    bytes.writeUInt32LE(word, 4 * index);
  });
  return bytes;
};

const hexWords = (words: readonly number[]): string[] => words.map((word) => word.toString(16).padStart(8, '0'));

/** Fuse words with that choice for both algorithms. */
function certAttributes(choice: number): number[] {
  const filler = bytesFor(`IDEVID_CERT_ATTR ${choice}`, 96);
  const words = Array.from({ length: 24 }, (_, index) => filler.readUInt32BE(4 * index));
  return [choice | (choice << 3), ...words.slice(1)];
}

type Algorithm = 'ecdsa-p384' | 'mldsa87';

function identity(algorithm: Algorithm, publicKey: Buffer, choice: number): object {
  const words = certAttributes(choice);
  const digest = hash('sha256', publicKey);
  const serial = Buffer.from(digest.subarray(0, 20));
  serial[0] = ((serial[0] as number) & 0x7f) | 0x04;
  const name = KEY_ID_HASHES[choice];
  const first = algorithm === 'ecdsa-p384' ? 1 : 6;
  const keyId =
    name === undefined ? wordsLittleEndian(words.slice(first, first + 5)) : hash(name, publicKey).subarray(0, 20);
  return {
    algorithm,
    public_key: publicKey.toString('hex'),
    idevid_cert_attr: hexWords(words),
    expect: {
      subject_serial_number: digest.toString('hex').toUpperCase(),
      certificate_serial_number: serial.toString('hex'),
      subject_key_identifier: digest.subarray(0, 20).toString('hex'),
      idevid_key_identifier: keyId.toString('hex'),
      ueid: Buffer.concat([Buffer.of((words[11] as number) & 0xff), wordsLittleEndian(words.slice(12, 16))]).toString(
        'hex',
      ),
    },
  };
}

/** `test-vectors/identity.json` */
export function identityVectors(): object {
  const [state = { lifecycle: 'Production', debug_locked: true, fw_svn: 0 } as const] = Object.values(DEVICES);
  const ecc = (choice: number): Buffer => {
    const { idevid } = keyLadder(ladderInputs(`key ${choice}`, state));
    return Buffer.concat([Buffer.of(4), Buffer.from(idevid.ecc_public_key, 'hex')]);
  };
  return {
    format: 'rootcap/identity/1',
    keys: [
      ...KEY_ID_HASHES.map((_, choice) => identity('ecdsa-p384', ecc(choice), choice)),
      ...[1, 3].map((choice) => identity('mldsa87', bytesFor(`ML-DSA-87 public key ${choice}`, 2592), choice)),
    ],
  };
}
