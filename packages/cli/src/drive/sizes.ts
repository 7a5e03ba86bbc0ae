import { BLOCK_SIZE } from '@rootcap/drive';
import { UsageError } from '../errors.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `NAME=SIZE`, the size in bytes or with K, M, G or T. @throws UsageError */
export function namespaceOf(text: string): { readonly name: string; readonly blockCount: number } {
  const [, name, digits, unit = ''] = /^([A-Za-z0-9._-]+)=(\d+)([KMGT]?)$/.exec(text) ?? [];
  const blockCount = (Number(digits) * (UNITS[unit] as number)) / BLOCK_SIZE;
  if (name === undefined || !Number.isSafeInteger(blockCount) || blockCount < 1)
    throw new UsageError(
      `--namespace: expected NAME=SIZE, a multiple of ${BLOCK_SIZE} bytes such as data=64M, got ${text}`,
    );
  return { name, blockCount };
}
