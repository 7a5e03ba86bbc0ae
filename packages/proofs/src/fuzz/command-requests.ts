import {
  COMMAND_ID,
  type CommandName,
  commandName,
  ExternalMailboxCmdReq,
  MailboxReqHeader,
  RUNTIME_COMMANDS,
  type RuntimeCommand,
  sealMessage,
} from '@rootcap/firmware';
import { CALIPTRA_LMS, IMAGE_SOURCES } from '@rootcap/image';
import type { Corpus } from './corpus.ts';
import { certifyKeyBody, DPE_PROFILES, dpeCommand } from './dpe-requests.ts';
import { cmkKind, exampleKind, type Gathered, kindOf } from './gathered.ts';
import type { Random } from './random.ts';
import type { RequestFacts } from './request-facts.ts';

/** A message for the mailbox, made for the chip that it goes to. */
export interface CommandRequest {
  readonly id: number;
  readonly message: Uint8Array;
  readonly axiUser: number;
  /** First goes to the staging area of a subsystem. */
  readonly staged: Uint8Array | undefined;
  /** Command inside EXTERNAL_MAILBOX_CMD, otherwise `id`. */
  readonly meant: number;
  /** Usage that the request names for a new key. */
  readonly keyUsage: number;
}

/** Commands that work on the same things, and usages of the keys that they take. */
const THEMES: readonly { readonly commands: RegExp; readonly usages: readonly number[] }[] = [
  { commands: /^CM_(IMPORT|DELETE|CLEAR|STATUS|AES_(EN|DE)CRYPT)/, usages: [2] },
  { commands: /^CM_(IMPORT|DERIVE_STABLE|AES_GCM)/, usages: [1, 2] },
  { commands: /^CM_(IMPORT|DERIVE_STABLE|HMAC|HKDF|SHA|RANDOM)/, usages: [1] },
  { commands: /^CM_(IMPORT|ECDSA|MLDSA)/, usages: [3, 4] },
  { commands: /^CM_(IMPORT|MLKEM|ECDH)/, usages: [5] },
  { commands: /DPE|EXPORTED|CERTIFY|STASH|SUBJECT_ALT_NAME/, usages: [] },
  { commands: /DPE|EXPORTED|CERTIFY|STASH|SUBJECT_ALT_NAME/, usages: [] },
  { commands: /MANIFEST|AUTHORIZE|IMAGE_INFO|ACTIVATE|MCU_FW/, usages: [] },
  { commands: /VERIFY|DEBUG_UNLOCK|SELF_TEST|PCR|FE_PROG|FW_INFO/, usages: [] },
  { commands: /CERT$|CSR$|INFO$|PCR|TAGGED|TAG_TCI/, usages: [] },
];
/** Where the runtime serves it: a challenge and its answer in one sequence, as often as all else. */
const UNLOCK_THEMES = THEMES.map((): (typeof THEMES)[number] => ({ commands: /^PRODUCTION_AUTH/, usages: [] }));
const LOCK_THEMES = THEMES.map((): (typeof THEMES)[number] => ({ commands: /^OCP_LOCK_/, usages: [] }));
/** How often a request is of the sequence's theme. */
const THEME_SHARE = 0.6;
/** How often a request is a variant of an earlier one, where those are kept. */
const VARIANT_SHARE = 0.2;
/** How often a request is made from a good one of its kind, if there is one. */
const EXAMPLE_SHARE = 0.4;

/** Bytes that are to be decrypted in memory. */
const STAGED_SIZE = 64;

/** Ends the device, so that it must not come often. */
const RARE: readonly string[] = ['SHUTDOWN', 'DISABLE_ATTESTATION', 'SELF_TEST_START'];
const ALL_COMMANDS = Object.values(COMMAND_ID);

/** Users: privilege level 0 more often than the others, and two that no device lets in. */
const USERS = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 2, 3, 4, 5, 0xffff_fffe] as const;

/** Makes requests of the declared layouts: fields that go together, values from earlier answers, edges, wrong lengths. */
export class RequestMaker {
  readonly #random: Random;
  readonly #gathered: Gathered;
  readonly #facts: RequestFacts;
  readonly #corpus: Corpus | undefined;
  readonly #theme: (typeof THEMES)[number];
  readonly #ofTheme: readonly RuntimeCommand[];
  #keyUsage = 0;
  #staged: Uint8Array | undefined;

