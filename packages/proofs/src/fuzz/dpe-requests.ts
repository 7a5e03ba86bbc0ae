import {
  CERTIFY_KEY_FORMAT,
  DEFAULT_HANDLE,
  DERIVE_CONTEXT_FLAGS,
  DPE_COMMANDS,
  type DpeCommandName,
  type DpeProfile,
  INITIALIZE_CONTEXT_FLAGS,
  INVALID_HANDLE,
  ML_DSA_87,
  messages,
  P384_SHA384,
  ROTATE_CONTEXT_FLAGS,
  SIGN_FLAGS,
} from '@rootcap/dpe';
import type { LayoutRow } from '@rootcap/struct';
import { EXPORTED_CDI, type Gathered } from './gathered.ts';
import type { Random } from './random.ts';

export const DPE_PROFILES = { INVOKE_DPE_ECC384: P384_SHA384, INVOKE_DPE_MLDSA87: ML_DSA_87 } as const;

const NAMES = Object.keys(DPE_COMMANDS) as DpeCommandName[];
/** Those that make what the others need come more often. */
const PICKED: readonly DpeCommandName[] = [...NAMES, 'DeriveContext', 'DeriveContext', 'DeriveContext', 'CertifyKey'];

const F = DERIVE_CONTEXT_FLAGS;
/** Sets of flags that belong together; single bits come on top. */
const USUAL_FLAGS: Partial<Record<DpeCommandName, readonly number[]>> = {
  InitializeContext: [INITIALIZE_CONTEXT_FLAGS.SIMULATION, INITIALIZE_CONTEXT_FLAGS.DEFAULT],
  DeriveContext: [
    0,
    F.MAKE_DEFAULT | F.INPUT_ALLOW_X509 | F.ALLOW_NEW_CONTEXT_TO_EXPORT,
    F.MAKE_DEFAULT | F.CHANGE_LOCALITY | F.INPUT_ALLOW_X509 | F.ALLOW_NEW_CONTEXT_TO_EXPORT,
    F.RETAIN_PARENT_CONTEXT | F.CHANGE_LOCALITY | F.MAKE_DEFAULT | F.INPUT_ALLOW_X509,
    F.RETAIN_PARENT_CONTEXT | F.ALLOW_RECURSIVE | F.INPUT_ALLOW_X509,
    F.EXPORT_CDI | F.CREATE_CERTIFICATE,
    F.EXPORT_CDI | F.CREATE_CERTIFICATE | F.RETAIN_PARENT_CONTEXT,
    F.RECURSIVE | F.ALLOW_RECURSIVE,
    F.RECURSIVE,
  ],
  Sign: [0, SIGN_FLAGS.IS_RAW],
  RotateContextHandle: [0, ROTATE_CONTEXT_FLAGS.TARGET_IS_DEFAULT],
};

/** Users of the mailbox, of which 1 has privilege level 0, and the runtime's own locality. */
const LOCALITIES = [0, 1, 2, 3, 4, 0xffff_ffff] as const;
/** TCI types that the runtime keeps for itself among them. */
const TCI_TYPES = [0, 2, 0x5254_4d52, 0x4343_4956, 0x534f_4d56, 0x4d43_4657] as const;

/** A DPE command: mostly right in form, with handles that the device gave out. */
export function dpeCommand(random: Random, gathered: Gathered, profile: DpeProfile): Uint8Array {
  const name = random.pick(PICKED);
  const flags = flagsOf(random, name);
  const body = requestBody(random, gathered, profile, name, flags);
  const command = new Uint8Array(messages.CommandHdr.size + body.length);
  const header = {
    magic: random.chance(0.01) ? random.edge() : messages.COMMAND_MAGIC,
    cmd_id: random.chance(0.01) ? random.edge() : DPE_COMMANDS[name].id,
    profile: random.chance(0.02) ? random.edge() : profile.id,
  };
  command.set(messages.CommandHdr.encode(header));
  command.set(body, messages.CommandHdr.size);
  return random.chance(0.03) ? command.slice(0, random.below(command.length)) : command;
}

/** The body of CertifyKey alone, as CERTIFY_KEY_EXTENDED_* and CERTIFY_KEY_CHUNKS take it. */
export function certifyKeyBody(random: Random, gathered: Gathered): Uint8Array {
  return requestBody(random, gathered, P384_SHA384, 'CertifyKey', 0);
}

function flagsOf(random: Random, name: DpeCommandName): number {
  const usual = USUAL_FLAGS[name];
  if (usual === undefined) return random.chance(0.8) ? 0 : random.edge();
  const flags = random.pick(usual);
  return (random.chance(0.25) ? flags ^ (1 << random.below(32)) : flags) >>> 0;
}

function requestBody(
  random: Random,
  gathered: Gathered,
  profile: DpeProfile,
  name: DpeCommandName,
  flags: number,
): Uint8Array {
  const layout =
    name === 'Sign' && (flags & SIGN_FLAGS.IS_RAW) !== 0 && profile === ML_DSA_87
      ? messages.SignRawReq(profile)
      : DPE_COMMANDS[name].request(profile);
  const body = new Uint8Array(layout.size);
  const view = new DataView(body.buffer);
  for (const { path, offset, size } of layout.layout as readonly LayoutRow[])
    if (size === 4) view.setUint32(offset, wordOf(random, path, flags), true);
    else body.set(bytesOf(random, gathered, path, size), offset);
  return body;
}

function wordOf(random: Random, field: string, flags: number): number {
  switch (field) {
    case 'flags':
      return flags;
    case 'format':
      return random.chance(0.95) ? random.pick(Object.values(CERTIFY_KEY_FORMAT)) : random.edge();
    case 'target_locality':
      return random.chance(0.9) ? random.pick(LOCALITIES) : random.edge();
    case 'tci_type':
      return random.chance(0.9) ? random.pick(TCI_TYPES) : random.u32();
    case 'offset':
    case 'size':
      return random.chance(0.6) ? random.below(2049) : random.edge();
    default:
      return random.chance(0.7) ? random.below(4) : random.edge();
  }
}

function bytesOf(random: Random, gathered: Gathered, field: string, size: number): Uint8Array {
  if (!field.endsWith('handle')) return random.chance(0.5) ? random.bytes(size) : new Uint8Array(size);
  const dice = random.below(100);
  if (dice < 45) return DEFAULT_HANDLE;
  if (dice < 92) return gathered.pick(random, size) ?? DEFAULT_HANDLE;
  return dice < 95 ? INVALID_HANDLE : random.bytes(size);
}

/** Keeps the handles that an answer to a DPE command gives out. @param body - behind the DPE's header */
export function keepDpeHandles(gathered: Gathered, body: Uint8Array): void {
  // Every answer that has handles has them first; one that exports a CDI has that behind them.
  for (const at of [0, 16]) if (at + 16 <= body.length) gathered.keep(16, body.slice(at, at + 16));
  const certificate = EXPORTED + EXPORTED_CDI_SIZE + 4;
  if (body.length <= certificate) return;
  const size = new DataView(body.buffer, body.byteOffset, body.length).getUint32(certificate - 4, true);
  if (body[certificate] === DER_SEQUENCE && size <= body.length - certificate)
    gathered.keep(EXPORTED_CDI, body.slice(EXPORTED, EXPORTED + EXPORTED_CDI_SIZE));
}

/** Where a response that exports a CDI has its handle, and the size of that. */
const EXPORTED = 32;
const DER_SEQUENCE = 0x30;
const { EXPORTED_CDI_SIZE } = messages;
