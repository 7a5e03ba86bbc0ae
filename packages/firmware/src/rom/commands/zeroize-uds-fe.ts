import { RotError } from '@rootcap/errors';
import { ZeroizeUdsFeReq, ZeroizeUdsFeResp } from '../../messages/layouts/fuses.ts';
import { RESPONSE_HEADER } from '../../messages/response.ts';
import { romCommand } from '../command.ts';
import { FE_PARTITIONS, type SeedPartition, zeroizeSeed } from '../otp-seeds.ts';

const UDS_FLAG = 1;
const FE0_FLAG = 2;

/**
 * ZEROIZE_UDS_FE: erases secrets in fuses. The outcome is in the response; in either case ROM then stops with a fatal
 * code, since the keys in use are no longer those of the fuses.
 */
export const zeroizeUdsFe = romCommand('ZEROIZE_UDS_FE', ZeroizeUdsFeReq, (context, { flags }) => {
  const partitions: SeedPartition[] = [];
  if ((flags & UDS_FLAG) !== 0) partitions.push('UDS');
  for (const [i, partition] of FE_PARTITIONS.entries()) if ((flags & (FE0_FLAG << i)) !== 0) partitions.push(partition);
  let dpe_result = 0;
  try {
    for (const partition of partitions) zeroizeSeed(context, partition);
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    dpe_result = 1;
  }
  return ZeroizeUdsFeResp.encode({ hdr: RESPONSE_HEADER, dpe_result });
});
