import { expect } from '@jest/globals';
import { hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import type { SecurityProtocol } from '@rootcap/drive';
import {
  BASE_COMID,
  encodeTokens,
  frame,
  METHOD,
  parseTokens,
  type TcgItem,
  type TcgValue,
  TOKEN,
  UID,
  unframe,
} from '@rootcap/drive/nvme';

export const ADMIN1 = '0000000900010001';
export const USER1 = '0000000900030001';
export const GLOBAL_RANGE = '0000080200000001';
export const GLOBAL_KEY = '0000080600000001';
export const STATUS = {
  SUCCESS: 0,
  NOT_AUTHORIZED: 1,
  SP_BUSY: 3,
  INVALID_PARAMETER: 12,
  AUTHORITY_LOCKED_OUT: 18,
} as const;

interface Secured {
  readonly security: SecurityProtocol;
}

/** The Locking feature's flags in Level 0 Discovery. */
export const lockingFlags = (drive: Secured): number => drive.security.receive(1, 1, 2048)[48 + 16 + 4] as number;

/** A host that speaks to the TPer as sedutil does. */
export class OpalHost {
  readonly #drive: Secured;
  #numbers = { tsn: 0, hsn: 0 };

  constructor(drive: Secured) {
    this.#drive = drive;
  }

  /** Sends items. @returns the answer's items, or undefined if there is none */
  async exchange(items: readonly TcgItem[], numbers = this.#numbers): Promise<readonly TcgItem[] | undefined> {
    await this.#drive.security.send(
      1,
      BASE_COMID,
      frame({ comId: BASE_COMID, ...numbers, payload: encodeTokens(items) }),
    );
    const answer = this.#drive.security.receive(1, BASE_COMID, 2048);
    return answer.length === 20 ? undefined : parseTokens(unframe(answer).payload);
  }

  /** Calls a method. @returns its status and its results */
  async call(
    target: string,
    method: string,
    parameters: readonly TcgValue[],
  ): Promise<{ status: number; values: readonly TcgValue[] }> {
    const items = await this.exchange([
      { control: TOKEN.CALL },
      { value: hexToBytes(target) },
      { value: hexToBytes(method) },
      { value: parameters },
      { control: TOKEN.END_OF_DATA },
      { value: [0n, 0n, 0n] },
    ]);
    const values = (items ?? []).flatMap((item) => ('value' in item ? [item.value] : []));
    const status = values.at(-1) as readonly bigint[];
    return { status: Number(status[0]), values: values.at(-2) as readonly TcgValue[] };
  }

  /** Starts a session. @returns the status */
  async start(sp: string, authority?: string, pin = ''): Promise<number> {
    this.#numbers = { tsn: 0, hsn: 0 };
    const proof =
      authority === undefined
        ? []
        : [
            { name: 0n, value: utf8ToBytes(pin) },
            { name: 3n, value: hexToBytes(authority) },
          ];
    const { status, values } = await this.call(UID.SESSION_MANAGER, METHOD.START_SESSION, [
      105n,
      hexToBytes(sp),
      1n,
      ...proof,
    ]);
    if (status === 0) this.#numbers = { hsn: Number(values[0]), tsn: Number(values[1]) };
    return status;
  }

  async end(): Promise<void> {
    expect(await this.exchange([{ control: TOKEN.END_OF_SESSION }])).toEqual([{ control: TOKEN.END_OF_SESSION }]);
    this.#numbers = { tsn: 0, hsn: 0 };
  }

  get(target: string, first: bigint, last = first) {
    return this.call(target, METHOD.GET, [
      [
        { name: 3n, value: first },
        { name: 4n, value: last },
      ],
    ]);
  }

  async set(target: string, columns: Readonly<Record<number, TcgValue>>): Promise<number> {
    const list = Object.entries(columns).map(([name, value]) => ({ name: BigInt(name), value }));
    return (await this.call(target, METHOD.SET, [{ name: 1n, value: list }])).status;
  }
}
