import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@rootcap/crypto';
import { OWNER_STATUS, VENDOR_STATUS_2_1_0 } from '@rootcap/dice';
import { swapWords } from '@rootcap/struct';

type Json = Readonly<Record<string, unknown>>;

const readJson = <T = Json>(...path: readonly string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T;

/** What stands for bytes: how many there are, and their digest. */
interface Digest {
  readonly size: number;
  readonly sha256: string;
}

const digestOf = (bytes: Uint8Array): Digest => ({ size: bytes.length, sha256: bytesToHex(sha256(bytes)) });
const digestOfFile = (...path: readonly string[]): Digest => digestOf(new Uint8Array(readFileSync(join(...path))));

/** Recordings of whole devices show key and PCR words as a little-endian memory holds them. */
const digestOfWords = (hex: string): Digest => digestOf(swapWords(hexToBytes(hex)));

const RECORDING = {
  firmware: 'chipsalliance/caliptra-sw',
  commit: 'e7dc50f2282a965281eed349fadb61c2690193ba',
} as const;

/** A boot of which the inputs are in the clear and every output is a digest: a file of `test-vectors/boots`. */
export interface BootDigests extends Json {
  readonly name: string;
}

function omit(record: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, convert: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value)]));
}

// ---- Devices that were recorded whole -----------------------------------------------------------------------------

interface RecordedImage {
  readonly size: number;
  readonly load_addr: number;
  readonly entry_point: number;
  readonly version: number;
  readonly revision: string;
  readonly digest_words_be_hex: string;
}

interface RecordedBundle {
  readonly pqc_key_type: number;
  readonly vendor_pub_key_info_sha384: string;
  readonly owner_pub_keys_sha384: string;
  readonly header: Readonly<Record<string, string | number>>;
  readonly fmc: RecordedImage;
  readonly runtime: RecordedImage;
}

interface Slot {
  readonly slot: number;
  readonly ctrl: number;
  readonly hex: string;
}

interface RecordedState {
  readonly boot_status_trace: readonly { readonly status: number }[];
  readonly key_vault: readonly Slot[];
  readonly key_vault_at_ready_for_fw: readonly Slot[];
  readonly regs: Json;
  readonly regs_ready_for_fw: Json;
  readonly pcr_raw: readonly string[];
  readonly persistent: Readonly<Record<string, { readonly offset: number; readonly hex: string }>>;
  readonly trng: { readonly etrng: readonly string[] };
}

interface RecordedConfig extends Json {
  readonly fuses: Json;
  readonly strap_generic_3: number;
  readonly trng: { readonly mode: string; readonly seed_hex: string };
}

const withoutZeros = (statuses: readonly number[]): number[] => statuses.filter((status) => status !== 0);

function imageFacts(image: RecordedImage): Json {
  return { ...omit({ ...image }, 'id', 'type', 'offset', 'digest_words_be_hex'), sha384: image.digest_words_be_hex };
}

const NO_DATE = /^\0+$/;

/** Manifest, header and table of contents as facts; keys and signatures are not needed, their digests are. */
function bundleFacts(bundle: RecordedBundle): Json {
  const { header } = bundle;
  const dates = ['vendor_not_before', 'vendor_not_after', 'owner_not_before', 'owner_not_after'];
  const given = dates.filter((name) => !NO_DATE.test(String(header[name])));
  return {
    pqc_key_type: bundle.pqc_key_type,
    vendor_pk_hash: bundle.vendor_pub_key_info_sha384,
    owner_pk_hash: bundle.owner_pub_keys_sha384,
    header: Object.fromEntries(
      ['svn', 'vendor_ecc_pub_key_idx', 'vendor_pqc_pub_key_idx', 'pl0_pauser', ...given].map((name) => [
        name,
        header[name],
      ]),
    ),
    fmc: imageFacts(bundle.fmc),
    runtime: imageFacts(bundle.runtime),
  };
}

function slotDigests(slots: readonly Slot[]): Json {
  return Object.fromEntries(slots.map(({ slot, ctrl, hex }) => [slot, { control: ctrl, ...digestOfWords(hex) }]));
}

