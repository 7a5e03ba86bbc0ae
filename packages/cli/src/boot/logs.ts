import { bytesToHex } from '@rootcap/crypto';
import {
  FUSE_LOG_ENTRY_ID,
  FuseLogEntry,
  MeasurementLogEntry,
  PCR_ID,
  PCR_LOG_ENTRY_ID,
  PcrLogEntry,
} from '@rootcap/firmware';
import type { Chip } from '@rootcap/hardware';
import type { Device } from 'rootcap';

function nameIn(ids: Readonly<Record<string, number>>, id: number): string {
  return Object.entries(ids).find(([, value]) => value === id)?.[0] ?? `id ${id}`;
}

/** A PCR log entry in words. */
export interface PcrLogLine {
  readonly entry: string;
  readonly pcrs: readonly number[];
  /** Hexadecimal. */
  readonly data: string;
}

function bitIndices(mask: number): number[] {
  return Array.from({ length: 32 }, (_, i) => i).filter((i) => ((mask >>> i) & 1) === 1);
}

type PcrEntry = ReturnType<typeof PcrLogEntry.decode>;
type MeasurementEntry = ReturnType<typeof MeasurementLogEntry.decode>;
type FuseEntry = ReturnType<typeof FuseLogEntry.decode>;

export function pcrLogLine({ id, pcr_ids, pcr_data }: PcrEntry): PcrLogLine {
  return { entry: nameIn(PCR_LOG_ENTRY_ID, id), pcrs: bitIndices(pcr_ids), data: bytesToHex(pcr_data) };
}

export function measurementLogLine({ pcr_entry, metadata, context, svn }: MeasurementEntry) {
  return {
    metadata: bytesToHex(metadata),
    measurement: bytesToHex(pcr_entry.pcr_data),
    context: bytesToHex(context),
    svn,
    pcrs: bitIndices(pcr_entry.pcr_ids),
  };
}

export function fuseLogLine({ entry_id, log_data }: FuseEntry) {
  return { entry: nameIn(FUSE_LOG_ENTRY_ID, entry_id), value: log_data };
}

/** The three logs of a device, as it keeps them and in words. */
export function logsOf({ context: { persistent } }: Device) {
  const pcr = persistent.pcrLog();
  const measurement = persistent.measurementLog();
  const fuse = persistent.fuseLog();
  return {
    pcr: pcr.map(pcrLogLine),
    measurement: measurement.map(measurementLogLine),
    fuse: fuse.map(fuseLogLine),
    bytes: {
      pcr: persistent.rom.slice('pcr_log').slice(0, pcr.length * PcrLogEntry.size),
      measurement: persistent.rom.slice('measurement_log').slice(0, measurement.length * MeasurementLogEntry.size),
      fuse: persistent.rom.slice('fuse_log').slice(0, fuse.length * FuseLogEntry.size),
    },
  };
}

const PCR_TITLES: Readonly<Record<number, string>> = {
  [PCR_ID.FMC_CURRENT]: 'FMC, this boot',
  [PCR_ID.FMC_JOURNEY]: 'FMC, since power-on',
  [PCR_ID.RT_FW_CURRENT]: 'runtime, this boot',
  [PCR_ID.RT_FW_JOURNEY]: 'runtime, since power-on',
  [PCR_ID.STASH_MEASUREMENT]: 'stashed measurements',
};

export interface PcrView {
  readonly index: number;
  readonly title: string | undefined;
  /** Hexadecimal. */
  readonly value: string;
  readonly locked: boolean;
}

export function pcrsOf({ pcrBank }: Pick<Chip, 'pcrBank'>): PcrView[] {
  return Array.from({ length: 32 }, (_, index) => ({
    index,
    title: PCR_TITLES[index],
    value: bytesToHex(pcrBank.read(index)),
    locked: pcrBank.isLocked(index),
  }));
}
