import { MEMORY_MAP } from '@rootcap/hardware';
import { ImageManifest } from '@rootcap/image';
import { StructView } from '@rootcap/struct';
import {
  AuthManifestPersistentData,
  DataVault,
  DotOwnerPkHash,
  DpePersistentData,
  FirmwareHandoffTable,
  FmcAliasCsrs,
  FuseLogEntry,
  FwPersistentData,
  MEASUREMENT_MAX_COUNT,
  MeasurementLogEntry,
  OcpLockMetadataRom,
  OwnerAuthManifestPersistentData,
  PCR_LOG_MAX_COUNT,
  PcrLogEntry,
  RomPersistentData,
} from './tables.ts';

/** First byte behind the persistent data: the ROM's own stack and data. @see caliptra-sw:drivers/src/memory_layout.rs */
const ROM_DATA_ORG = 0x5003_fc00;
/** Where ROM, FMC and runtime leave their boot status for a debugger. */
const BOOT_STATUS_ORG = 0x5003_fffc;

export const ROM_PERSISTENT_DATA_ORG = ROM_DATA_ORG - RomPersistentData.size;
export const FW_PERSISTENT_DATA_ORG = ROM_PERSISTENT_DATA_ORG - FwPersistentData.size;

/** ASCII of "ROMP" and "FWPD", and the versions that go with them. */
export const ROM_MARKER = 0x524f_4d50;
export const ROM_MAJOR_VERSION = 1;
export const ROM_MINOR_VERSION = 1;
export const FW_MARKER = 0x4657_5044;
export const FW_VERSION = 2;

/** `csr_len` of a CSR that was not asked for. */
export const UNPROVISIONED_CSR = 0xffff_ffff;

type View<S> = S extends { decode(input: Uint8Array): infer T } ? StructView<T> : never;

/** The tables in data memory, each in place. All accesses go to the chip's DCCM, so they survive what DCCM survives. */
export class PersistentData {
  readonly rom: View<typeof RomPersistentData>;
  readonly fw: View<typeof FwPersistentData>;
  /** Manifest of the running firmware. */
  readonly manifest: View<typeof ImageManifest>;
  readonly dataVault: View<typeof DataVault>;
  readonly fht: View<typeof FirmwareHandoffTable>;
  readonly dotOwnerPkHash: View<typeof DotOwnerPkHash>;
  readonly ocpLockMetadata: View<typeof OcpLockMetadataRom>;
  readonly fmcAliasCsrs: View<typeof FmcAliasCsrs>;
  readonly dpe: View<typeof DpePersistentData>;
  readonly authManifest: View<typeof AuthManifestPersistentData>;
  readonly ownerAuthManifest: View<typeof OwnerAuthManifestPersistentData>;
  readonly #bootStatus: DataView;

  /** @param dccm - the chip's data memory, 256 KiB */
  constructor(dccm: Uint8Array) {
    const at = (address: number): number => address - MEMORY_MAP.DCCM.base;
    this.rom = new StructView(RomPersistentData, dccm, at(ROM_PERSISTENT_DATA_ORG));
    this.fw = new StructView(FwPersistentData, dccm, at(FW_PERSISTENT_DATA_ORG));
    this.manifest = new StructView(ImageManifest, this.rom.slice('manifest1'));
    this.dataVault = new StructView(DataVault, this.rom.slice('data_vault'));
    this.fht = new StructView(FirmwareHandoffTable, this.rom.slice('fht'));
    this.dotOwnerPkHash = new StructView(DotOwnerPkHash, this.rom.slice('dot_owner_pk_hash'));
    this.ocpLockMetadata = new StructView(OcpLockMetadataRom, this.rom.slice('ocp_lock_metadata'));
    this.fmcAliasCsrs = new StructView(FmcAliasCsrs, this.fw.slice('fmc_alias_csr'));
    this.dpe = new StructView(DpePersistentData, this.fw.slice('dpe'));
    this.authManifest = new StructView(AuthManifestPersistentData, this.fw.slice('auth_manifest'));
    this.ownerAuthManifest = new StructView(OwnerAuthManifestPersistentData, this.fw.slice('owner_auth_manifest'));
    this.#bootStatus = new DataView(dccm.buffer, dccm.byteOffset + at(BOOT_STATUS_ORG), 4);
  }

  set bootStatus(status: number) {
    this.#bootStatus.setUint32(0, status, true);
  }

  get bootStatus(): number {
    return this.#bootStatus.getUint32(0, true);
  }

  /** Appends to the PCR log. @returns false if it is full */
  appendPcrLog(entry: { readonly id: number; readonly pcr_ids: number; readonly data: Uint8Array }): boolean {
    const index = this.fht.get('pcr_log_index');
    if (index >= PCR_LOG_MAX_COUNT) return false;
    const pcr_data = new Uint8Array(48);
    pcr_data.set(entry.data);
    const encoded = PcrLogEntry.encode({
      id: entry.id,
      reserved0: new Uint8Array(2),
      pcr_ids: entry.pcr_ids,
      pcr_data,
    });
    this.rom.slice('pcr_log').set(encoded, index * PcrLogEntry.size);
    this.fht.set('pcr_log_index', index + 1);
    return true;
  }

  /** Appends to the measurement log. @returns false if it is full */
  appendMeasurementLog(entry: Parameters<typeof MeasurementLogEntry.encode>[0]): boolean {
    const index = this.fht.get('meas_log_index');
    if (index >= MEASUREMENT_MAX_COUNT) return false;
    this.rom.slice('measurement_log').set(MeasurementLogEntry.encode(entry), index * MeasurementLogEntry.size);
    this.fht.set('meas_log_index', index + 1);
    return true;
  }

  setFuseLog(entry_id: number, log_data: number): void {
    const encoded = FuseLogEntry.encode({ entry_id, log_data, reserved: new Uint8Array(8) });
    this.rom.slice('fuse_log').set(encoded, (entry_id - 1) * FuseLogEntry.size);
  }

  /** PCR log entries in use, in order. */
  pcrLog(): ReturnType<typeof PcrLogEntry.decode>[] {
    return this.#entries(PcrLogEntry, 'pcr_log', this.fht.get('pcr_log_index'));
  }

  measurementLog(): ReturnType<typeof MeasurementLogEntry.decode>[] {
    return this.#entries(MeasurementLogEntry, 'measurement_log', this.fht.get('meas_log_index'));
  }

  fuseLog(): ReturnType<typeof FuseLogEntry.decode>[] {
    const all = this.#entries(FuseLogEntry, 'fuse_log', 10);
    return all.filter((entry) => entry.entry_id !== 0);
  }

  #entries<T>(
    entry: { readonly size: number; decodeFrom(input: Uint8Array, offset?: number): T },
    area: 'pcr_log' | 'measurement_log' | 'fuse_log',
    count: number,
  ): T[] {
    const memory = this.rom.slice(area);
    return Array.from({ length: count }, (_, i) => entry.decodeFrom(memory, i * entry.size));
  }
}