  constructor(random: Random, gathered: Gathered, facts: RequestFacts, corpus?: Corpus) {
    this.#random = random;
    this.#gathered = gathered;
    this.#facts = facts;
    this.#corpus = corpus;
    const own = [...(facts.unlocks ? UNLOCK_THEMES : []), ...(facts.locks.size > 0 ? LOCK_THEMES : [])];
    const theme = random.pick([...THEMES, ...own]);
    this.#theme = theme;
    this.#ofTheme = RUNTIME_COMMANDS.filter(({ name }) => theme.commands.test(name));
  }

  /** The next request. */
  next(): CommandRequest {
    const random = this.#random;
    const variant = random.chance(VARIANT_SHARE) ? this.#corpus?.variant(random) : undefined;
    if (variant !== undefined) return variant;
    this.#keyUsage = 0;
    this.#staged = undefined;
    const axiUser = random.pick(USERS);
    const dice = random.below(1000);
    if (this.#facts.subsystem && dice < 60) return this.#external(axiUser);
    const [id, message] = this.#message(dice);
    return { id, message, axiUser, staged: this.#staged, meant: id, keyUsage: this.#keyUsage };
  }

  #message(dice: number): [id: number, message: Uint8Array] {
    const random = this.#random;
    if (dice < 62) return [COMMAND_ID.FIRMWARE_LOAD, this.#bundle()];
    if (dice < 67) return [COMMAND_ID.FIRMWARE_VERIFY, this.#bundle()];
    if (dice < 75) {
      const id = random.chance(0.7) ? random.pick(ALL_COMMANDS) : random.edge();
      const unknown = id === COMMAND_ID.FIRMWARE_LOAD ? COMMAND_ID.FIRMWARE_VERIFY : id;
      return [unknown, this.#sealed(unknown, random.bytes(random.below(100)))];
    }
    const command = this.#command();
    return [command.id, this.#sealed(command.id, this.#length(command, this.#body(command)))];
  }

  #command(): RuntimeCommand {
    const random = this.#random;
    const command = random.pick(random.chance(THEME_SHARE) ? this.#ofTheme : RUNTIME_COMMANDS);
    return RARE.includes(command.name) && random.chance(0.9) ? this.#command() : command;
  }

  #bundle(): Uint8Array {
    const random = this.#random;
    const bundle = this.#facts.firmware.slice();
    if (random.chance(0.5)) bundle[random.below(bundle.length)] = random.u32();
    return random.chance(0.8) ? bundle : bundle.subarray(0, random.below(bundle.length));
  }

  /** A command that lies in memory: its bytes, size and address mostly fit together. */
  #external(axiUser: number): CommandRequest {
    const random = this.#random;
    const [meant, inner] = this.#message(random.chance(0.1) ? 60 + random.below(7) : 500);
    const message = ExternalMailboxCmdReq.encode({
      hdr: { chksum: 0 },
      command_id: random.chance(0.02) ? random.edge() : meant,
      command_size: random.chance(0.9) ? inner.length : random.edge(),
      axi_address_start_low: random.chance(0.95) ? this.#facts.stagingBase : random.edge(),
      axi_address_start_high: random.chance(0.95) ? 0 : random.edge(),
    });
    const id = COMMAND_ID.EXTERNAL_MAILBOX_CMD;
    const sealed = this.#sealed(id, random.chance(0.05) ? message.slice(0, random.below(message.length)) : message);
    return { id, message: sealed, axiUser, staged: inner, meant, keyUsage: this.#keyUsage };
  }

  #sealed(id: number, message: Uint8Array): Uint8Array {
    if (message.length < 4) return message;
    sealMessage(id, message);
    if (this.#random.chance(0.02)) message[this.#random.below(4)] = this.#random.u32();
    return message;
  }

  /** Where the last field is of variable size, the message mostly ends with its used part. */
  #length({ length }: RuntimeCommand, { message, used }: { message: Uint8Array; used: number }): Uint8Array {
    const random = this.#random;
    const dice = random.below(100);
    if (dice < 3) return message.slice(0, random.below(message.length + 1));
    if (dice < 6) return Uint8Array.from({ length: message.length + 1 + random.below(64) }, (_, i) => message[i] ?? 0);
    if (dice < 8) return message.slice(0, random.below(8));
    return length === 'exact' || random.chance(0.1) ? message : message.slice(0, used);
  }

  /** @returns the whole layout filled in, and how many bytes of it are used */
  #body(command: RuntimeCommand): { message: Uint8Array; used: number } {
    const example = this.#example(command.name);
    if (example !== undefined) return { message: example, used: example.length };
    const layout = command.request ?? MailboxReqHeader;
    const message = new Uint8Array(layout.size);
    const view = new DataView(message.buffer);
    const words = new Map<string, number>();
    let used = layout.size;
    for (const name of layout.fieldNames as readonly string[]) {
      if (name === 'hdr') continue;
      const { offset, field } = layout.member(name as never);
      const { size, type } = field as { readonly size: number; readonly type: string };
      if (type === 'u32') {
        const value = this.#word(command, name, words);
        words.set(name, value);
        view.setUint32(offset, value, true);
        continue;
      }
      const bytes = this.#bytes(command, name, type, size, words);
      message.set(bytes.subarray(0, size), offset);
      const sizeName = `${name}_size`;
      // The size stands before the bytes and was guessed; what they need is known now.
      if (bytes.length < size && words.has(sizeName) && !this.#random.chance(0.05)) {
        words.set(sizeName, bytes.length);
        view.setUint32(layout.member(sizeName as never).offset, bytes.length, true);
      }
      const length = sizeFieldsOf(name).map((sizeName) => words.get(sizeName));
      const known = length.find((value) => value !== undefined);
      if (offset + size === layout.size && known !== undefined) used = offset + Math.min(known, size);
    }
    return { message, used };
  }

  #example(command: string): Uint8Array | undefined {
    const random = this.#random;
    if (!random.chance(EXAMPLE_SHARE)) return undefined;
    const made = this.#gathered.pick(random, exampleKind(command)) ?? this.#facts.examples.get(command)?.slice();
    return made !== undefined && random.chance(0.3) ? flipped(random, made) : made;
  }

  #word(command: RuntimeCommand, name: string, words: ReadonlyMap<string, number>): number {
    const random = this.#random;
    if (random.chance(0.04)) return random.edge();
    if (name === 'key_usage') {
      const { usages } = this.#theme;
      this.#keyUsage = usages.length > 0 && random.chance(0.7) ? random.pick(usages) : 1 + random.below(5);
      return this.#keyUsage;
    }
    if (name === 'hash_algorithm') return 1 + random.below(2);
    if (name === 'key_size') return keySize(words.get('key_usage') ?? 0, words.get('hash_algorithm') ?? 0);
    if (command.name === 'CM_IMPORT' && name === 'input_size') return importSize(random, words.get('key_usage') ?? 0);
    if (name === 'tbs_size' && command.name === 'SIGN_WITH_EXPORTED_MLDSA') return random.pick([64, 64, 0, 1024]);
    if (name === 'length' && command.name.startsWith('PRODUCTION_AUTH')) return command.request.size / 4 - 1;
    if (name === 'length' && command.name === 'CM_AES_GCM_DECRYPT_DMA')
      return random.pick([STAGED_SIZE, STAGED_SIZE, 0]);
    if (/(^|_)(size|length|len)$/.test(name)) return this.#size(name);
    return this.#other(command, name);
  }

