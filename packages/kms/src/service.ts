import { bytesToHex, concatBytes, equalBytes, hexToBytes } from '@rootcap/crypto';
import {
  ACCESS_KEY_SIZE,
  accessKeyDigest,
  type SealedAccessKeys,
  sealAccessKeys,
  TEST_NONCE_SIZE,
} from './access-key.ts';
import { type AuditEntry, type AuditHead, type AuditRecord, headOf, type Verb, verifyAudit } from './audit.ts';
import { type ChainMemory, chainMemory } from './chain-memory.ts';
import { checkHex, checkName, invalidArgument } from './checks.ts';
import type { ScryptCost } from './encrypted.ts';
import type { ErasureProof } from './erasure.ts';
import { KmsError } from './error.ts';
import { type Evidence, verifyEvidence } from './evidence.ts';
import { METHOD_UIDS, type MethodUids, type Operation } from './methods.ts';
import { type KeyServicePorts, type Policy, secureStatePolicy } from './ports.ts';
import { type BindingRecord, type BindingView, type DeviceRecord, type KmsState, viewOf } from './state.ts';
import { type Contents, Vault } from './vault.ts';

export interface KeyServiceOptions extends KeyServicePorts {
  readonly passphrase: string;
  /** Default {@link secureStatePolicy}. */
  readonly policy?: Policy;
  /** Default {@link METHOD_UIDS}. */
  readonly methodUids?: MethodUids;
}

export interface CreateOptions extends KeyServiceOptions {
  /** DER of the vendor roots that devices have to chain to. */
  readonly roots: readonly Uint8Array[];
  /** Default 2^17, 8, 1. */
  readonly cost?: ScryptCost;
}

/** Who asks, and with what. */
interface Asking {
  readonly binding: string;
  /** DER: the device's chain down to the endorsement of its present HPKE key. */
  readonly chain: readonly Uint8Array[];
  /** Circumstances for the policy, unproved. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface SealOptions extends Asking {
  /** GENERATE_MPK or ENABLE_MPK. Default `enable`. */
  readonly operation?: 'generate' | 'enable';
}

export interface TestOptions extends Asking {
  /** Default: the new key while a rotation is under way. */
  readonly key?: 'current' | 'next';
}

/** What a drive gets: access keys that only its key management block can open. */
export interface Grant extends SealedAccessKeys {
  readonly binding: string;
  readonly operation: Operation;
  readonly metadata: Uint8Array;
  /** Record of the audit log. */
  readonly sequence: number;
}

/** A grant of TEST_ACCESS_KEY; the device's digest goes to {@link KeyService.confirm}. */
export interface TestGrant extends Grant {
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}

/** Something was so already: nothing was changed and nothing recorded. */
export interface Idempotent {
  readonly already: boolean;
}

/**
 * The key service: devices, bindings, and grants. Whatever it gives or refuses is in the audit log before the caller has it.
 *
 * Verbs are idempotent. A refusal is a {@link KmsError}; nothing is half-changed by one.
 */
export class KeyService {
  readonly #ports: KeyServicePorts;
  readonly #policy: Policy;
  readonly #methodUids: MethodUids;
  readonly #vault: Vault;
  readonly #memory: ChainMemory;

  private constructor(options: KeyServiceOptions, vault: Vault) {
    const { policy = secureStatePolicy, methodUids = METHOD_UIDS } = options;
    this.#ports = options;
    this.#policy = policy;
    this.#methodUids = methodUids;
    this.#vault = vault;
    this.#memory = chainMemory(options.provider);
  }

  /**
   * Makes an empty store.
   *
   * @throws KmsError `store-exists`, `invalid-argument`
   */
  static create(options: CreateOptions): KeyService {
    const { roots, passphrase, cost, provider } = options;
    if (roots.length === 0) throw invalidArgument('roots', 'at least one vendor root');
    const fingerprints = roots.map((root) => bytesToHex(provider.hashes.digest('sha256', root)));
    const contents = { roots: roots.map(bytesToHex), devices: {}, bindings: {} };
    const entry: AuditEntry = { verb: 'init', outcome: 'granted', detail: { roots: fingerprints.join(' ') } };
    return new KeyService(options, Vault.create(options, passphrase, contents, entry, cost));
  }

