import type { Connection } from './connection.ts';
import { notAvailable } from './errors.ts';
import { boolean, bytesOfWords, choice, integer, type Params, wordsOf } from './params.ts';

const DEBUG_LEVELS = 8;
const HASH_WORDS = 12;

/** Makes something fail, or undoes that. */
export function inject({ board }: Connection, params: Params): object {
  const { chip } = board.device;
  switch (choice(params, 'fault', ['none', 'iccmDoubleBit', 'dccmDoubleBit', 'otp', 'debugUnlockHash'])) {
    case 'none':
      chip.memoryFault = 'none';
      return {};
    case 'iccmDoubleBit':
      chip.memoryFault = 'iccm';
      return {};
    case 'dccmDoubleBit':
      chip.memoryFault = 'dccm';
      return {};
    case 'otp':
      chip.otp.failsZeroization = boolean(params, 'on', true);
      return {};
    case 'debugUnlockHash': {
      if (!chip.soc.subsystemMode) throw notAvailable('debug unlock hashes in passive mode');
      const level = integer(params, 'index', DEBUG_LEVELS - 1) + 1;
      chip.mci.setDebugUnlockHash(level, bytesOfWords(wordsOf(params.words, 'words', HASH_WORDS)));
      return {};
    }
  }
}
