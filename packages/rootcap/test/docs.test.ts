import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { RUNTIME_COMMANDS } from '@rootcap/firmware';

const page = readFileSync(fileURLToPath(new URL('../../../docs/mailbox-cryptography.md', import.meta.url)), 'utf8');

function block(info: string): string {
  return new RegExp(`^\`\`\`${info}\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';
}

describe('docs/mailbox-cryptography.md', () => {
  test('its example runs as shown', () => {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', block('js run')], { cwd, encoding: 'utf8' });
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toBe(block('text output'));
  });

  test('names every command of the runtime', () => {
    const names = RUNTIME_COMMANDS.map(({ name }) => name).filter((name) => name.startsWith('CM_'));
    expect(page).toContain(`${names.length} commands whose names begin with \`CM_\``);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
