import { encodeTcbInfo, type TcbInfo } from '@rootcap/dice';
import { type ClaimedTlv, claimedTlv } from './claimed-der.ts';
import type { DpeProfile } from './profiles.ts';
import type { Context } from './state-layout.ts';

/** What the certificate of a context says about one node. caliptra-dpe:dpe/src/x509.rs encode_tcb_info */
export function tcbInfoOf({ hashOid }: DpeProfile, tci: Context['tci'], journey: boolean): TcbInfo {
  const fwid = (digest: Uint8Array) => ({ hashAlgorithm: hashOid, digest });
  const word = (value: number, littleEndian: boolean): Uint8Array => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, littleEndian);
    return bytes;
  };
  return {
    svn: tci.svn,
    fwids: [fwid(tci.tci_current)],
    vendorInfo: word(tci.locality, false),
    type: word(tci.tci_type, true),
    ...(journey ? { integrityRegisters: [{ registerNum: 0, registerDigests: [fwid(tci.tci_cumulative)] }] } : {}),
  };
}

/** Whether MultiTcbInfo shows journeys, and whether its lengths are those of the reference. */
export interface TcbInfoOptions {
  readonly journey: boolean;
  readonly rootSized: boolean;
}

/** MultiTcbInfo of a path. @param nodes - root first */
export function multiTcbInfo(
  profile: DpeProfile,
  nodes: readonly Context['tci'][],
  { journey, rootSized }: TcbInfoOptions,
): ClaimedTlv {
  const infos = nodes.map((tci) => encodeTcbInfo(tcbInfoOf(profile, tci, journey)));
  const rootSize = infos[0]?.length ?? 0;
  return claimedTlv(0x30, ...infos.map((bytes) => ({ bytes, size: rootSized ? rootSize : bytes.length })));
}
