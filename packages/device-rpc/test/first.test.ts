import { describe, expect, test } from '@jest/globals';
import { Host, Session } from '@rootcap/device-rpc';

const host = new Host();

function client() {
  const lines: string[] = [];
  const session = new Session({ host, send: (line) => lines.push(line) });
  return (method: string, params: object = {}) => {
    session.call(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    return JSON.parse(lines.pop() as string);
  };
}

describe('a session', () => {
  test('has no device before create', () => {
    expect(client()('read', { address: 0 }).error).toEqual({ code: -32001, message: 'no device' });
  });

  test('creates a device that waits for its fuses', () => {
    const call = client();
    expect(call('create').result).toEqual({ device: 'model', hwRevId: 0x112, hwConfig: 0 });
    expect(call('wires').result.readyForFuses).toBe(true);
  });
});