function stateDigests(state: RecordedState): Json {
  const { etrng } = state.trng;
  return {
    rom: { registers: state.regs_ready_for_fw, key_vault: slotDigests(state.key_vault_at_ready_for_fw) },
    runtime: {
      boot_status: withoutZeros(state.boot_status_trace.map(({ status }) => status)),
      ...(etrng.length > 0 ? { trng_responses: etrng.length } : {}),
      registers: state.regs,
      key_vault: slotDigests(state.key_vault),
      pcrs: Object.fromEntries(state.pcr_raw.map((pcr, index) => [index, digestOfWords(pcr)])),
      memory: mapValues(state.persistent, ({ offset, hex }) => ({ offset, ...digestOf(hexToBytes(hex)) })),
    },
  };
}

/** Certificates and requests that a session took from the device, and the envelope of its IDevID requests. */
function documentDigests(folder: string): Json {
  const session = join(folder, 'boot-certs');
  const files = readdirSync(session).filter((name) => name.endsWith('.der'));
  return {
    csr_envelope: digestOfFile(folder, 'idevid_csr_envelope.bin'),
    ...Object.fromEntries(files.map((name) => [basename(name, '.der'), digestOfFile(session, name)])),
  };
}

/** Boot status that says that the host has taken the envelope; without it no request was asked for. */
const CSR_ENVELOPE_SENT = 10;

function deviceFacts(config: RecordedConfig): Json {
  const { fuses, mailbox_axi_user: axiUser, strap_generic_3: strap, trng } = config;
  const names = ['rom', 'rom_sha384', 'lifecycle', 'debug_locked', 'subsystem_mode', 'ocp_lock_en'];
  const keys = ['obf_key', 'csr_hmac_key', 'valid_axi_users', 'wdt_timeout_cycles'];
  return {
    ...Object.fromEntries([...names, ...keys].map((name) => [name, config[name]])),
    axi_user: axiUser,
    strap_generic: [0, 0, 0, strap],
    trng: { mode: trng.mode.startsWith('internal') ? 'internal' : 'external', seed: trng.seed_hex },
    fuses: omit(fuses, 'owner_in_fuse'),
  };
}

function deviceBoot(root: string, name: string): BootDigests {
  const folder = join(root, name);
  const state = readJson<RecordedState>(folder, 'state.json');
  const requestCsr = state.boot_status_trace.some(({ status }) => status === CSR_ENVELOPE_SENT);
  return {
    format: 'rootcap/boot-digests/1',
    name,
    recording: { ...RECORDING, of: 'a device' },
    device: { ...deviceFacts(readJson<RecordedConfig>(folder, 'config.json')), request_csr: requestCsr },
    image: bundleFacts(readJson<RecordedBundle>(folder, 'image.json')),
    expect: { ...stateDigests(state), documents: documentDigests(folder) },
  };
}

// ---- Scenarios: boots with different fuses, states and firmware ---------------------------------------------------

interface Scenario extends Json {
  readonly name: string;
  readonly fuses: Json;
  readonly secrets: Readonly<Record<'cptra_obf_key' | 'uds_seed' | 'field_entropy', string>>;
  readonly validity: { readonly nb?: string; readonly na?: string };
  readonly device_status: string;
  readonly fmc_tci: string;
  readonly rt_tci: string;
  readonly mailbox_before_fw?: readonly { readonly cmd: string; readonly request_after_checksum: string }[];
  readonly expect: Json & {
    readonly kv: Readonly<Record<string, string>>;
    readonly files: Readonly<Record<string, string>>;
    readonly boot_status: readonly number[];
    readonly idevid_cdi: string;
    readonly ldevid_cdi: string;
  };
}

/** The generations of the device status differ only behind these two. */
const VENDOR_ECC_INDEX = OWNER_STATUS.size + VENDOR_STATUS_2_1_0.offsetOf('vendorEccKeyIndex');
const VENDOR_PQC_INDEX = OWNER_STATUS.size + VENDOR_STATUS_2_1_0.offsetOf('vendorPqcKeyIndex');

