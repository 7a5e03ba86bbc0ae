import type { Field, Values } from '@rootcap/struct';
import type { LockPort } from './port.ts';
import type { Conformance, LockState } from './state.ts';

/** The block at work: what it runs on, what it remembers, whom it follows. */
export interface Lock {
  readonly port: LockPort;
  readonly state: LockState;
  readonly conformance: Conformance;
}

export type FieldTable = Readonly<Record<string, Field<unknown>>>;

/** What of a request may be left out: nothing, or everything, since it is not looked at. */
type LockRequestLength = 'exact' | 'any';

/** A command of the block, as data. */
export interface LockCommand<Request extends FieldTable = FieldTable, Response extends FieldTable = FieldTable> {
  readonly length: LockRequestLength;
  /** Fields behind the header; none if the request is not looked at. */
  readonly request: Request;
  readonly response: Response;
  /** @throws RotError to refuse */
  handle(lock: Lock, request: Values<Request>): Values<Response>;
}

/** Declares a command. */
export function lockCommand<const Request extends FieldTable, const Response extends FieldTable>(
  { request, response }: { readonly request: Request; readonly response: Response },
  handle: (lock: Lock, request: Values<Request>) => Values<Response>,
): LockCommand<Request, Response> {
  return { length: 'exact', request, response, handle };
}

/** Declares a command that does not look at its request. */
export function lockQuery<const Response extends FieldTable>(
  { response }: { readonly response: Response },
  handle: (lock: Lock) => Values<Response>,
): LockCommand<Record<never, never>, Response> {
  return { length: 'any', request: {}, response, handle };
}
