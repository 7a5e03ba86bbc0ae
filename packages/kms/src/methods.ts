import { hexToBytes } from '@rootcap/crypto';

/** What a sealed access key is for, by the command of the key management block. */
export type Operation = 'generate' | 'rewrap' | 'enable' | 'test';

/** The host's method and the mailbox command behind each operation. OCP LOCK 1.1, appendix on host APIs */
export const OPERATIONS: Readonly<Record<Operation, { readonly method: string; readonly command: string }>> = {
  generate: { method: 'InitializeAccessCondition', command: 'GENERATE_MPK' },
  rewrap: { method: 'ChangeAccessKey', command: 'REWRAP_MPK' },
  enable: { method: 'EnableAccess', command: 'ENABLE_MPK' },
  test: { method: 'TestAccessKey', command: 'TEST_ACCESS_KEY' },
};

/** 8 bytes each. */
export type MethodUids = Readonly<Record<Operation, Uint8Array>>;

/**
 * UIDs of the methods of TCG MEK-MPA. That specification is not public yet, so these numbers are this package's own, in the
 * form of a TCG method UID; a drive only has to name the same ones in its SealedAccessKey. A service takes others as an option.
 */
export const METHOD_UIDS: MethodUids = {
  generate: hexToBytes('00000006000f0001'),
  rewrap: hexToBytes('00000006000f0002'),
  enable: hexToBytes('00000006000f0003'),
  test: hexToBytes('00000006000f0004'),
};
