import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Client } from './helpers.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/device-rpc.md', import.meta.url)), 'utf8');

/** Rows of the tables whose first column is a method. */
const documented = [...page.matchAll(/^\| `([a-z][A-Za-z]+)` +\|/gm)].map(([, name]) => name as string);

describe('docs/device-rpc.md', () => {
  test('its conversation is what a session answers', () => {
    const [, body = ''] = /^```jsonl run\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const client = new Client();
    const lines = body.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    for (let i = 0; i < lines.length; i += 2) {
      const [sent, answer] = [lines[i], lines[i + 1]] as [string, string];
      expect(client.raw(sent.replace(/^→ /, ''))).toEqual([JSON.parse(answer.replace(/^← /, ''))]);
    }
  });

  test('has every method', () => {
    const methods = [...(new Client().call('hello').methods as string[])];
    const inText = ['stagingAddress'];
    expect(methods.filter((method) => !documented.includes(method))).toEqual(inText);
    for (const method of inText) expect(page).toContain(`\`${method}\``);
  });
});
