import {
  CmDeriveStableKeyReq,
  COMMAND_ID,
  EcdsaVerifyReq,
  ExtendPcrReq,
  GetIdevEcc384CertReq,
  GetIdevMldsa87CertReq,
  IncrementPcrResetCounterReq,
  InstallOwnerPkHashReq,
  MailboxReqHeader,
  MldsaVerifyReq,
  messageChecksum,
  PopulateIdevEcc384CertReq,
  PopulateIdevMldsa87CertReq,
  QuotePcrsReq,
  ROM_COMMANDS,
  RUNTIME_COMMANDS,
  StashMeasurementReq,
  sealMessage,
} from '@rootcap/firmware';
import { MBOX_CSR, type ResetKind, SOC_IFC_REG } from '@rootcap/hardware';
import type { Random } from './random.ts';

/** One thing that a SoC does to a device. */
export type Operation =
  /** A command through the typed face: lock, data, execute, response, release. */
  | { readonly kind: 'command'; readonly id: number; readonly message: Uint8Array; readonly axiUser: number }
  /** Single accesses to the device's registers, in whatever order. */
  | { readonly kind: 'registers'; readonly accesses: readonly RegisterAccess[] }
  | { readonly kind: 'time'; readonly cycles: number }
  | { readonly kind: 'reset'; readonly reset: ResetKind; readonly fuses: boolean };

export interface RegisterAccess {
  readonly port: 'soc' | 'tap';
  readonly address: number;
  readonly axiUser: number;
  /** Absent: a read. */
  readonly value?: number;
}

const ALL_COMMANDS = Object.values(COMMAND_ID);

/** Commands that each stage answers. */
const STAGE_COMMANDS = {
  rom: [COMMAND_ID.FIRMWARE_LOAD, COMMAND_ID.RI_DOWNLOAD_FIRMWARE, ...ROM_COMMANDS.map(({ id }) => id)],
  runtime: [COMMAND_ID.FIRMWARE_LOAD, ...RUNTIME_COMMANDS.map(({ id }) => id)],
} as const;

/** What sequences are made for. */
export interface Target {
  readonly stage: keyof typeof STAGE_COMMANDS;
  /** A bundle that the device accepts. */
  readonly firmware: Uint8Array;
}

function pickCommand(random: Random, { stage }: Target): number {
  return random.chance(0.9) ? random.pick(STAGE_COMMANDS[stage]) : random.pick(ALL_COMMANDS);
}

/** Users that the device lets in, and two that it does not. */
const USERS = [0, 1, 2, 3, 4, 5, 0xffff_ffff] as const;
const VALID_USERS = USERS.slice(0, 5);

/** Request layouts by command, for commands whose request is more than a header. */
const REQUEST_SIZES: ReadonlyMap<number, number> = new Map<number, number>([
  [COMMAND_ID.STASH_MEASUREMENT, StashMeasurementReq.size],
  [COMMAND_ID.ECDSA384_SIGNATURE_VERIFY, EcdsaVerifyReq.size],
  [COMMAND_ID.MLDSA87_SIGNATURE_VERIFY, MldsaVerifyReq.size],
  [COMMAND_ID.CM_DERIVE_STABLE_KEY, CmDeriveStableKeyReq.size],
  [COMMAND_ID.INSTALL_OWNER_PK_HASH, InstallOwnerPkHashReq.size],
  [COMMAND_ID.GET_IDEV_ECC384_CERT, GetIdevEcc384CertReq.size],
  [COMMAND_ID.GET_IDEV_MLDSA87_CERT, GetIdevMldsa87CertReq.size],
  [COMMAND_ID.POPULATE_IDEV_ECC384_CERT, PopulateIdevEcc384CertReq.size],
  [COMMAND_ID.POPULATE_IDEV_MLDSA87_CERT, PopulateIdevMldsa87CertReq.size],
  [COMMAND_ID.QUOTE_PCRS_ECC384, QuotePcrsReq.size],
  [COMMAND_ID.QUOTE_PCRS_MLDSA87, QuotePcrsReq.size],
  [COMMAND_ID.EXTEND_PCR, ExtendPcrReq.size],
  [COMMAND_ID.INCREMENT_PCR_RESET_COUNTER, IncrementPcrResetCounterReq.size],
]);
const HEADER = MailboxReqHeader.size;

/** A sequence of operations on one device. */
export function mutateSequence(random: Random, target: Target): Operation[] {
  return Array.from({ length: 1 + random.below(6) }, () => operation(random, target));
}

function operation(random: Random, target: Target): Operation {
  const dice = random.below(100);
  if (dice < 60) return command(random, target);
  if (dice < 80) return { kind: 'registers', accesses: transaction(random, target) };
  if (dice < 93) return { kind: 'registers', accesses: scatter(random) };
  if (dice < 96) return { kind: 'time', cycles: random.below(1 << 24) };
  const reset: ResetKind = random.chance(0.1) ? 'cold' : random.pick(['warm', 'update']);
  return { kind: 'reset', reset, fuses: random.chance(0.8) };
}

