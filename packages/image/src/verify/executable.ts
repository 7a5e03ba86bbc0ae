import { equalBytes } from '@rootcap/crypto';
import type { CheckSymbol } from '../explain.ts';
import type { ImageTocEntry } from '../layouts.ts';
import type { ImageVerificationEnv, ImageVerificationExeInfo, VerificationReason } from './env.ts';
import { orDigestFailure, refuse } from './refuse.ts';

/** Codes of one executable. */
interface ExecutableSymbols {
  readonly digestFailure: CheckSymbol;
  readonly digestMismatch: CheckSymbol;
  readonly loadAddrInvalid: CheckSymbol;
  readonly loadAddrUnaligned: CheckSymbol;
  readonly entryPointInvalid: CheckSymbol;
  readonly entryPointUnaligned: CheckSymbol;
}

const FMC: ExecutableSymbols = {
  digestFailure: 'IMAGE_VERIFIER_ERR_FMC_DIGEST_FAILURE',
  digestMismatch: 'IMAGE_VERIFIER_ERR_FMC_DIGEST_MISMATCH',
  loadAddrInvalid: 'IMAGE_VERIFIER_ERR_FMC_LOAD_ADDR_INVALID',
  loadAddrUnaligned: 'IMAGE_VERIFIER_ERR_FMC_LOAD_ADDR_UNALIGNED',
  entryPointInvalid: 'IMAGE_VERIFIER_ERR_FMC_ENTRY_POINT_INVALID',
  entryPointUnaligned: 'IMAGE_VERIFIER_ERR_FMC_ENTRY_POINT_UNALIGNED',
};

const RUNTIME: ExecutableSymbols = {
  digestFailure: 'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_FAILURE',
  digestMismatch: 'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH',
  loadAddrInvalid: 'IMAGE_VERIFIER_ERR_RUNTIME_LOAD_ADDR_INVALID',
  loadAddrUnaligned: 'IMAGE_VERIFIER_ERR_RUNTIME_LOAD_ADDR_UNALIGNED',
  entryPointInvalid: 'IMAGE_VERIFIER_ERR_RUNTIME_ENTRY_POINT_INVALID',
  entryPointUnaligned: 'IMAGE_VERIFIER_ERR_RUNTIME_ENTRY_POINT_UNALIGNED',
};

const hex = (address: number): string => `0x${address.toString(16)}`;

/** Digest over the bytes that the entry points to, then its addresses. Overflow was excluded in step 18. */
function verifyExecutable(
  env: ImageVerificationEnv,
  entry: ImageTocEntry,
  symbols: ExecutableSymbols,
): ImageVerificationExeInfo {
  const { offset, size, loadAddr, entryPoint, digest } = entry;
  const actual = orDigestFailure(symbols.digestFailure, () => env.sha384OfImage(offset, size));
  if (!equalBytes(actual, digest)) refuse(symbols.digestMismatch);

  const { start, end } = env.iccmRange;
  const inIccm = (address: number): boolean => address >= start && address < end;
  if (!inIccm(loadAddr) || !inIccm(loadAddr + size - 1)) refuse(symbols.loadAddrInvalid, hex(loadAddr));
  if (loadAddr % 4 !== 0) refuse(symbols.loadAddrUnaligned, hex(loadAddr));
  if (!inIccm(entryPoint)) refuse(symbols.entryPointInvalid, hex(entryPoint));
  if (entryPoint % 4 !== 0) refuse(symbols.entryPointUnaligned, hex(entryPoint));
  return { loadAddr, entryPoint, size, digest };
}

/** @internal Step 19. */
export function verifyFmc(
  env: ImageVerificationEnv,
  entry: ImageTocEntry,
  reason: VerificationReason,
): ImageVerificationExeInfo {
  const info = verifyExecutable(env, entry, FMC);
  if (reason === 'UpdateReset' && !(env.coldBoot && equalBytes(env.coldBoot.fmcTci, info.digest)))
    refuse('IMAGE_VERIFIER_ERR_UPDATE_RESET_FMC_DIGEST_MISMATCH');
  return info;
}

/** @internal Step 20. */
export function verifyRuntime(env: ImageVerificationEnv, entry: ImageTocEntry): ImageVerificationExeInfo {
  return verifyExecutable(env, entry, RUNTIME);
}
