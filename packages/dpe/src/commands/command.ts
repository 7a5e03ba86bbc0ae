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

/** A successful response. */
export function respond<T>(env: DpeEnvironment, layout: Struct<T>, body: T): Uint8Array {
  return response(env, layout.encode(body));
}

/**
 * Room for a response without certificate.
 *
 * @throws DpeError InvalidMutRefBuf (firmware that reserves space for certificates), else InvalidResponseBuf
 */
export function requireRoom(env: DpeEnvironment, bodySize: number): void {
  const { maxResponseSize = Number.POSITIVE_INFINITY, reservedCertificateSize } = env;
  const size = ResponseHdr.size + bodySize;
  if (size > maxResponseSize)
    throw new DpeError(
      reservedCertificateSize === undefined ? 'InvalidResponseBuf' : 'InvalidMutRefBuf',
      `response of ${size} bytes, room for ${maxResponseSize}`,
    );
}

/** Room for a response with a certificate that is not there yet. @throws DpeError as {@link requireRoom} */
export function requireRoomForCertificate(env: DpeEnvironment, bodySize: number): void {
  requireRoom(env, bodySize + (env.reservedCertificateSize ?? 0));
}

/** @throws DpeError InternalError if the certificate is longer than its room */
export function requireFit(env: DpeEnvironment, bodySize: number, certificate: Uint8Array): void {
  const { maxResponseSize = Number.POSITIVE_INFINITY, reservedCertificateSize } = env;
  const room = reservedCertificateSize ?? maxResponseSize - ResponseHdr.size - bodySize;
  if (certificate.length > room)
    throw new DpeError('InternalError', `certificate of ${certificate.length} bytes, room for ${room}`);
}
