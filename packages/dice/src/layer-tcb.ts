import { requireLength } from './checks.ts';
import type { BitString } from './der.ts';
import * as der from './der.ts';
import { DEVICE_FLAGS_MASK } from './device-status.ts';
import type { TemplateGeneration } from './layers.ts';
import { OID } from './oids.ts';
import type { TcbInfo } from './tcb-info.ts';

/** What the FMC alias certificate of 2.1 says of device and firmware. Digests are 48 bytes. */
export interface FmcTcb {
  /** By {@link ownerInfoHash}. */
  readonly ownerInfoHash: Uint8Array;
  /** By {@link vendorInfoHash}. */
  readonly vendorInfoHash: Uint8Array;
  /** SHA-384 of the FMC image. */
  readonly fmcTci: Uint8Array;
  /** SVN of the cold boot, 0 to 255. */
  readonly fwSvn: number;
}

/** What the FMC alias certificate of 2.0 says. */
export interface FmcTcb20 {
  /** By {@link deviceInfoHash}. */
  readonly deviceInfoHash: Uint8Array;
  /** By {@link deviceFlags}. */
  readonly deviceFlags: BitString;
  /** By {@link effectiveFuseSvn}. */
  readonly fuseSvn: number;
  readonly fmcTci: Uint8Array;
  readonly fwSvn: number;
}

/** What the RT alias certificate says. */
export interface RtTcb {
  /** SHA-384 of the runtime image, 48 bytes. */
  readonly rtTci: Uint8Array;
  /** SVN of the running firmware, 0 to 255. */
  readonly fwSvn: number;
}

/** Type strings of Caliptra's TcbInfos. */
export const TCB_TYPE = {
  ownerInfo: 'CALIPTRA_2_X_FUSE_OWNER_INFO',
  vendorInfo: 'CALIPTRA_2_X_FUSE_VENDOR_INFO',
  fmc: 'CALIPTRA_2_X_FMC_FIRMWARE_INFO',
  rt: 'CALIPTRA_2_X_RT_FIRMWARE_INFO',
  deviceInfo20: 'DEVICE_INFO',
  fmc20: 'FMC_INFO',
  rt20: 'RT_INFO',
} as const;

/** SVNs are written as 0x0100 | svn, so that they always take two bytes of the template. */
function fixedWidthSvn(svn: number, argument: string): number {
  if (!(Number.isInteger(svn) && svn >= 0 && svn <= 255)) throw new RangeError(`${argument}: ${svn} is not in 0..255`);
  return 0x100 | svn;
}

function sha384Fwid(digest: Uint8Array, argument: string): NonNullable<TcbInfo['fwids']> {
  return [{ hashAlgorithm: OID.sha384, digest: requireLength(digest, 48, argument) }];
}

/** The three TcbInfos of the FMC alias layer of 2.1, in order. caliptra-sw:x509/gen/src/x509.rs */
export function fmcTcbInfos(tcb: FmcTcb): readonly TcbInfo[] {
  return [
    { fwids: sha384Fwid(tcb.ownerInfoHash, 'ownerInfoHash'), type: der.ascii(TCB_TYPE.ownerInfo) },
    { fwids: sha384Fwid(tcb.vendorInfoHash, 'vendorInfoHash'), type: der.ascii(TCB_TYPE.vendorInfo) },
    {
      svn: fixedWidthSvn(tcb.fwSvn, 'fwSvn'),
      fwids: sha384Fwid(tcb.fmcTci, 'fmcTci'),
      type: der.ascii(TCB_TYPE.fmc),
    },
  ];
}

/** The two TcbInfos of the FMC alias layer of 2.0, in order. */
export function fmcTcbInfos20(tcb: FmcTcb20): readonly TcbInfo[] {
  return [
    {
      svn: fixedWidthSvn(tcb.fuseSvn, 'fuseSvn'),
      fwids: sha384Fwid(tcb.deviceInfoHash, 'deviceInfoHash'),
      flags: tcb.deviceFlags,
      type: der.ascii(TCB_TYPE.deviceInfo20),
      flagsMask: DEVICE_FLAGS_MASK,
    },
    {
      svn: fixedWidthSvn(tcb.fwSvn, 'fwSvn'),
      fwids: sha384Fwid(tcb.fmcTci, 'fmcTci'),
      type: der.ascii(TCB_TYPE.fmc20),
    },
  ];
}

/** The TcbInfo of the RT alias layer. */
export function rtTcbInfo(tcb: RtTcb, generation: TemplateGeneration = '2.1'): TcbInfo {
  return {
    svn: fixedWidthSvn(tcb.fwSvn, 'fwSvn'),
    fwids: sha384Fwid(tcb.rtTci, 'rtTci'),
    type: der.ascii(generation === '2.0' ? TCB_TYPE.rt20 : TCB_TYPE.rt),
  };
}
