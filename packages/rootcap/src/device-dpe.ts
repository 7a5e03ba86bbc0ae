import { concatBytes } from '@rootcap/crypto';
import {
  commandWith,
  DPE_COMMANDS,
  type DpeCommandName,
  DpeError,
  type DpeProfile,
  type DpeRequest,
  type DpeResponse,
  type DpeStatuses,
  decodeResponse,
  ML_DSA_87,
  P384_SHA384,
} from '@rootcap/dpe';
import { type AnyLayout, encodeRequest } from '@rootcap/firmware';
import type { ChainAlgorithm } from './device.ts';
import type { DeviceMailbox } from './mailbox.ts';

/** Fields that may be left out: then zeros, which is the default handle, no flags and the caller's own locality. */
type Left = 'handle' | 'flags' | 'tci_type' | 'target_locality' | 'svn' | 'reserved' | 'reserved_svn';

type Fields<T> = T extends { readonly raw_data: Uint8Array }
  ? never
  : { readonly [K in Exclude<keyof T, Left>]: T[K] } & { readonly [K in Left & keyof T]?: T[K] };

/** What a client says in a DPE command. The raw form of Sign is larger than the runtime's mailbox command takes. */
export type DpeFields<Name extends DpeCommandName> = Fields<DpeRequest<Name>>;

export interface DpeCallOptions {
  /** Algorithm of the profile: each has its own command of the mailbox. Default `ecdsa-p384`. */
  readonly algorithm?: ChainAlgorithm;
  /** AXI user of the sender: its locality. Default the device's. */
  readonly axiUser?: number;
}

/** Profile of the DPE and its command, by algorithm. */
const PROFILES: Readonly<Record<ChainAlgorithm, readonly [DpeProfile, 'INVOKE_DPE_ECC384' | 'INVOKE_DPE_MLDSA87']>> = {
  'ecdsa-p384': [P384_SHA384, 'INVOKE_DPE_ECC384'],
  mldsa87: [ML_DSA_87, 'INVOKE_DPE_MLDSA87'],
};

const CHUNK = 2048;

/** The DPE of the runtime as its client sees it, through the mailbox. */
export class DeviceDpe {
  readonly #mailbox: DeviceMailbox;
  readonly #statuses: DpeStatuses;

  /** @param statuses - numbers of the refusals in the device's firmware release */
  constructor(mailbox: DeviceMailbox, statuses: DpeStatuses) {
    this.#mailbox = mailbox;
    this.#statuses = statuses;
  }

  /**
   * Runs a DPE command.
   *
   * @returns the body of the response
   * @throws DpeError with the status if the DPE refuses; RotError if the runtime does; StructError naming a field that does
   *   not exist or does not fit
   */
  call<Name extends DpeCommandName>(
    name: Name,
    ...[fields, options = {}]: Name extends 'GetProfile'
      ? [fields?: DpeFields<Name>, options?: DpeCallOptions]
      : [fields: DpeFields<Name>, options?: DpeCallOptions]
  ): DpeResponse<Name> {
    const { algorithm = 'ecdsa-p384', axiUser } = options;
    if (!Object.hasOwn(PROFILES, algorithm))
      throw new RangeError(`algorithm: ${algorithm} is none of ${Object.keys(PROFILES).join(', ')}`);
    const [profile, command] = PROFILES[algorithm];
    const request = { ...(fields as { readonly flags?: number } | undefined) };
    const data = dpeMessage(profile, name, request);
    const response = this.#mailbox.call(command, { data } as never, axiUser === undefined ? {} : { axiUser });
    return decodeResponse(profile, name, response.data, {
      ...(request.flags === undefined ? {} : { flags: request.flags }),
      statuses: this.#statuses,
    });
  }

  /** The chain that GetCertificateChain hands out piece by piece: DER certificates one behind the other, IDevID first. */
  certificateChain(options: DpeCallOptions = {}): Uint8Array {
    const pieces: Uint8Array[] = [];
    let offset = 0;
    for (;;) {
      const piece = this.#piece(offset, options);
      pieces.push(piece);
      offset += piece.length;
      if (piece.length < CHUNK) return concatBytes(...pieces);
    }
  }

  /** Empty behind the end of the chain. */
  #piece(offset: number, options: DpeCallOptions): Uint8Array {
    try {
      return this.call('GetCertificateChain', { offset, size: CHUNK }, options).certificate_chain;
    } catch (error) {
      if (offset > 0 && error instanceof DpeError && error.status === 'CertificateChainError') return new Uint8Array(0);
      throw error;
    }
  }
}

function dpeMessage(profile: DpeProfile, name: DpeCommandName, fields: object): Uint8Array {
  const layout = DPE_COMMANDS[name].request(profile) as unknown as AnyLayout;
  return commandWith(profile, name, encodeRequest(layout, fields as Readonly<Record<string, unknown>>));
}
