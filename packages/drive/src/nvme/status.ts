/** How a command ended: NVMe Base 1.4 section 4.6.1, NVMe over Fabrics 1.1 section 2.2.1. */
interface StatusEntry {
  readonly type: 0 | 1 | 2 | 3;
  readonly code: number;
  readonly text: string;
  /** Repeating the command cannot help. */
  readonly doNotRetry: boolean;
}

const generic = (code: number, text: string, doNotRetry = true): StatusEntry => ({ type: 0, code, text, doNotRetry });
const specific = (code: number, text: string, doNotRetry = true): StatusEntry => ({ type: 1, code, text, doNotRetry });
const media = (code: number, text: string, doNotRetry = true): StatusEntry => ({ type: 2, code, text, doNotRetry });

export const STATUS = {
  SUCCESS: generic(0x00, 'Successful Completion', false),
  INVALID_COMMAND_OPCODE: generic(0x01, 'Invalid Command Opcode'),
  INVALID_FIELD_IN_COMMAND: generic(0x02, 'Invalid Field in Command'),
  COMMAND_ID_CONFLICT: generic(0x03, 'Command ID Conflict'),
  INTERNAL_ERROR: generic(0x06, 'Internal Error', false),
  COMMAND_ABORT_REQUESTED: generic(0x07, 'Command Abort Requested'),
  COMMAND_ABORTED_SQ_DELETION: generic(0x08, 'Command Aborted due to SQ Deletion'),
  INVALID_NAMESPACE_OR_FORMAT: generic(0x0b, 'Invalid Namespace or Format'),
  COMMAND_SEQUENCE_ERROR: generic(0x0c, 'Command Sequence Error'),
  DATA_SGL_LENGTH_INVALID: generic(0x0f, 'Data SGL Length Invalid'),
  SGL_DESCRIPTOR_TYPE_INVALID: generic(0x11, 'SGL Descriptor Type Invalid'),
  OPERATION_DENIED: generic(0x15, 'Operation Denied'),
  SGL_OFFSET_INVALID: generic(0x16, 'SGL Offset Invalid'),
  KEEP_ALIVE_TIMEOUT_INVALID: generic(0x1a, 'Keep Alive Timeout Invalid'),
  SANITIZE_FAILED: generic(0x1c, 'Sanitize Failed'),
  SANITIZE_IN_PROGRESS: generic(0x1d, 'Sanitize In Progress', false),
  TRANSIENT_TRANSPORT_ERROR: generic(0x22, 'Transient Transport Error', false),
  LBA_OUT_OF_RANGE: generic(0x80, 'LBA Out of Range'),
  ASYNCHRONOUS_EVENT_REQUEST_LIMIT_EXCEEDED: specific(0x05, 'Asynchronous Event Request Limit Exceeded'),
  INVALID_LOG_PAGE: specific(0x09, 'Invalid Log Page'),
  INVALID_FORMAT: specific(0x0a, 'Invalid Format'),
  FEATURE_IDENTIFIER_NOT_SAVEABLE: specific(0x0d, 'Feature Identifier Not Saveable'),
  FEATURE_NOT_CHANGEABLE: specific(0x0e, 'Feature Not Changeable'),
  CONNECT_INCOMPATIBLE_FORMAT: specific(0x80, 'Connect Incompatible Format'),
  CONNECT_CONTROLLER_BUSY: specific(0x81, 'Connect Controller Busy', false),
  CONNECT_INVALID_PARAMETERS: specific(0x82, 'Connect Invalid Parameters'),
  CONNECT_INVALID_HOST: specific(0x84, 'Connect Invalid Host'),
  WRITE_FAULT: media(0x80, 'Write Fault', false),
  UNRECOVERED_READ_ERROR: media(0x81, 'Unrecovered Read Error', false),
  COMPARE_FAILURE: media(0x85, 'Compare Failure'),
  ACCESS_DENIED: media(0x86, 'Access Denied'),
} as const satisfies Record<string, StatusEntry>;

export type StatusName = keyof typeof STATUS;

const byField = new Map(
  Object.entries(STATUS).map(([name, { type, code }]) => [(type << 8) | code, name as StatusName]),
);

/** The Status Field of a completion with its phase bit 0: bits 15:0 of dword 3's upper half. */
export function statusField(name: StatusName): number {
  const { type, code, doNotRetry } = STATUS[name];
  return (code << 1) | (type << 9) | (doNotRetry ? 1 << 15 : 0);
}

/** @returns the name for a Status Field, or its type and code in hexadecimal if it is none of {@link STATUS} */
export function statusName(field: number): StatusName | `0x${string}` {
  const code = (field >>> 1) & 0x7ff;
  return byField.get(code) ?? `0x${code.toString(16).padStart(3, '0')}`;
}

/** A command that ends with a status other than success. */
export class NvmeStatusError extends Error {
  override readonly name = 'NvmeStatusError';
  readonly status: StatusName;
  /** Dword 0 of the completion: where a Connect parameter is wrong, and the like. */
  readonly result: number;

  constructor(status: StatusName, detail?: string, result = 0) {
    const { type, code, text } = STATUS[status];
    const where = `${text} (type ${type}, code 0x${code.toString(16).padStart(2, '0')})`;
    super(detail === undefined ? where : `${where}: ${detail}`);
    this.status = status;
    this.result = result;
  }
}
