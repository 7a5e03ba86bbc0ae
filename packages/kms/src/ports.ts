import type { CryptoProvider, Entropy, HpkeKemId } from '@rootcap/crypto';
import type { TcbInfo } from '@rootcap/dice';
import type { Scrypt } from './encrypted.ts';
import type { Operation } from './methods.ts';

/** Where the encrypted state lies. `replace` is atomic: after a crash there is the old text or the new one, whole. */
export interface StateStore {
  /** @returns undefined if there is none yet */
  read(): string | undefined;
  replace(text: string): void;
}

/** Where the audit log lies: lines that are only ever added. A line is durable when `append` returns. */
export interface AuditLog {
  /** All complete lines, without their line feed. What a crash left of a last line is not among them. */
  read(): readonly string[];
  append(line: string): void;
}

/** What a device proved about itself when it asked. */
export interface Attestation {
  /** Operational flags of any layer that say it is not in its secure state: `debug`, `notSecure` … */
  readonly insecure: readonly string[];
  /** Its lifecycle, debug lock, vendor fuses, or SVN and vendor key of its firmware are others than when it was enrolled. */
  readonly stateChanged: boolean;
  /** Claims of all layers, root first. */
  readonly tcbInfos: readonly TcbInfo[];
}

/** What is asked of a policy: may this access key be sealed to this device now? */
export interface GrantRequest {
  readonly operation: Operation;
  readonly device: { readonly id: string; readonly name: string };
  readonly binding: { readonly id: string; readonly party: string; readonly object: string };
  readonly kemId: HpkeKemId;
  readonly attestation: Attestation;
  /** What the caller says of the circumstances: rack, tenant, ticket. Unproved. */
  readonly context: Readonly<Record<string, string>>;
}

export type PolicyVerdict = { readonly allow: true } | { readonly allow: false; readonly reason: string };

export type Policy = (request: GrantRequest) => PolicyVerdict;

/** What a key service is made of. */
export interface KeyServicePorts {
  readonly provider: CryptoProvider;
  /** Access keys, nonces and encapsulations. */
  readonly entropy: Entropy;
  /** Time of a record, and at which chains have to be valid: ISO 8601 in UTC. */
  readonly now: () => string;
  readonly store: StateStore;
  readonly log: AuditLog;
  /** Default {@link portableScrypt}. */
  readonly scrypt?: Scrypt;
}

/** Grants to a device that is in the state in which it was enrolled, no flag saying that this is no secure one. */
export const secureStatePolicy: Policy = ({ attestation: { insecure, stateChanged } }) => {
  if (insecure.length > 0) return { allow: false, reason: `not in its secure state: ${insecure.join(', ')}` };
  return stateChanged ? { allow: false, reason: 'its state is another than when it was enrolled' } : { allow: true };
};

/** Grants to every enrolled device, whatever its state. For laboratories. */
export const anyStatePolicy: Policy = () => ({ allow: true });
