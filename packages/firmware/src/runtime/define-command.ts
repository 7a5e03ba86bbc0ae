import { type Field, type Struct, struct, type Values } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import { MailboxReqHeader, MailboxRespHeader } from '../messages/layouts/header.ts';
import { RESPONSE_HEADER } from '../messages/response.ts';
import type { Pl0Rule, RequestLength, RuntimeCommand } from './command.ts';

type FieldTable = Readonly<Record<string, Field<unknown>>>;
type Message<Header, F extends FieldTable> = Struct<{ readonly hdr: Header } & Values<F>>;

/** A command of one's own, whatever its messages are. */
export interface AnyDefinedCommand extends Omit<RuntimeCommand, 'request'> {
  readonly request: object;
  readonly response: object;
}

/** A command of one's own: a {@link RuntimeCommand} that also says what it answers. */
export interface DefinedCommand<Req extends FieldTable, Resp extends FieldTable> extends AnyDefinedCommand {
  readonly request: Message<{ readonly chksum: number }, Req>;
  readonly response: Message<{ readonly chksum: number; readonly fips_status: number }, Resp>;
}

export interface CommandDefinition<Req extends FieldTable, Resp extends FieldTable> {
  readonly name: string;
  /** Four characters, or their number. One of a command that exists replaces it. */
  readonly id: string | number;
  /** Fields behind the checksum. Default: none. */
  readonly request?: Req;
  /** Fields behind the checksum and the FIPS status. Default: none. */
  readonly response?: Resp;
  /** Default `exact`. */
  readonly length?: Exclude<RequestLength, 'raw'>;
  /** Default: any client may send it. */
  readonly pl0?: Exclude<Pl0Rule, 'own' | 'sometimes'>;
  /**
   * @returns the response's fields
   * @throws RotError to refuse; the command then must have left no trace
   */
  handle(context: FirmwareContext, request: Values<Req>): Values<Resp>;
}

function idOf(id: string | number): number {
  if (typeof id === 'number') return id;
  const bytes = [...id].map((character) => character.charCodeAt(0));
  if (bytes.length !== 4 || bytes.some((byte) => byte > 0x7f))
    throw new RangeError(`id: "${id}" is not four characters`);
  return bytes.reduce((word, byte) => word * 256 + byte, 0);
}

/**
 * Declares a mailbox command of one's own for `createDevice({ commands })`; `mailbox.call` takes it in the place of a name.
 *
 * @throws RangeError for an `id` that is not four characters
 */
export function defineCommand<
  const Req extends FieldTable = Record<never, never>,
  const Resp extends FieldTable = Record<never, never>,
>({
  name,
  id,
  request,
  response,
  length = 'exact',
  pl0,
  handle,
}: CommandDefinition<Req, Resp>): DefinedCommand<Req, Resp> {
  const answer = struct(`${name}_RESP`, { hdr: MailboxRespHeader, ...response });
  const command = {
    id: idOf(id),
    name,
    request: struct(`${name}_REQ`, { hdr: MailboxReqHeader, ...request }),
    response: answer,
    length,
    ...(pl0 === undefined ? {} : { pl0 }),
    handle(context: FirmwareContext, { hdr: _, ...fields }: { readonly hdr: unknown }) {
      return answer.encode({ hdr: RESPONSE_HEADER, ...handle(context, fields as Values<Req>) } as never);
    },
  };
  return command as unknown as DefinedCommand<Req, Resp>;
}
