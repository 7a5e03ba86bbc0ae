import {
  CALIPTRA_STATUSES,
  commandWith,
  DPE_COMMANDS,
  DPE_RESPONSES,
  type DpeProfile,
  decodeResponse as decodeDpeResponse,
  ML_DSA_87,
  P384_SHA384,
} from '@rootcap/dpe';
import {
  type AnyLayout,
  type CommandName,
  commandCatalogue,
  decodeResponse,
  encodeRequest,
  MailboxRespHeader,
  messagesOf,
} from '@rootcap/firmware';
import { type ChainAlgorithm, type Device, DeviceError } from 'rootcap';
import { Refusal, UsageError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { shownFields, type ValueSources, valuesOf } from './field-values.ts';
import type { TypedRequest } from './request.ts';

/** A request that was answered. */
export interface Answer {
  /** As it was asked for: `EXTEND_PCR`, `dpe ecdsa-p384 GetProfile`. */
  readonly command: string;
  readonly status: string;
  readonly request: JsonObject;
  readonly response: JsonObject;
  /** Whole message that the mailbox answered; of a DPE command, the DPE's. */
  readonly message: Uint8Array;
}

/** Profile and mailbox command of each algorithm. */
const DPE: Readonly<Record<ChainAlgorithm, readonly [DpeProfile, CommandName]>> = {
  'ecdsa-p384': [P384_SHA384, 'INVOKE_DPE_ECC384'],
  mldsa87: [ML_DSA_87, 'INVOKE_DPE_MLDSA87'],
};

export function dpeRequestLayout(name: keyof typeof DPE_COMMANDS, algorithm: ChainAlgorithm): AnyLayout {
  return DPE_COMMANDS[name].request(DPE[algorithm][0]) as unknown as AnyLayout;
}

export function dpeResponseLayout(name: keyof typeof DPE_COMMANDS, algorithm: ChainAlgorithm): AnyLayout {
  return DPE_RESPONSES[name](DPE[algorithm][0]) as unknown as AnyLayout;
}

/** What a request is called. */
function titleOf(request: TypedRequest): string {
  if (request.kind === 'unknown') return `0x${request.id.toString(16).padStart(8, '0')}`;
  return request.kind === 'dpe' ? `dpe ${request.algorithm} ${request.name}` : request.name;
}

/** A client at the mailbox of a device, who remembers what it was told. */
export class MailboxSession {
  readonly device: Device;
  axiUser: number;
  readonly #responses: JsonObject[] = [];
  readonly #sources: ValueSources;

  constructor(device: Device, axiUser: number, read: ValueSources['read']) {
    this.device = device;
    this.axiUser = axiUser;
    this.#sources = { read, last: (name) => this.#responses.findLast((response) => name in response)?.[name] };
  }

  /**
   * Sends a request and reads the answer.
   *
   * @throws RotError, DpeError, DeviceError or Refusal if it is refused; UsageError or StructError naming a field
   */
  run(request: TypedRequest): Answer {
    const answer = request.kind === 'dpe' ? this.#dpe(request) : this.#mailbox(request);
    this.#responses.push(answer.response);
    return answer;
  }

  #mailbox(request: TypedRequest & { readonly kind: 'mailbox' | 'unknown' }): Answer {
    const command = titleOf(request);
    const layouts = request.kind === 'unknown' ? {} : messagesOf(request.name);
    if (request.kind === 'mailbox' && layouts.request === undefined) return this.#raw(request.name, request);
    const { body, values } = this.#bodyOf(request, layouts.request);
    const { status, data } = this.#execute(request.id, body);
    const response = this.#read(layouts.response, data);
    return { command, status, request: values, response, message: data };
  }

  #bodyOf(
    request: TypedRequest & { readonly kind: 'mailbox' | 'unknown' },
    layout: AnyLayout | undefined,
  ): { readonly body: Uint8Array; readonly values: JsonObject } {
    const { body } = request;
    if (body !== undefined || layout === undefined) {
      requireNoFields(request);
      return { body: body ?? new Uint8Array(0), values: { body: body ?? new Uint8Array(0) } };
    }
    const values = valuesOf(layout, request, this.#sources);
    const length = request.kind === 'mailbox' ? this.#lengthOf(request.name) : undefined;
    return { body: encodeRequest(layout, values, { length }).subarray(4), values: shownFields(layout, values) };
  }

  #lengthOf(name: CommandName) {
    const { rom, runtime } = commandCatalogue().find((entry) => entry.name === name) ?? {};
    return (this.device.state === 'runtime' ? runtime : rom)?.length ?? 'shorter';
  }

  /** A command without layout takes the bytes as they are. */
  #raw(name: CommandName, request: TypedRequest): Answer {
    requireNoFields(request);
    const body = request.body ?? new Uint8Array(0);
    const answer = this.device.mailbox.call(name, body as never, { axiUser: this.axiUser }) as unknown;
    const message = answer instanceof Uint8Array ? answer : new Uint8Array(0);
    const response =
      answer instanceof Uint8Array ? (answer.length === 0 ? {} : { data: answer }) : (answer as JsonObject);
    return {
      command: name,
      status: message.length === 0 ? 'CMD_COMPLETE' : 'DATA_READY',
      request: { body },
      response,
      message,
    };
  }

  #execute(id: number, body: Uint8Array): { readonly status: string; readonly data: Uint8Array } {
    const { device, axiUser } = this;
    const answer = device.mailbox.execute(id, body, { axiUser });
    if (answer.status === 'CMD_FAILURE') throw new Refusal('the firmware failed the command without a code');
    if (answer.status === 'CMD_BUSY')
      throw new DeviceError(
        'wrong-state',
        'mailbox',
        device.state,
        `, and waits for ${device.step().for}`,
        'the command stays in the mailbox',
      );
    return answer;
  }

  /** Of a command that nobody knows, at least the header. */
  #read(layout: AnyLayout | undefined, data: Uint8Array): JsonObject {
    if (data.length === 0) return {};
    if (layout !== undefined) return shownFields(layout, decodeResponse(layout, data));
    if (data.length < MailboxRespHeader.size) return { data };
    const { fips_status } = MailboxRespHeader.decodeFrom(data);
    return { fips_status, data: data.slice(MailboxRespHeader.size) };
  }

  #dpe(request: TypedRequest & { readonly kind: 'dpe' }): Answer {
    const { name, algorithm } = request;
    const [profile, command] = DPE[algorithm];
    const layout = dpeRequestLayout(name, algorithm);
    const values = valuesOf(layout, request, this.#sources);
    if (request.body !== undefined) requireNoFields(request);
    const data = commandWith(profile, name, request.body ?? encodeRequest(layout, values));
    const { request: outer, response: answer } = messagesOf(command) as { request: AnyLayout; response: AnyLayout };
    const body = encodeRequest(outer, { data }, { length: 'shorter' }).subarray(4);
    const message = decodeResponse(answer, this.#execute(idOf(command), body).data).data as Uint8Array;
    const response = decodeDpeResponse(profile, name, message, {
      statuses: CALIPTRA_STATUSES,
      ...(typeof values.flags === 'number' ? { flags: values.flags } : {}),
    });
    return { command: titleOf(request), status: 'DATA_READY', request: values, response: { ...response }, message };
  }
}

function idOf(name: CommandName): number {
  return commandCatalogue().find((entry) => entry.name === name)?.id ?? 0;
}

function requireNoFields(request: TypedRequest): void {
  const [first] = request.assignments;
  if (first === undefined && request.json === undefined) return;
  const name = first?.[0] ?? '--json-fields';
  throw new UsageError(`${name}: ${titleOf(request)} is given as bytes, and so has no fields`);
}
