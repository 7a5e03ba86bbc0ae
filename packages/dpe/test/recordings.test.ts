import { describe, expect, test } from '@jest/globals';
import { encodeCommand, executeCommand, INITIALIZE_CONTEXT_FLAGS, SUPPORT } from '@rootcap/dpe';
import { hasVectors, hex, recordedEnvironment, recordings, supportOf, unhex } from './vectors.ts';

describe('the reference simulator', () => {
  if (!hasVectors) test('left out: no dpe pack', () => {});
  for (const recording of recordings())
    test.each(recording.scenarios)(`${recording.profile} $scenario`, ({ scenario, args, commands }) => {
      const recorded = recordedEnvironment(recording, args);
      const env = { ...recorded, compatibility: { rootSizedTcbInfos: scenario === 'quirk-svn-width' } };
      if ((supportOf(args) & SUPPORT.AUTO_INIT) !== 0)
        executeCommand(
          env,
          recording.platform.autoInitLocality,
          encodeCommand(env.profile, 'InitializeContext', { flags: INITIALIZE_CONTEXT_FLAGS.DEFAULT }),
        );
      for (const { n, command, locality, request, response } of commands) {
        const answered = `${n} ${command} ${hex(executeCommand(env, locality, unhex(request)))}`;
        expect(answered).toBe(`${n} ${command} ${response}`);
      }
    });
});
