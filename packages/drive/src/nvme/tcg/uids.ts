import { bytesToHex } from '@rootcap/crypto';
import type { OpalAuthority } from './opal-port.ts';

/** UIDs as 16 hexadecimal digits: Core Specification 2.01, section 5; Opal SSC 2.02, section 4. */
export const UID = {
  SESSION_MANAGER: '00000000000000ff',
  THIS_SP: '0000000000000001',
  ADMIN_SP: '0000020500000001',
  LOCKING_SP: '0000020500000002',
  ANYBODY: '0000000900000001',
  SID: '0000000900000006',
  C_PIN_SID: '0000000b00000001',
  C_PIN_MSID: '0000000b00008402',
  LOCKING_INFO: '0000080100000001',
  MBR_CONTROL: '0000080300000001',
} as const;

export const METHOD = {
  PROPERTIES: '000000000000ff01',
  START_SESSION: '000000000000ff02',
  SYNC_SESSION: '000000000000ff03',
  REVERT: '0000000600000202',
  ACTIVATE: '0000000600000203',
  GEN_KEY: '0000000600000010',
  REVERT_SP: '0000000600000011',
  GET: '0000000600000016',
  SET: '0000000600000017',
  AUTHENTICATE: '000000060000001c',
  RANDOM: '0000000600000601',
} as const;

export const ADMINS = 4;
export const USERS = 8;

/** Kinds of rows of which there are several, by the first six bytes of their UIDs and the highest number. */
const NUMBERED = {
  admin: ['000000090001', ADMINS],
  user: ['000000090003', USERS],
  adminPin: ['0000000b0001', ADMINS],
  userPin: ['0000000b0003', USERS],
  range: ['000008020003', 0xffff],
  key: ['000008060003', 0xffff],
} as const;

type Numbered = keyof typeof NUMBERED;

/** @returns the number of a row of this kind, or undefined if it is none */
function numberOf(kind: Numbered, uid: string): number | undefined {
  const [prefix, highest] = NUMBERED[kind];
  const number = uid.startsWith(prefix) ? Number.parseInt(uid.slice(prefix.length), 16) : 0;
  return number >= 1 && number <= highest ? number : undefined;
}

const GLOBAL_RANGE = '0000080200000001';
const GLOBAL_KEY = '0000080600000001';

/** The locking range that a UID names. */
export const rangeOf = (uid: string): number | undefined => (uid === GLOBAL_RANGE ? 0 : numberOf('range', uid));

/** The range whose K_AES_256 a UID names. */
export const rangeOfKey = (uid: string): number | undefined => (uid === GLOBAL_KEY ? 0 : numberOf('key', uid));

export function keyUid(range: number): string {
  const [prefix] = NUMBERED.key;
  return range === 0 ? GLOBAL_KEY : `${prefix}${range.toString(16).padStart(4, '0')}`;
}

export function authorityOf(uid: string): OpalAuthority | undefined {
  if (uid === UID.SID) return 'SID';
  const admin = numberOf('admin', uid);
  if (admin !== undefined) return `Admin${admin}`;
  const user = numberOf('user', uid);
  return user === undefined ? undefined : `User${user}`;
}

/** Whose PIN a row of C_PIN holds. */
export function pinOwner(uid: string): OpalAuthority | undefined {
  if (uid === UID.C_PIN_SID) return 'SID';
  const admin = numberOf('adminPin', uid);
  if (admin !== undefined) return `Admin${admin}`;
  const user = numberOf('userPin', uid);
  return user === undefined ? undefined : `User${user}`;
}

export const uidText = (value: Uint8Array): string => bytesToHex(value);
