import { utf8ToBytes } from '@rootcap/crypto';
import type { FirmwareContext } from '../context.ts';
import { FipsVersionResp } from './layouts/status.ts';
import { RESPONSE_HEADER } from './response.ts';

/** ASCII of "FIPS", read as a big-endian word. */
const MODE = 0x4649_5053;
const NAME = utf8ToBytes('Caliptra RTM');

/** Response of VERSION, the same in ROM and runtime. */
export function versionResponse({ chip: { soc } }: FirmwareContext): Uint8Array {
  return FipsVersionResp.encode({
    hdr: RESPONSE_HEADER,
    mode: MODE,
    fips_rev: [soc.get('CPTRA_HW_REV_ID'), soc.get('CPTRA_FW_REV_ID', 0), soc.get('CPTRA_FW_REV_ID', 1)],
    name: NAME,
  });
}
