import { type LayoutRow, type Struct, StructError } from '@rootcap/struct';
import type { DpeEnvironment } from '../environment.ts';
import { ResponseHdr } from '../messages.ts';
import { response } from '../profile-response.ts';
import type { DpeProfile } from '../profiles.ts';
import { DpeError } from '../statuses.ts';

/** Layout of a request: a struct, or one of two. */
export interface RequestLayout<Request> {
  readonly name: string;
  readonly size: number;
  readonly layout: readonly LayoutRow[];
  decodeFrom(input: Uint8Array): Request;
  encode(value: Request): Uint8Array;
}

/** A DPE command is data: the dispatcher, documentation and fuzzing read the same entry. */
export interface DpeCommand<Request> {
  readonly id: number;
  readonly name: string;
  /** Layout of the body behind the header. A command with two forms looks at the `body` that came. */
  readonly request: (profile: DpeProfile, body?: Uint8Array) => RequestLayout<Request>;
  /** Checks that belong to parsing. @throws DpeError */
  readonly validate?: (request: Request) => void;
  /**
   * Checks first, changes last: a refused command leaves the state as it was.
   *
   * @returns the whole response
   * @throws DpeError
   */
  readonly handle: (env: DpeEnvironment, locality: number, request: Request) => Uint8Array;
}

/** Reads a body from the front of `input`; what follows it is ignored. @throws DpeError InvalidArgument if it is short */
export function readBody<T>(layout: RequestLayout<T>, input: Uint8Array): T {
  try {
    return layout.decodeFrom(input);
  } catch (error) {
    if (error instanceof StructError) throw new DpeError('InvalidArgument', error.message);
    throw error;
  }
}

/** A successful response. @throws DpeError InvalidResponseBuf if there is no room for it */
export function respond<T>(env: DpeEnvironment, layout: Struct<T>, body: T): Uint8Array {
  return response(env, layout.encode(body));
}

/**
 * Firmware that reserves the largest certificate in every response wants room for that, however short this one may be.
 *
 * @throws DpeError InvalidMutRefBuf
 */
export function requireReserved(
  { maxResponseSize, reservedCertificateSize = 0 }: DpeEnvironment,
  bodySize: number,
): void {
  const size = ResponseHdr.size + bodySize + reservedCertificateSize;
  if (reservedCertificateSize > 0 && maxResponseSize !== undefined && size > maxResponseSize)
    throw new DpeError('InvalidMutRefBuf', `response of up to ${size} bytes, room for ${maxResponseSize}`);
}

/** @throws DpeError InvalidResponseBuf if a response with a body of this size has no room */
export function requireRoom({ maxResponseSize = Number.POSITIVE_INFINITY }: DpeEnvironment, bodySize: number): void {
  const size = ResponseHdr.size + bodySize;
  if (size > maxResponseSize)
    throw new DpeError('InvalidResponseBuf', `response of ${size} bytes, room for ${maxResponseSize}`);
}