  #size(name: string): number {
    const random = this.#random;
    if (name === 'tag_len') return random.below(17);
    const dice = random.below(10);
    if (dice < 4) return random.below(65);
    if (dice < 7) return 16 * random.below(17);
    if (dice < 8) return random.below(4097);
    return dice < 9 ? random.pick([0, 4080, 4095, 4096, 4097, 1024]) : random.below(512);
  }

  #other({ name: command }: RuntimeCommand, name: string): number {
    const random = this.#random;
    switch (name) {
      case 'pub_key_tree_type':
      case 'signature_tree_type':
        return CALIPTRA_LMS.lms.type;
      case 'pub_key_ots_type':
        return CALIPTRA_LMS.lmots.type;
      case 'sign_type':
        return random.below(2);
      case 'tag':
        return random.below(3);
      case 'partition':
        return random.below(5);
      case 'pcr_idx':
      case 'index':
        return random.below(34);
      case 'mode':
      case 'key_type':
      case 'key_id':
        return 1 + random.below(3);
      case 'spdm_flags':
        return random.pick([0x10, 0x11, 0x12, 0x13, 0x14, 0x110, 0x112]);
      case 'flags':
        return random.pick([0, 0, 0, 1, 0x8000_0000, 0x4000_0000, 0xc000_0000]);
      case 'source':
        return random.pick(Object.values(IMAGE_SOURCES));
      case 'axi_addr_lo':
        return random.pick([this.#facts.stagingBase, this.#facts.mcuSram]);
      case 'axi_addr_hi':
        return 0;
      case 'pl0_context_limit':
        return random.below(66);
      case 'mcu_fw_image_size':
        return random.pick([64, 1024, 1024, 1024, 0]);
      case 'fw_id_count':
        return 1 + random.below(3);
      case 'offset':
        return random.below(command === 'CERTIFY_KEY_CHUNKS' ? 10_000 : 64);
      default:
        return random.chance(0.6) ? random.below(8) : random.edge();
    }
  }

  #bytes(
    command: RuntimeCommand,
    name: string,
    type: string,
    size: number,
    words: ReadonlyMap<string, number>,
  ): Uint8Array {
    const random = this.#random;
    const made = this.#special(command.name as CommandName, name, size);
    if (made !== undefined) return random.chance(0.03) ? flipped(random, made) : made;
    if (type === 'EncryptedCmk') return this.#key(command.name, size);
    // What a client imports must be nothing that the device said, or it would look like a leak.
    const earlier = command.name === 'CM_IMPORT' ? undefined : this.#gathered.pick(random, kindOf(name, size));
    if (name === 'handle' && random.chance(0.5)) return new Uint8Array(size);
    if (earlier !== undefined && random.chance(/^(context|exported_cdi_handle)$/.test(name) ? 0.95 : 0.6))
      return random.chance(0.08) ? flipped(random, earlier) : earlier;
    const length = Math.min(
      size,
      sizeFieldsOf(name).reduce((most, field) => words.get(field) ?? most, size),
    );
    const filled = new Uint8Array(size);
    if (random.chance(0.6)) filled.set(random.bytes(Math.min(length, 256)));
    else filled.fill(random.pick([0, 0xff, 0x3a, 0x30]), 0, length);
    return filled;
  }

  /** Fields that have a form of their own. */
  #special(command: CommandName, name: string, size: number): Uint8Array | undefined {
    const random = this.#random;
    switch (name) {
      case 'data':
        if (command !== 'INVOKE_DPE_ECC384' && command !== 'INVOKE_DPE_MLDSA87') return undefined;
        return dpeCommand(random, this.#gathered, DPE_PROFILES[command]).slice(0, size);
      case 'certify_key_req':
        return certifyKeyBody(random, this.#gathered);
      case 'manifest':
        return random
          .pick(command === 'SET_OWNER_AUTH_MANIFEST' ? this.#facts.ownerManifests : this.#facts.authManifests)
          .slice();
      case 'measurement':
        return random.pick(this.#facts.digests).slice();
      case 'fw_id':
        return word(1 + random.below(9));
      case 'fw_ids':
        return Uint8Array.from({ length: size }, (_, i) => (i % 4 === 0 ? 2 + random.below(i === 0 ? 2 : 4) : 0));
      case 'unlock_level':
        return Uint8Array.of(random.below(5));
      case 'axi_response':
        return axiResponse(random, this.#facts.stagingBase);
      case 'dmtf_device_info':
        return random.chance(0.7) ? new TextEncoder().encode('vendor:product:serial') : undefined;
      case 'encrypted_data_sha384':
        this.#staged = random.bytes(STAGED_SIZE);
        return this.#facts.sha384(this.#staged);
      default:
        return undefined;
    }
  }

  #key(command: string, size: number): Uint8Array {
    const random = this.#random;
    const usage = random.chance(0.92) ? usageOf(command) : 1 + random.below(5);
    const key = this.#gathered.pick(random, cmkKind(usage)) ?? random.bytes(size);
    return random.chance(0.04) ? flipped(random, key) : key;
  }
}

/** Names that the size of a field may have. */
function sizeFieldsOf(name: string): string[] {
  return [`${name}_size`, `${name}_length`, `${name}_len`];
}

function flipped(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  if (changed.length === 0) return changed;
  const at = random.below(changed.length);
  changed[at] = (changed[at] as number) ^ (1 << random.below(8));
  return changed;
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

function axiResponse(random: Random, stagingBase: number): Uint8Array {
  const address = random.chance(0.9) ? stagingBase + 0x8_0000 : random.edge();
  const bytes = new Uint8Array(12);
  bytes.set(word(address));
  bytes.set(word(random.chance(0.95) ? 0 : random.edge()), 4);
  bytes.set(word(random.chance(0.8) ? 25_184 : random.below(30_000)), 8);
  return bytes;
}

/** Usage of the key that a command takes. */
function usageOf(command: string): number {
  if (/^CM_(HMAC|HKDF)|SPDM/.test(command)) return 1;
  if (command.startsWith('CM_ECDSA')) return 3;
  if (command.startsWith('CM_MLDSA')) return 4;
  return command.startsWith('CM_MLKEM') ? 5 : 2;
}

/** Bytes of a derived key. */
function keySize(usage: number, hash: number): number {
  if (usage === 1) return hash === 2 ? 64 : 48;
  return usage === 3 ? 48 : 32;
}

function importSize(random: Random, usage: number): number {
  return [0, random.pick([48, 64]), 32, 48, 32, 64][usage] ?? 32;
}

/** Name of a command for counts. */
export function nameOf(id: number): string {
  return commandName(id) ?? 'unknown command';
}
