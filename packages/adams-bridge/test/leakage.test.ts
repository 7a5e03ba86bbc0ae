import { describe, expect, test } from '@jest/globals';
import { AcceleratorState, execute, Masking, MLDSA_SHARES, recombine, type Shares } from '@rootcap/adams-bridge';

/** Pearson's correlation. */
function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, value] of x.entries()) {
    const [dx, dy] = [value - meanX, (y[i] as number) - meanY];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

describe('correlation of a share with what it hides, over the 5888 products of a signature', () => {
  const seen = new Map<string, Shares[]>();
  const state = new AcceleratorState();
  state.set('mldsaSeed', new Uint8Array(32).fill(1));
  const masking = new Masking({
    shares: ({ instruction: { op }, signal, stage, shares }) => {
      if (op !== 'MASKED_PWM') return;
      const name = `${signal} ${stage}`;
      const list = seen.get(name) ?? [];
      seen.set(name, list);
      list.push(shares);
    },
  });
  const running = execute(state, 'MLDSA_KEYGEN_SIGN', { masking });
  while (!running.next().done);

  const of = (name: string): readonly [number, number] => {
    const list = seen.get(name) ?? [];
    expect(list).toHaveLength(5888);
    const secrets = list.map((shares) => recombine(MLDSA_SHARES, shares));
    return [
      correlation(
        list.map(([x]) => x),
        secrets,
      ),
      correlation(
        list.map(([, y]) => y),
        secrets,
      ),
    ];
  };

  // Four standard deviations of the correlation of independent samples; masks of `a` and `b` are shared by four.
  const bound = 4 / Math.sqrt(5888 / 4);

  test.each(['a split', 'b split', 'ab product'])('%s: none', (name) => {
    for (const r of of(name)) expect(Math.abs(r)).toBeLessThan(bound);
  });

  test('ab reduced: share 0 has the borrow of a mask of 23 bits, as the widths of the RTL give; share 1 has none', () => {
    const [share0, share1] = of('ab reduced');
    // For a uniform value and mask the correlation of value and borrow is 1 / sqrt(3).
    expect(Math.abs(share0 + 1 / Math.sqrt(3))).toBeLessThan(bound);
    expect(Math.abs(share1)).toBeLessThan(bound);
  });
});
