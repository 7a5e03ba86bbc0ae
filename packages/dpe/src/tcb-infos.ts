import { der, encodeTcbInfo, type TcbInfo } from '@rootcap/dice';
import { type ClaimedTlv, claimedTlv } from './claimed-der.ts';
import type { DpeProfile } from './profiles.ts';
import type { Context } from './state-layout.ts';

type Tci = Context['tci'];

function word(value: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}

/** What the certificate of a context says about one node. caliptra-dpe:dpe/src/x509.rs encode_tcb_info */
function tcbInfoOf({ hashOid }: DpeProfile, tci: Tci, journey: boolean): TcbInfo {
  const fwid = (digest: Uint8Array) => ({ hashAlgorithm: hashOid, digest });
  return {
    svn: tci.svn,
    fwids: [fwid(tci.tci_current)],
    vendorInfo: word(tci.locality, false),
    type: word(tci.tci_type, true),
    ...(journey ? { integrityRegisters: [{ registerNum: 0, registerDigests: [fwid(tci.tci_cumulative)] }] } : {}),
  };
}

/** A TcbInfo with places to fill in: all of one profile whose SVNs have the same number of bytes differ only there. */
interface Template {
  readonly bytes: Uint8Array;
  readonly svn: number;
  readonly current: number;
  readonly locality: number;
  readonly type: number;
  /** -1 without journey. */
  readonly cumulative: number;
}

/** The place of `wanted` in `bytes`, which holds it once. */
function placeOf(bytes: Uint8Array, wanted: Uint8Array): number {
  return bytes.findIndex((_, at) => wanted.every((byte, i) => bytes[at + i] === byte));
}

/** @param svn - any one with the right number of bytes */
function templateOf(profile: DpeProfile, svn: number, journey: boolean): Template {
  const tci: Tci = {
    svn,
    tci_current: new Uint8Array(profile.hashSize).fill(0xc1),
    tci_cumulative: new Uint8Array(profile.hashSize).fill(0xc2),
    locality: 0xc3c3_c3c3,
    tci_type: 0xc4c4_c4c4,
  };
  const bytes = encodeTcbInfo(tcbInfoOf(profile, tci, journey));
  return {
    bytes,
    // [3], the first field.
    svn: placeOf(bytes, der.primitive(3, der.integerContents(svn))) + 2,
    current: placeOf(bytes, tci.tci_current),
    locality: placeOf(bytes, word(tci.locality, false)),
    type: placeOf(bytes, word(tci.tci_type, true)),
    cumulative: placeOf(bytes, tci.tci_cumulative),
  };
}

const TEMPLATES = new Map<string, Template>();

function fill(profile: DpeProfile, tci: Tci, journey: boolean): Uint8Array {
  const svn = der.integerContents(tci.svn);
  const key = `${profile.id} ${svn.length} ${journey}`;
  let template = TEMPLATES.get(key);
  if (template === undefined) {
    template = templateOf(profile, tci.svn, journey);
    TEMPLATES.set(key, template);
  }
  const bytes = template.bytes.slice();
  const view = new DataView(bytes.buffer);
  bytes.set(svn, template.svn);
  bytes.set(tci.tci_current, template.current);
  view.setUint32(template.locality, tci.locality, false);
  view.setUint32(template.type, tci.tci_type, true);
  if (journey) bytes.set(tci.tci_cumulative, template.cumulative);
  return bytes;
}

/** Whether MultiTcbInfo shows journeys, and whether its lengths are those of the reference. */
export interface TcbInfoOptions {
  readonly journey: boolean;
  readonly rootSized: boolean;
}

/** MultiTcbInfo of a path. @param nodes - root first */
export function multiTcbInfo(
  profile: DpeProfile,
  nodes: readonly Tci[],
  { journey, rootSized }: TcbInfoOptions,
): ClaimedTlv {
  const infos = nodes.map((tci) => fill(profile, tci, journey));
  const rootSize = infos[0]?.length ?? 0;
  return claimedTlv(0x30, ...infos.map((bytes) => ({ bytes, size: rootSized ? rootSize : bytes.length })));
}
