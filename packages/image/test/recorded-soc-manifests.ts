import { hexToBytes, portableProvider } from '@rootcap/crypto';
import { encodeSvnFuse, LIFECYCLE, type SocManifestFuses, type StandaloneManifestOptions } from '@rootcap/image';
import { LIFECYCLES, recordedImage, recordedManifest } from './recorded.ts';
import { hasVectors, readVectors } from './vectors.ts';

/** One command of goldens/<config>/<session>/transcript.json. */
export interface RecordedCommand {
  readonly seq: number;
  readonly name: string;
  readonly cmd: number;
  readonly request_hex: string;
  readonly response_hex: string | null;
  readonly status: string;
  readonly error: { readonly fw_error_non_fatal: string } | null;
}

/** A manifest that a host sent, and what the firmware said. */
export interface RecordedSocManifest {
  readonly name: string;
  readonly command: 'SET' | 'VERIFY';
  readonly manifest: Uint8Array;
  /** Code of the refusal; `undefined`: accepted. */
  readonly code: number | undefined;
}

/** goldens/<config>/soc_manifest.json. */
export interface RecordedManifestFile {
  readonly boot_manifest_hex: string | null;
  readonly mcu_fw_hex: string | null;
  readonly mailbox_manifest_hex: string;
  readonly mailbox_manifest_metadata: readonly {
    readonly fw_id: number;
    readonly flags: number;
    readonly digest: string;
    readonly component_id: number;
  }[];
}

interface RecordedFusesAndStraps {
  readonly lifecycle: keyof typeof LIFECYCLES;
  readonly strap_generic_3?: number;
  readonly fuses: {
    readonly pqc_key_type?: number;
    readonly soc_manifest_svn?: string;
    readonly soc_manifest_max_svn?: number;
    readonly anti_rollback_disable?: boolean;
  };
}

const COMMANDS = new Map([
  [0x4154_4d4e, 'SET'],
  [0x4154_564d, 'VERIFY'],
] as const);

export const recordedManifestFile = (config: string): RecordedManifestFile =>
  readVectors(`goldens/${config}/soc_manifest.json`);

/** All commands of a session; none if it was not recorded. */
export function recordedSession(config: string, session: string): readonly RecordedCommand[] {
  const path = `goldens/${config}/${session}/transcript.json`;
  return hasVectors(path) ? readVectors<readonly RecordedCommand[]>(path) : [];
}

/** Manifests in the requests of a session, as far as they announce what they hold. */
export function manifestsOf(commands: readonly RecordedCommand[]): RecordedSocManifest[] {
  return commands.flatMap(({ name, cmd, request_hex, status, error }) => {
    const command = COMMANDS.get(cmd as 0x4154_4d4e);
    if (command === undefined) return [];
    const request = hexToBytes(request_hex);
    const size = new DataView(request.buffer).getUint32(4, true);
    if (size > request.length - 8) return [];
    const code = status === 'CMD_FAILURE' ? Number(error?.fw_error_non_fatal) : undefined;
    return [{ name, command, manifest: request.slice(8, 8 + size), code }];
  });
}

/** What a recorded chip verifies manifests against. */
export function recordedManifestChip(config: string): StandaloneManifestOptions {
  const {
    fuses,
    lifecycle,
    strap_generic_3 = 0,
  } = readVectors<RecordedFusesAndStraps>(`goldens/${config}/config.json`);
  const words = fuses.soc_manifest_svn?.match(/.{8}/g)?.map((word) => Number.parseInt(word, 16));
  const recorded: SocManifestFuses = {
    socManifestSvn: words ?? encodeSvnFuse(0),
    socManifestMaxSvn: fuses.soc_manifest_max_svn ?? 0,
    ownerManifestMinSvn: (strap_generic_3 >>> 8) & 0xff,
    antiRollbackDisable: fuses.anti_rollback_disable ?? false,
    ...(fuses.pqc_key_type !== undefined && { pqcKeyType: fuses.pqc_key_type }),
  };
  return {
    provider: portableProvider,
    firmware: recordedManifest(recordedImage(config)),
    fuses: recorded,
    lifecycle: LIFECYCLES[lifecycle] ?? LIFECYCLE.production,
  };
}