function command(random: Random, target: Target): Operation {
  const id = random.chance(0.98) ? pickCommand(random, target) : random.edge();
  const axiUser = random.pick(VALID_USERS);
  if (id === COMMAND_ID.FIRMWARE_LOAD)
    return { kind: 'command', id, axiUser, message: update(random, target.firmware) };
  const message = request(random, id);
  if (message.length >= 4) {
    sealMessage(id, message);
    if (random.chance(0.1)) message[random.below(4)] = random.u32();
  }
  return { kind: 'command', id, axiUser, message };
}

function update(random: Random, firmware: Uint8Array): Uint8Array {
  const image = firmware.slice(0, random.chance(0.8) ? firmware.length : random.below(firmware.length));
  for (let n = random.below(3); n > 0 && image.length > 0; n--) image[random.below(image.length)] = random.u32();
  return image;
}

/** A request of about the right size with bytes that are often small numbers. */
function request(random: Random, id: number): Uint8Array {
  const right = REQUEST_SIZES.get(id) ?? HEADER;
  const dice = random.below(10);
  const size =
    dice < 7 ? right : dice < 8 ? random.below(right + 1) : dice < 9 ? right + random.below(64) : random.below(9000);
  const message = random.chance(0.5) ? random.bytes(size) : new Uint8Array(size);
  const view = new DataView(message.buffer);
  for (let n = random.below(4); n > 0 && size >= 8; n--)
    view.setUint32(4 * random.below(random.chance(0.7) ? Math.min(8, size >>> 2) : size >>> 2), random.edge(), true);
  return message;
}

const MAILBOX = MBOX_CSR.registers;
type MailboxRegister = keyof typeof MAILBOX;

/** A command written register by register, with some accesses missing, doubled, out of order or by others. */
function transaction(random: Random, target: Target): RegisterAccess[] {
  const axiUser = random.pick(VALID_USERS);
  const access = (name: MailboxRegister, value?: number): RegisterAccess => ({
    port: 'soc',
    address: MBOX_CSR.base + MAILBOX[name].offset,
    axiUser,
    ...(value === undefined ? {} : { value: value >>> 0 }),
  });
  const id = pickCommand(random, target);
  const words = random.chance(0.5) ? 0 : random.below(30);
  const checksum = random.chance(0.8) ? messageChecksum(id, new Uint8Array(4 + 4 * words)) : random.u32();
  const accesses = [
    access('MBOX_LOCK'),
    access('MBOX_CMD', id),
    access('MBOX_DLEN', random.chance(0.8) ? 4 + 4 * words : random.edge()),
    access('MBOX_DATAIN', checksum),
    ...Array.from({ length: words }, () => access('MBOX_DATAIN', 0)),
    access('MBOX_EXECUTE', 1),
    access('MBOX_STATUS'),
    access('MBOX_DLEN'),
    ...Array.from({ length: random.below(300) }, () => access('MBOX_DATAOUT')),
    access('MBOX_EXECUTE', 0),
  ];
  for (let n = random.below(4); n > 0; n--) disturb(random, accesses);
  return accesses;
}

function disturb(random: Random, accesses: RegisterAccess[]): void {
  const at = random.below(accesses.length);
  const one = accesses[at];
  if (one === undefined) return;
  switch (random.below(5)) {
    case 0:
      accesses.splice(at, 1);
      break;
    case 1:
      accesses.splice(random.below(accesses.length), 0, one);
      break;
    case 2:
      accesses[at] = { ...one, axiUser: random.pick(USERS) };
      break;
    case 3:
      accesses.splice(at, 0, anyAccess(random));
      break;
    default:
      accesses.length = at + 1;
  }
}

function scatter(random: Random): RegisterAccess[] {
  if (random.chance(0.25)) return sweep(random);
  return Array.from({ length: 1 + random.below(40) }, () => anyAccess(random));
}

const SOC_SIZE = 0x800;
/** Registers where the device tells what went wrong: what the SoC writes there would be no word of the device. */
const ERROR_REGISTERS = [
  SOC_IFC_REG.registers.CPTRA_FW_ERROR_FATAL,
  SOC_IFC_REG.registers.CPTRA_FW_ERROR_NON_FATAL,
].map(({ offset }) => SOC_IFC_REG.base + offset);

/** Reads registers one after the other, as somebody does who looks for a key. */
function sweep(random: Random): RegisterAccess[] {
  const { port, axiUser } = anyAccess(random);
  const start = SOC_IFC_REG.base + 4 * random.below(SOC_SIZE / 4 - 64);
  return Array.from({ length: 64 }, (_, i) => ({ port, axiUser, address: start + 4 * i }));
}

/** Any access to mailbox or SoC interface, now and then to an address where nothing is. */
function anyAccess(random: Random): RegisterAccess {
  const inMailbox = random.chance(0.5);
  const base = inMailbox ? MBOX_CSR.base : SOC_IFC_REG.base;
  const offset = 4 * random.below((inMailbox ? 0x30 : SOC_SIZE) / 4);
  const address = random.chance(0.02) ? random.u32() : base + offset;
  const write = random.chance(0.5) && !ERROR_REGISTERS.includes(address);
  return {
    port: random.chance(0.9) ? 'soc' : 'tap',
    address,
    axiUser: random.pick(USERS),
    ...(write ? { value: random.edge() } : {}),
  };
}
