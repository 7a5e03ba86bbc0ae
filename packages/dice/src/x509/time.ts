/** Times as text, `YYYYMMDDHHMMSSZ`: they compare as strings, and nothing here asks for the time of day. */

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?Z?)?$/;

/**
 * `YYYYMMDDHHMMSSZ` of itself or of an ISO 8601 time in UTC (`2026-01-31`, `2026-01-31T12:00:00Z`).
 *
 * @throws RangeError for anything else
 */
export function timeText(at: string): string {
  if (/^\d{14}Z$/.test(at)) return at;
  const fields = ISO.exec(at)?.slice(1);
  if (fields === undefined) throw new RangeError(`at: "${at}" is neither YYYYMMDDHHMMSSZ nor an ISO 8601 time in UTC`);
  return `${fields.map((field) => field ?? '00').join('')}Z`;
}

/** `2023-01-01 00:00:00 UTC` */
export function readableTime(text: string): string {
  const at = (from: number, to: number): string => text.slice(from, to);
  return `${at(0, 4)}-${at(4, 6)}-${at(6, 8)} ${at(8, 10)}:${at(10, 12)}:${at(12, 14)} UTC`;
}

/** RFC 5280 section 4.1.2.5: a certificate without a well-defined end. */
export const NO_END = '99991231235959Z';
