/** Text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
export function utf8Text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
