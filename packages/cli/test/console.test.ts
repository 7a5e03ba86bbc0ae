import { describe, expect, test } from '@jest/globals';
import { complete, run, wordsOf } from '@rootcap/cli';
import fc from 'fast-check';

/** A person who types these lines. @returns what was printed, and the prompts */
async function session(...typed: readonly string[]) {
  const prompts: string[] = [];
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    stdout: { write: (part: string) => void out.push(part) },
    stderr: { write: (part: string) => void err.push(part) },
    env: {},
    cwd: '.',
    stdin: () => new Uint8Array(0),
    async *lines(prompt: () => string) {
      for (const line of typed) {
        prompts.push(prompt());
        yield line;
      }
    },
  };
  const code = await run(['mailbox', '--no-self-verify'], io);
  return { code, prompts, out: out.join(''), err: err.join('') };
}

describe('console', () => {
  test('shows requests, responses, refusals and the state, and goes on after a mistake', async () => {
    const { code, out, err, prompts } = await session(
      'EXTEND_PCR pcr_idx=40',
      'NOTHING',
      'EXTEND_PCR pcr_idx=4',
      'events on',
      'INCREMENT_PCR_RESET_COUNTER index=1',
      'events off',
      'VERSION',
      'state',
      'help',
      'help dpe',
      'help dpe mldsa87 Sign',
      'help CM_HMAC',
      'exit',
      'VERSION',
    );
    expect([code, prompts.length, prompts[0]]).toEqual([0, 13, 'runtime> ']);
    expect(out.match(/VERSION {2}DATA_READY/g)).toHaveLength(1);
    expect(out).toMatch(/> {2}pcr_idx {2}4 .*\n {2}< {2}fips_status/);
    expect(err).toMatch(
      /error: RUNTIME_PCR_INVALID_INDEX[\s\S]*non-fatal 0x000e003d RUNTIME_PCR_INVALID_INDEX; AXI user 1/,
    );
    expect(err).toContain('error: command: nothing is called NOTHING');
    expect(err).toMatch(/event command id=0x50435252 name=INCREMENT_PCR_RESET_COUNTER status=DATA_READY/);
    expect(err).not.toContain('name=VERSION');
    expect(err).toMatch(/tbs +bytes\[64\]/);
    expect(err).toMatch(/data_size +u32 .*follows from data/);
  });

  test.each([
    ['EXTEND_P', ['EXTEND_PCR']],
    ['extend_p', ['EXTEND_PCR']],
    ['EXTEND_PCR ', ['pcr_idx=', 'data=']],
    ['EXTEND_PCR pcr_idx=4 ', ['data=']],
    ['VERSION ', []],
    ['dpe ml', ['mldsa87']],
    ['dpe mldsa87 Cer', ['CertifyKey']],
    ['dpe CertifyKey l', ['label=']],
    ['reset ', ['warm', 'cold', 'update']],
    ['events o', ['on', 'off']],
    ['help EXTEND_P', ['EXTEND_PCR']],
    ['help dpe Sig', ['Sign']],
    ['state ', []],
    ['NOTHING x', []],
    ['"EXTEND', []],
  ])('completes %j', (line, expected) => {
    expect(complete(line)[0]).toEqual(expected);
  });

  test('words: blanks separate, quotes keep together, # starts a comment', () => {
    expect(wordsOf(`a  b=1 'c d' e="f g" h#i # j`)).toEqual(['a', 'b=1', 'c d', 'e=f g', 'h#i']);
    expect(wordsOf('')).toEqual([]);
    expect(wordsOf("''")).toEqual(['']);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '=', '#', ' ', '"', '\t') })), (words) => {
        expect(wordsOf(words.map((word) => `'${word}'`).join(' '))).toEqual(words);
      }),
    );
  });
});
