import { X509Error } from './error.ts';

/** One block of a PEM text. */
export interface PemBlock {
  /** Such as `CERTIFICATE` or `CERTIFICATE REQUEST`. */
  readonly label: string;
  readonly der: Uint8Array;
}

/** PEM of RFC 7468: base64 in lines of 64 characters. */
export function encodePem(label: string, der: Uint8Array): string {
  let binary = '';
  for (const byte of der) binary += String.fromCharCode(byte);
  const lines = btoa(binary).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`;
}

const BLOCK = /-----BEGIN ([^\n-]*)-----([^-]*)-----END ([^\n-]*)-----/g;

/**
 * All blocks of a PEM text; what stands between them is passed over.
 *
 * @throws X509Error if there is none, if begin and end differ, or if the contents are no base64
 */
export function decodePem(text: string): PemBlock[] {
  const blocks = [...text.matchAll(BLOCK)].map((match) => {
    const [, label = '', body = '', end] = match;
    if (label !== end) throw new X509Error('pem', match.index, `begins with ${label}, ends with ${end}`);
    const base64 = body.replace(/\s/g, '');
    if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
      throw new X509Error('pem', match.index, `${label}: not base64`);
    return { label, der: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) };
  });
  if (blocks.length === 0) throw new X509Error('pem', undefined, 'no block');
  return blocks;
}
