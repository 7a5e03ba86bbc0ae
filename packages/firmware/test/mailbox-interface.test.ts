import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type AnyLayout, COMMAND_ID, type CommandName, MESSAGE_LAYOUTS, messagesOf } from '@rootcap/firmware';
import { hasPack, packPath } from '@rootcap/vectors';

interface Layout {
  readonly size: number;
  readonly alias?: string;
  readonly fields?: readonly { readonly name: string; readonly offset: number; readonly size: number }[];
}
interface Interface {
  readonly commands: Readonly<
    Record<string, { readonly id: string; readonly request: string | null; readonly response: string | null }>
  >;
  readonly structs: Readonly<Record<string, Layout>>;
}

const LAYOUTS = ['runtime-mailbox', 'layouts.json'] as const;
const have = hasPack(...LAYOUTS);
const recorded: Interface = have
  ? JSON.parse(readFileSync(packPath(...LAYOUTS), 'utf8'))
  : { commands: {}, structs: {} };

/** Structs that stand in the table of the interface under the name of an equal one. */
const EQUAL: Readonly<Record<string, string>> = {
  Cmk: 'EncryptedCmk',
  QuotePcrsEcc384Req: 'QuotePcrsReq',
  QuotePcrsMldsa87Req: 'QuotePcrsReq',
  GetAttestedEccCsrReq: 'GetAttestedCsrReq',
  GetAttestedMldsaCsrReq: 'GetAttestedCsrReq',
  VerifyAuthManifestReq: 'SetAuthManifestReq',
};

function expectedFields(name: string): string[] {
  const { alias, fields } = recorded.structs[name] as Layout;
  if (alias !== undefined) return expectedFields(alias);
  return (fields ?? []).map((field) => `${field.name} ${field.offset} ${field.size}`);
}

function fieldsOf(layout: AnyLayout): string[] {
  return layout.fieldNames.map((name) => {
    const { offset, field } = layout.member(name);
    return `${name} ${offset} ${field.size}`;
  });
}

/** A message that is its header only may call that header what it likes. */
function isHeaderOnly(name: string): boolean {
  const { fields } = recorded.structs[name] as Layout;
  return fields?.length === 1 && /^hdr|header$/.test(fields[0]?.name ?? '');
}

function expectSame(layout: AnyLayout | undefined, name: string | null): void {
  if (name === null || recorded.structs[name]?.size === 0) {
    expect(layout).toBeUndefined();
    return;
  }
  expect(layout?.size).toBe(recorded.structs[name]?.size);
  if (!isHeaderOnly(name)) expect(fieldsOf(layout as AnyLayout)).toEqual(expectedFields(name));
}

if (!have) test('left out: no runtime-mailbox pack', () => {});
else
  describe('mailbox interface', () => {
    test('has the commands of the firmware', () => {
      const ids = Object.entries(recorded.commands).map(([name, { id }]) => [name, Number(id)]);
      expect(new Map(Object.entries(COMMAND_ID))).toEqual(new Map(ids as [string, number][]));
    });

    test.each(Object.entries(recorded.commands))('%s', (name, { request, response }) => {
      const messages = messagesOf(name as CommandName);
      expectSame(messages.request, request);
      expectSame(messages.response, response);
    });

    const structs = Object.entries(recorded.structs).filter(([, { alias, size }]) => alias === undefined && size > 0);
    test.each(structs)('struct %s', (name, { size }) => {
      const layout = MESSAGE_LAYOUTS.get(EQUAL[name] ?? name);
      if (layout === undefined && isHeaderOnly(name)) return expect([4, 8]).toContain(size);
      expect(layout?.size).toBe(size);
      expect(fieldsOf(layout as AnyLayout)).toEqual(expectedFields(name));
    });
  });
