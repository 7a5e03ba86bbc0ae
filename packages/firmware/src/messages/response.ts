import { MailboxRespHeader, MailboxRespHeaderVarSize, VAR_SIZE_DATA_MAX } from './layouts.ts';

/** Header of a response, to be sealed by the mailbox. */
export const RESPONSE_HEADER = { chksum: 0, fips_status: 0 } as const;

/** A response that is nothing but its header. */
export function headerOnly(fips_status = 0): Uint8Array {
  return MailboxRespHeader.encode({ chksum: 0, fips_status });
}

/** Header, length and data; the response ends with the data. */
export function varSizeResponse(data: Uint8Array): Uint8Array {
  const response = new Uint8Array(MailboxRespHeaderVarSize.size + data.length);
  new DataView(response.buffer).setUint32(8, data.length, true);
  response.set(data, MailboxRespHeaderVarSize.size);
  return response;
}

/** The same, padded to the full size of the response struct. */
export function fullSizeResponse(data: Uint8Array): Uint8Array {
  const response = new Uint8Array(MailboxRespHeaderVarSize.size + VAR_SIZE_DATA_MAX);
  response.set(varSizeResponse(data));
  return response;
}
