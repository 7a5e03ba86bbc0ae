import { MailboxRespHeader, MailboxRespHeaderVarSize, VAR_SIZE_DATA_MAX } from './layouts/header.ts';

const DATA_LENGTH_OFFSET = MailboxRespHeaderVarSize.offsetOf('data_len');

/** Header of a response, to be sealed by the mailbox. */
export const RESPONSE_HEADER = { chksum: 0, fips_status: 0 } as const;

/** A response that is nothing but its header. */
export function headerOnly(fips_status = 0): Uint8Array {
  return MailboxRespHeader.encode({ chksum: 0, fips_status });
}

/** Where the data of a response of variable size starts. */
export const VAR_SIZE_DATA_OFFSET = MailboxRespHeaderVarSize.size;

/** Header, length, and room for `size` bytes of data from {@link VAR_SIZE_DATA_OFFSET} on. */
export function emptyVarSizeResponse(size: number): Uint8Array {
  const response = new Uint8Array(VAR_SIZE_DATA_OFFSET + size);
  for (let i = 0; i < 4; i++) response[DATA_LENGTH_OFFSET + i] = size >>> (8 * i);
  return response;
}

/** Header, length and data; the response ends with the data. */
export function varSizeResponse(data: Uint8Array): Uint8Array {
  const response = emptyVarSizeResponse(data.length);
  response.set(data, VAR_SIZE_DATA_OFFSET);
  return response;
}

/** The same, padded to the full size of the response struct. */
export function fullSizeResponse(data: Uint8Array): Uint8Array {
  const response = new Uint8Array(MailboxRespHeaderVarSize.size + VAR_SIZE_DATA_MAX);
  response.set(varSizeResponse(data));
  return response;
}