  /** @throws KmsError `store-missing`, `store-damaged`, `wrong-passphrase`, `log-damaged` */
  static open(options: KeyServiceOptions): KeyService {
    return new KeyService(options, Vault.open(options, options.passphrase));
  }

  get #state(): KmsState {
    return this.#vault.state;
  }

  /** Believes one more vendor root. */
  trust(root: Uint8Array): Idempotent {
    const text = bytesToHex(root);
    if (this.#state.roots.includes(text)) return { already: true };
    const detail = { root: bytesToHex(this.#ports.provider.hashes.digest('sha256', root)) };
    this.#vault.commit({ verb: 'trust', outcome: 'granted', detail }, (state) => ({
      ...state,
      roots: [...state.roots, text],
    }));
    return { already: false };
  }

  /**
   * Takes a device in: verifies its chain up to a vendor root and pins its identity and its state.
   *
   * @param options.chain - DER; it may end with RT alias
   * @param options.name - for people; default the first digits of its id
   * @param options.accept - of a known device: pin the state that it is in now, after an update of its firmware
   */
  enrol(options: {
    readonly chain: readonly Uint8Array[];
    readonly name?: string;
    readonly accept?: boolean;
  }): DeviceRecord & Idempotent {
    const { chain, accept = false } = options;
    const { identity, deviceState } = this.#refusable({ verb: 'enrol' }, () => this.#evidence(chain));
    const known = this.#state.devices[identity.id];
    if (known !== undefined) {
      if (!accept || known.state === deviceState) return { ...known, already: true };
      return { ...this.#acceptState(known, deviceState), already: false };
    }
    const name = options.name === undefined ? identity.id.slice(0, 12) : checkName('name', options.name);
    if (Object.values(this.#state.devices).some((device) => device.name === name))
      throw invalidArgument('name', `one that no other device has, got ${name}`);
    const { id, algorithm, ueid } = identity;
    const device = {
      id,
      name,
      algorithm,
      ...(ueid === undefined ? {} : { ueid: bytesToHex(ueid) }),
      ...(deviceState === undefined ? {} : { state: deviceState }),
      enrolledAt: '',
    };
    this.#vault.commit({ verb: 'enrol', outcome: 'granted', device: id, detail: { name } }, (state, at) => ({
      ...state,
      devices: { ...state.devices, [id]: { ...device, enrolledAt: at } },
    }));
    return { ...(this.#state.devices[id] as DeviceRecord), already: false };
  }

  #acceptState({ state: before = 'none', ...device }: DeviceRecord, after: string | undefined): DeviceRecord {
    const detail = { name: device.name, before, after: after ?? 'none' };
    const accepted = { ...device, ...(after === undefined ? {} : { state: after }) };
    this.#vault.commit({ verb: 'enrol', outcome: 'granted', device: device.id, detail }, (state) => ({
      ...state,
      devices: { ...state.devices, [device.id]: accepted },
    }));
    return accepted;
  }

  /** Devices and bindings; no keys. */
  list(): { readonly devices: readonly DeviceRecord[]; readonly bindings: readonly BindingView[] } {
    const { devices, bindings } = this.#state;
    return { devices: Object.values(devices), bindings: Object.values(bindings).map(viewOf) };
  }

  /**
   * Makes an access key of a party for an AccessCondition of a device.
   *
   * @param options.device - id or name
   * @param options.object - UID of the AccessCondition, 8 bytes in hexadecimal
   * @param options.metadata - metadata of the MPK, at most 32 bytes; default the UID, as MEK-MPA has it
   * @throws KmsError `unknown-device`, `device-revoked`, `binding-erased`
   */
  bind(options: {
    readonly device: string;
    readonly party: string;
    readonly object: string;
    readonly metadata?: string;
  }): BindingView & Idempotent {
    const { id: device, name, revoked } = this.#device(options.device);
    const party = checkName('party', options.party);
    const object = checkHex('object', options.object, 8);
    const metadata = options.metadata === undefined ? object : checkHex('metadata', options.metadata, 0, 32);
    const id = `${name}/${party}/${object}`;
    const known = this.#state.bindings[id];
    const about = { verb: 'bind', device, binding: id } as const;
    if (revoked !== undefined) this.#refuse(about, new KmsError('device-revoked', `${name}: ${revoked.reason}`));
    if (known?.erased !== undefined)
      this.#refuse(about, new KmsError('binding-erased', `${id}: erased ${known.erased.at}`));
    if (known !== undefined) {
      if (known.metadata !== metadata)
        throw invalidArgument('metadata', `${known.metadata} as before, got ${metadata}`);
      return { ...viewOf(known), already: true };
    }
    const key = bytesToHex(this.#ports.entropy.bytes(ACCESS_KEY_SIZE));
    this.#vault.commit({ ...about, outcome: 'granted', detail: { party, object, metadata } }, (state, createdAt) =>
      withBinding(state, { id, device, party, object, metadata, createdAt, key }),
    );
    return { ...viewOf(this.#binding(id)), already: false };
  }

  /**
   * Seals a binding's access key for GENERATE_MPK or ENABLE_MPK.
   *
   * @throws KmsError for every reason not to
   */
  seal(options: SealOptions): Grant {
    const { operation = 'enable' } = options;
    const { binding, evidence } = this.#admit('seal', operation, options);
    return this.#grant('seal', operation, binding, evidence, [keyOf(binding, 'current')]);
  }

  /**
   * Seals the access key and a new one in one context for REWRAP_MPK. The new key replaces the old one when a test has shown
   * that the drive has it ({@link test}, {@link confirm}); until then both are kept, and asking again seals the same two.
   */
  rotate(options: Asking): Grant {
    const { binding, evidence } = this.#admit('rotate', 'rewrap', options);
    const next = binding.next ?? bytesToHex(this.#ports.entropy.bytes(ACCESS_KEY_SIZE));
    const keys = [keyOf(binding, 'current'), hexToBytes(next)];
    const change = binding.next === undefined ? { ...binding, next } : undefined;
    return this.#grant('rotate', 'rewrap', binding, evidence, keys, change);
  }

  /** Seals an access key for TEST_ACCESS_KEY, with a fresh nonce. */
  test(options: TestOptions): TestGrant {
    const { binding, evidence } = this.#admit('test', 'test', options);
    const which = options.key ?? (binding.next === undefined ? 'current' : 'next');
    const nonce = this.#ports.entropy.bytes(TEST_NONCE_SIZE);
    const keys = [keyOf(binding, which)];
    const change = { ...binding, test: { nonce: bytesToHex(nonce), key: which } };
    return { ...this.#grant('test', 'test', binding, evidence, keys, change), nonce };
  }

  /**
   * Judges the device's answer to a test. Right for the new key of a rotation, it ends the rotation: the old key is gone.
   * Every test is judged once.
   *
   * @param options.digest - 48 bytes that TEST_ACCESS_KEY answered
   * @throws KmsError `no-test`, `test-failed`
   */
  confirm(options: { readonly binding: string; readonly digest: Uint8Array }): {
    readonly binding: string;
    readonly key: 'current' | 'next';
    readonly rotated: boolean;
  } {
    const { test, ...binding } = this.#binding(options.binding);
    const { id, device } = binding;
    const about = { verb: 'confirm', device, binding: id } as const;
    if (test === undefined) return this.#refuse(about, new KmsError('no-test', `${id}: no test waits for a digest`));
    const digest = accessKeyDigest(
      this.#ports.provider,
      hexToBytes(binding.metadata),
      keyOf(binding, test.key),
      hexToBytes(test.nonce),
    );
    if (options.digest.length !== digest.length) throw invalidArgument('digest', `${digest.length} bytes`);
    if (!equalBytes(digest, options.digest)) {
      const refusal = new KmsError('test-failed', `${id}: the device does not have the ${test.key} access key`);
      this.#vault.commit(refused(about, refusal), (state) => withBinding(state, binding));
      throw refusal;
    }
    const rotated = test.key === 'next';
    const entry = { ...about, outcome: 'granted', detail: { key: test.key } } as const;
    this.#vault.commit(entry, (state, at) => withBinding(state, rotated ? promoted(binding, at) : binding));
    return { binding: id, key: test.key, rotated };
  }

  /**
   * Destroys a binding's access keys and leaves a tombstone; asking again gives a proof again.
   *
   * @param options.evidence - what the drive showed: its hash goes into tombstone, log and proof
   */
  erase(options: { readonly binding: string; readonly evidence?: Uint8Array }): ErasureProof & Idempotent {
    const { id, device, party, object, metadata, createdAt, erased } = this.#binding(options.binding);
    if (erased === undefined) {
      const evidence =
        options.evidence === undefined
          ? {}
          : { evidence: bytesToHex(this.#ports.provider.hashes.digest('sha384', options.evidence)) };
      const detail = { party, object, ...evidence };
      this.#vault.commit({ verb: 'erase', outcome: 'granted', device, binding: id, detail }, (state, at, sequence) =>
        withBinding(state, { id, device, party, object, metadata, createdAt, erased: { at, sequence, ...evidence } }),
      );
    }
    return { ...this.#proof(this.#binding(id)), already: erased !== undefined };
  }

  #proof({ id, device, party, object, erased }: BindingRecord): ErasureProof {
    const record = this.audit()[erased?.sequence ?? -1];
    if (erased === undefined || record === undefined)
      throw new KmsError('log-damaged', `${id}: no record of its erasure`);
    const { at, evidence } = erased;
    return {
      format: 'rootcap-kms-erasure-1',
      binding: id,
      device,
      party,
      object,
      erasedAt: at,
      ...(evidence === undefined ? {} : { evidence }),
      record,
      head: this.#vault.head,
    };
  }

  /** Refuses a device everything from now on. Its bindings stay until they are erased. */
  revoke(options: { readonly device: string; readonly reason: string }): DeviceRecord & Idempotent {
    const device = this.#device(options.device);
    if (device.revoked !== undefined) return { ...device, already: true };
    const { reason } = options;
    if (typeof reason !== 'string' || reason === '' || reason.length > 200)
      throw invalidArgument('reason', '1 to 200 characters');
    const entry = { verb: 'revoke', outcome: 'granted', device: device.id, detail: { reason } } as const;
    this.#vault.commit(entry, (state, at) => ({
      ...state,
      devices: { ...state.devices, [device.id]: { ...device, revoked: { at, reason } } },
    }));
    return { ...this.#device(device.id), already: false };
  }

  /** The whole log, verified. @throws KmsError `log-damaged` */
  audit(): AuditRecord[] {
    return verifyAudit(this.#ports.provider, this.#ports.log.read(), this.#vault.head);
  }

  /** The end of the log: kept elsewhere, it shows whether records were taken away. */
  get head(): AuditHead {
    return this.#vault.head;
  }

  /** Forgets the store's key. */
  close(): void {
    this.#vault.close();
  }

  #device(idOrName: string): DeviceRecord {
    const { devices } = this.#state;
    const device = Object.hasOwn(devices, idOrName)
      ? devices[idOrName]
      : Object.values(devices).find(({ name }) => name === idOrName);
    if (device === undefined) throw new KmsError('unknown-device', `${shown(idOrName)}: not enrolled`);
    return device;
  }

  #binding(id: string): BindingRecord {
    const { bindings } = this.#state;
    const binding = Object.hasOwn(bindings, id) ? bindings[id] : undefined;
    if (binding === undefined) throw new KmsError('unknown-binding', `${shown(id)}: no such binding`);
    return binding;
  }

  #evidence(chain: readonly Uint8Array[]): Evidence {
    const { provider, now } = this.#ports;
    const roots = this.#state.roots.map(hexToBytes);
    return verifyEvidence({ provider, roots, at: now(), memory: this.#memory }, chain);
  }

  /** Everything that has to hold before an access key is sealed, in one order; the first that does not is the reason. */
  #admit(verb: Verb, operation: Operation, { binding: id, chain, context = {} }: Asking) {
    const binding = this.#refusable({ verb, detail: { operation, binding: shown(id) } }, () => this.#binding(id));
    const device = this.#device(binding.device);
    return this.#refusable({ verb, device: device.id, binding: id, detail: { operation } }, () => {
      if (device.revoked !== undefined)
        throw new KmsError('device-revoked', `${device.name}: ${device.revoked.reason}`);
      if (binding.erased !== undefined) throw new KmsError('binding-erased', `${id}: erased ${binding.erased.at}`);
      const { identity, hpke, insecure, deviceState, tcbInfos, leaf } = this.#evidence(chain);
      if (identity.id !== device.id)
        throw new KmsError('identity-mismatch', `the chain is of ${identity.id.slice(0, 12)}, not of ${device.name}`);
      if (hpke === undefined) throw new KmsError('no-endorsement', 'the chain does not end with an endorsed HPKE key');
      const { party, object } = binding;
      const attestation = { insecure, stateChanged: deviceState !== device.state, tcbInfos };
      const verdict = this.#policy({
        operation,
        device: { id: device.id, name: device.name },
        binding: { id, party, object },
        kemId: hpke.kemId,
        attestation,
        context,
      });
      const suspect = attestation.stateChanged || insecure.length > 0;
      if (!verdict.allow) throw new KmsError(suspect ? 'state-refused' : 'policy-refused', verdict.reason);
      return { binding, evidence: { hpke, leaf } };
    });
  }

  #grant(
    verb: Verb,
    operation: Operation,
    binding: BindingRecord,
    { hpke, leaf }: { readonly hpke: NonNullable<Evidence['hpke']>; readonly leaf: string },
    accessKeys: readonly Uint8Array[],
    change?: BindingRecord,
  ): Grant {
    const { provider, entropy } = this.#ports;
    const { id, device, object } = binding;
    const { kemId, publicKey } = hpke;
    const info = concatBytes(this.#methodUids[operation], hexToBytes(object));
    const metadata = hexToBytes(binding.metadata);
    const sealed = sealAccessKeys(provider, entropy, { kemId, publicKey, info, metadata, accessKeys });
    for (const key of accessKeys) key.fill(0);
    const detail = { operation, kem: kemId, leaf };
    const entry: AuditEntry = { verb, outcome: 'granted', device, binding: id, detail };
    const record =
      change === undefined
        ? this.#vault.record(entry)
        : this.#vault.commit(entry, (state) => withBinding(state, change));
    return { ...sealed, binding: id, operation, metadata, sequence: headOf(record).sequence };
  }

  /** Runs what may refuse; a refusal is recorded before it is thrown on. */
  #refusable<T>(about: About, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof KmsError) return this.#refuse(about, error);
      throw error;
    }
  }

  #refuse(about: About, refusal: KmsError): never {
    this.#vault.record(refused(about, refusal));
    throw refusal;
  }
}

type About = Pick<AuditEntry, 'verb' | 'device' | 'binding'> & Partial<Pick<AuditEntry, 'detail'>>;

function refused({ detail = {}, ...about }: About, { code, message }: KmsError): AuditEntry {
  return { ...about, outcome: 'refused', code, detail: { ...detail, reason: message } };
}

function withBinding(state: KmsState, binding: BindingRecord): Contents {
  return { ...state, bindings: { ...state.bindings, [binding.id]: binding } };
}

/** The new key of a rotation in the place of the old one. */
function promoted({ next, ...binding }: BindingRecord, rotatedAt: string): BindingRecord {
  return { ...binding, ...(next === undefined ? {} : { key: next }), rotatedAt };
}

/** A copy of an access key, for its user to wipe. @throws KmsError if there is none */
function keyOf({ id, key, next }: BindingRecord, which: 'current' | 'next'): Uint8Array {
  const found = which === 'current' ? key : next;
  if (found === undefined) throw new KmsError('invalid-argument', `key: ${id} has no ${which} access key`);
  return hexToBytes(found);
}

/** What a stranger sent, short enough for a log. */
function shown(text: unknown): string {
  return String(text).slice(0, 80);
}
