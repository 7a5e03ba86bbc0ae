import { hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import { struct, u16be, u32be } from '@rootcap/struct';
import type { SecurityProtocol } from '../../namespace.ts';
import { level0Discovery } from './discovery.ts';
import { type MethodResult, Opal, type OpalSession, type SecurityProvider } from './opal.ts';
import { OPAL_STATUS, type OpalPort, OpalRefusal, type OpalStatus } from './opal-port.ts';
import { ComPacket, emptyComPacket, FrameError, frame, type Message, unframe } from './packets.ts';
import { encodeTokens, type Named, parseTokens, type TcgItem, type TcgValue, TOKEN, TokenError } from './tokens.ts';
import { ADMINS, METHOD, UID, USERS, uidText } from './uids.ts';

/** Security protocols: TCG Storage SIIS 1.11, section 3. */
export const SECURITY_PROTOCOL = { INFORMATION: 0, TCG: 1, COMID_MANAGEMENT: 2 } as const;
const LEVEL_0_COMID = 0x0001;
/** The one ComID of this TPer. */
export const BASE_COMID = 0x1000;

/** What a host may send and get: Core Specification 2.01, table 168. */
const PROPERTIES = {
  MaxMethods: 1,
  MaxSubpackets: 1,
  MaxPackets: 1,
  MaxComPacketSize: 61_440,
  MaxResponseComPacketSize: 61_440,
  MaxPacketSize: 61_420,
  MaxIndTokenSize: 61_384,
  MaxAggTokenSize: 61_384,
  MaxSessions: 1,
  MaxAuthentications: 2,
  ContinuedTokens: 0,
  SequenceNumbers: 0,
  AckNak: 0,
  Asynchronous: 0,
} as const;

const ProtocolInformation = struct('ProtocolInformation', { reservedHigh: u32be, reservedLow: u16be, length: u16be });
const ComIdRequest = struct('ComIdRequest', { comId: u16be, extension: u16be, code: u32be });
const ComIdResponse = struct('ComIdResponse', {
  comId: u16be,
  extension: u16be,
  code: u32be,
  reserved: u16be,
  length: u16be,
  result: u32be,
});
const STACK_RESET = 2;
const HOST_CHALLENGE = 0n;
const HOST_SIGNING_AUTHORITY = 3n;
const FIRST_TSN = 0x1000;

interface OpenSession extends OpalSession {
  readonly hsn: number;
  readonly tsn: number;
}

interface Call {
  readonly target: string;
  readonly method: string;
  readonly parameters: readonly TcgValue[];
}

const isNamed = (value: TcgValue): value is Named =>
  typeof value === 'object' && !(value instanceof Uint8Array) && 'name' in value;

/** A method call, as it has to be: CALL, object, method, parameters, end of data, a status that is the TPer's. */
function callOf(items: readonly TcgItem[]): Call {
  const [call, target, method, parameters, end] = items.map((item) => ('control' in item ? item.control : item.value));
  const whole = call === TOKEN.CALL && end === TOKEN.END_OF_DATA && Array.isArray(parameters);
  if (!(whole && target instanceof Uint8Array && method instanceof Uint8Array && items.length === 6))
    throw new TokenError('not a method call');
  return { target: uidText(target), method: uidText(method), parameters: parameters as readonly TcgValue[] };
}

const statusItems = (status: OpalStatus): TcgItem[] => [
  { control: TOKEN.END_OF_DATA },
  { value: [BigInt(OPAL_STATUS[status]), 0n, 0n] },
];

const PROVIDER = new Map<string, SecurityProvider>([
  [UID.ADMIN_SP, 'ADMIN'],
  [UID.LOCKING_SP, 'LOCKING'],
]);

/**
 * A trusted peripheral with the Opal SSC behind Security Send and Security Receive: protocols 0, 1 and 2, one ComID,
 * one session at a time. What Opal decides reaches the drive through a port.
 */
export class Tper implements SecurityProtocol {
  readonly #port: OpalPort;
  readonly #opal: Opal;
  #session: OpenSession | undefined;
  #nextTsn = FIRST_TSN;
  /** What is there to receive, of protocol 1 and protocol 2. */
  #response: Uint8Array | undefined;
  #comIdResponse: Uint8Array = new Uint8Array(0);
  /** Messages are done one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(port: OpalPort) {
    this.#port = port;
    this.#opal = new Opal(port);
  }

  /** What power does: sessions are gone, ranges that lock are locked. */
  powerOn(): void {
    this.#reset();
    this.#opal.powerOn();
  }

  #reset(): void {
    this.#session = undefined;
    this.#response = undefined;
  }

  /** @throws RangeError for a protocol or ComID that there is not */
  send(protocol: number, comId: number, data: Uint8Array): Promise<void> {
    const sent = this.#last.then(() => this.#received(protocol, comId, data));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async #received(protocol: number, comId: number, data: Uint8Array): Promise<void> {
    if (protocol === SECURITY_PROTOCOL.TCG && comId === BASE_COMID) await this.#message(data);
    else if (protocol === SECURITY_PROTOCOL.COMID_MANAGEMENT && comId === BASE_COMID) this.#manage(data);
    else throw new RangeError(`security protocol ${protocol}, ComID 0x${comId.toString(16)}`);
  }

  /** @throws RangeError for a protocol or ComID that there is not */
  receive(protocol: number, comId: number, length: number): Uint8Array {
    return this.#available(protocol, comId, length).subarray(0, length);
  }

  #available(protocol: number, comId: number, length: number): Uint8Array {
    if (protocol === SECURITY_PROTOCOL.INFORMATION && comId === 0) return protocolList();
    // No certificate.
    if (protocol === SECURITY_PROTOCOL.INFORMATION && comId === 1) return new Uint8Array(4);
    if (protocol === SECURITY_PROTOCOL.TCG && comId === LEVEL_0_COMID) return this.#discovery();
    if (protocol === SECURITY_PROTOCOL.TCG && comId === BASE_COMID) return this.#take(length);
    if (protocol === SECURITY_PROTOCOL.COMID_MANAGEMENT && comId === BASE_COMID) return this.#comIdResponse;
    throw new RangeError(`security protocol ${protocol}, ComID 0x${comId.toString(16)}`);
  }

  #discovery(): Uint8Array {
    const { activated, mbrEnabled, mbrDone } = this.#opal.state;
    return level0Discovery({
      lockingEnabled: activated,
      locked: this.#port.locked || this.#opal.locked,
      mbrEnabled,
      mbrDone,
      blockSize: this.#port.blockSize,
      baseComId: BASE_COMID,
      admins: ADMINS,
      users: USERS,
    });
  }

  /** The response, once, if there is room for it; how long it is, if not. */
  #take(length: number): Uint8Array {
    const response = this.#response;
    if (response === undefined) return emptyComPacket(BASE_COMID);
    if (response.length > length)
      return ComPacket.encode({
        ...ComPacket.decodeFrom(emptyComPacket(BASE_COMID)),
        outstandingData: response.length,
        minTransfer: response.length,
      });
    this.#response = undefined;
    return response;
  }

  #manage(data: Uint8Array): void {
    if (data.length < ComIdRequest.size) return;
    const { comId, extension, code } = ComIdRequest.decodeFrom(data);
    const known = code === STACK_RESET && comId === BASE_COMID && extension === 0;
    if (known) this.#reset();
    const done = { comId, extension, code, reserved: 0, length: known ? 4 : 0, result: 0 };
    this.#comIdResponse = ComIdResponse.encode(done);
  }

  /** A message that cannot be read is not answered; within a session, it ends the session. */
  async #message(data: Uint8Array): Promise<void> {
    // A host that does not take its response does without it.
    this.#response = undefined;
    let message: Message;
    try {
      message = unframe(data);
    } catch (error) {
      if (error instanceof FrameError) return;
      throw error;
    }
    if (message.comId !== BASE_COMID) return;
    const session = this.#session;
    try {
      const items = parseTokens(message.payload);
      if (session !== undefined && session.tsn === message.tsn && session.hsn === message.hsn)
        await this.#inSession(session, items);
      else if (message.tsn === 0) await this.#manageSessions(callOf(items));
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      if (session !== undefined && session.tsn === message.tsn) this.#endSession(session);
    }
  }

  #respond({ tsn, hsn }: { readonly tsn: number; readonly hsn: number }, items: readonly TcgItem[]): void {
    this.#response = frame({ comId: BASE_COMID, tsn, hsn, payload: encodeTokens(items) });
  }

  #endSession(session: OpenSession): void {
    this.#session = undefined;
    this.#respond(session, [{ control: TOKEN.END_OF_SESSION }]);
  }

  async #inSession(session: OpenSession, items: readonly TcgItem[]): Promise<void> {
    const [first] = items;
    if (first !== undefined && 'control' in first && first.control === TOKEN.END_OF_SESSION) {
      this.#endSession(session);
      return;
    }
    const { target, method, parameters } = callOf(items);
    const { status, values, endsSession } = await refusable(() =>
      this.#opal.invoke(session, target, method, parameters),
    );
    if (endsSession === true) this.#session = undefined;
    this.#respond(session, [{ value: values }, ...statusItems(status)]);
  }

  /** Methods of the session manager: Properties and StartSession. */
  async #manageSessions({ target, method, parameters }: Call): Promise<void> {
    if (target !== UID.SESSION_MANAGER) return;
    const answer = (name: string, values: readonly TcgValue[], status: OpalStatus): void =>
      this.#respond({ tsn: 0, hsn: 0 }, [
        { control: TOKEN.CALL },
        { value: hexToBytes(UID.SESSION_MANAGER) },
        { value: hexToBytes(name) },
        { value: values },
        ...statusItems(status),
      ]);
    if (method === METHOD.PROPERTIES) answer(METHOD.PROPERTIES, propertyValues(parameters), 'SUCCESS');
    else if (method === METHOD.START_SESSION) {
      const [hsn] = parameters;
      const { status, values } = await refusable(async () => ({ values: this.#startSession(parameters) }));
      answer(METHOD.SYNC_SESSION, status === 'SUCCESS' ? values : [typeof hsn === 'bigint' ? hsn : 0n, 0n], status);
    }
  }

  /** @returns the session numbers of host and TPer */
  #startSession(parameters: readonly TcgValue[]): TcgValue[] {
    const [hsn, sp, write] = parameters;
    const provider = sp instanceof Uint8Array ? PROVIDER.get(uidText(sp)) : undefined;
    if (typeof hsn !== 'bigint' || hsn > 0xffff_ffffn || provider === undefined || (write !== 0n && write !== 1n))
      throw new OpalRefusal('INVALID_PARAMETER', 'StartSession');
    if (this.#session !== undefined) throw new OpalRefusal('SP_BUSY', 'a session is open');
    this.#opal.requireProvider(provider);
    const proofs: OpenSession['proofs'] = new Map();
    const named = new Map(parameters.filter(isNamed).map(({ name, value }) => [name, value]));
    const authority = named.get(HOST_SIGNING_AUTHORITY);
    if (authority instanceof Uint8Array && uidText(authority) !== UID.ANYBODY) {
      const challenge = named.get(HOST_CHALLENGE);
      const pin = challenge instanceof Uint8Array ? challenge : new Uint8Array(0);
      const credential = this.#opal.verify(provider, authority, pin);
      if (credential === undefined) throw new OpalRefusal('NOT_AUTHORIZED', 'the PIN is wrong');
      proofs.set(credential.authority, credential);
    }
    const tsn = this.#nextTsn++;
    this.#session = { sp: provider, write: write === 1n, proofs, hsn: Number(hsn), tsn };
    return [hsn, BigInt(tsn)];
  }
}

/** The result of a method, or the status of its refusal. */
async function refusable(call: () => Promise<MethodResult>): Promise<MethodResult & { readonly status: OpalStatus }> {
  try {
    return { status: 'SUCCESS', ...(await call()) };
  } catch (error) {
    if (error instanceof OpalRefusal) return { status: error.status, values: [] };
    throw error;
  }
}

function propertyValues(parameters: readonly TcgValue[]): TcgValue[] {
  const own = Object.entries(PROPERTIES).map(([name, value]) => ({ name: utf8ToBytes(name), value: BigInt(value) }));
  // What the host said of itself comes back.
  return [own, ...parameters.filter(isNamed)];
}

function protocolList(): Uint8Array {
  const protocols = Object.values(SECURITY_PROTOCOL);
  const header = ProtocolInformation.encode({ reservedHigh: 0, reservedLow: 0, length: protocols.length });
  return Uint8Array.of(...header, ...protocols);
}