function scenarioImage(scenario: Scenario): Json {
  const status = hexToBytes(scenario.device_status);
  const { nb, na } = scenario.validity;
  return {
    pqc_key_type: scenario.fuses.pqc_key_type,
    vendor_pk_hash: scenario.vendor_pk_hash,
    owner_pk_hash: scenario.owner_pk_hash,
    header: {
      svn: scenario.fw_svn,
      vendor_ecc_pub_key_idx: status[VENDOR_ECC_INDEX],
      vendor_pqc_pub_key_idx: status[VENDOR_PQC_INDEX],
      ...(nb === undefined ? {} : { vendor_not_before: nb }),
      ...(na === undefined ? {} : { vendor_not_after: na }),
    },
    fmc: { sha384: scenario.fmc_tci },
    runtime: { sha384: scenario.rt_tci },
  };
}

function scenarioExpectations({ expect }: Scenario, folder: string): Json {
  const digest = (hex: string): Digest => digestOf(hexToBytes(hex));
  const pcrs = Object.entries(expect).flatMap(([name, value]) => {
    const index = /^pcr(\d+)$/.exec(name)?.[1];
    return index === undefined ? [] : [[index, digest(String(value))] as const];
  });
  return {
    boot_status: withoutZeros(expect.boot_status),
    cdis: { idevid: digest(expect.idevid_cdi), ldevid: digest(expect.ldevid_cdi) },
    runtime: { key_vault: mapValues(expect.kv, digest), pcrs: Object.fromEntries(pcrs) },
    documents: mapValues(expect.files, (file) => digestOfFile(folder, file)),
  };
}

/** A command is recorded as its name and its number. */
function commandsBefore({ mailbox_before_fw: commands = [] }: Scenario): Json {
  if (commands.length === 0) return {};
  return {
    mailbox_before_firmware: commands.map(({ cmd, request_after_checksum: request }) => ({
      command: Number(/0x[0-9a-f]+$/i.exec(cmd)?.[0]),
      request_after_checksum: request,
    })),
  };
}

function scenarioBoot(scenario: Scenario, folder: string, csrHmacKey: unknown): BootDigests {
  const { fuses, secrets } = scenario;
  const { uds_seed, field_entropy, cptra_obf_key } = secrets;
  const [, , , strap = 0] = (scenario.strap_generic ?? []) as number[];
  return {
    format: 'rootcap/boot-digests/1',
    name: scenario.name,
    recording: { ...RECORDING, of: 'a scenario' },
    device: {
      rom: scenario.rom,
      lifecycle: scenario.lifecycle,
      debug_locked: scenario.debug_locked,
      subsystem_mode: scenario.subsystem_mode,
      ocp_lock_en: scenario.ocp_lock_en ?? false,
      obf_key: cptra_obf_key,
      csr_hmac_key: csrHmacKey,
      strap_generic: [0, 0, 0, strap],
      fuses: { uds_seed, field_entropy, soc_manifest_max_svn: 128, ...fuses },
      request_csr: scenario.expect.files.csr_envelope !== undefined,
    },
    image: scenarioImage(scenario),
    ...commandsBefore(scenario),
    expect: scenarioExpectations(scenario, folder),
  };
}

/**
 * Every recorded boot of the Caliptra firmware as inputs and digests.
 *
 * @param recordings - directory `caliptra` of the shared vectors
 */
export function recordedBoots(recordings: string): BootDigests[] {
  const devices = join(recordings, 'goldens');
  const scenarios = join(recordings, 'rom-scenarios');
  const names = readdirSync(devices, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const [first = ''] = names;
  const { csr_hmac_key: csrHmacKey } = readJson<RecordedConfig>(devices, first, 'config.json');
  const { scenarios: list } = readJson<{ scenarios: readonly Scenario[] }>(scenarios, 'scenarios.json');
  return [
    ...names.map((name) => deviceBoot(devices, name)),
    ...list.map((scenario) => scenarioBoot(scenario, scenarios, csrHmacKey)),
  ];
}

interface Refusals {
  readonly base: string;
  readonly cases: readonly Json[];
}

/** Bad images, fuses and requests with the code that ROM ends in: facts as they were recorded. */
export function recordedRefusals(recordings: string): Json {
  const { base, cases } = readJson<Refusals>(recordings, 'rom-scenarios', 'negative.json');
  return { recording: RECORDING, base, cases };
}
