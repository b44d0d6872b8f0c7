// Decodes UTF-8 without a byte order mark, or tells which other encoding it is.

export interface Decoded {
  readonly text: string;
  readonly fault: EncodingFault | null;
}

interface EncodingFault {
  /** Offset into the text. */
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
  /** The file cannot be read at all. */
  readonly fatal: boolean;
}

const HINT = 'Save the file as UTF-8 without a byte order mark.';

export function decode(bytes: Uint8Array): Decoded {
  if (isUtf16(bytes)) return unreadable('is UTF-16, not UTF-8', '', 0);
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const content = mark ? bytes.subarray(3) : bytes;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    const lossy = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
    return unreadable('is not UTF-8: a byte has no meaning here', lossy, Math.max(lossy.indexOf('\uFFFD'), 0));
  }
  if (text.includes('\0')) return unreadable('holds a zero byte, so it is not text', text, text.indexOf('\0'));
  if (!mark) return { text, fault: null };
  return { text, fault: { offset: 0, message: 'begins with a byte order mark', hint: HINT, fatal: false } };
}

/** Detects UTF-16 by its byte order mark, or by the zero bytes of ASCII text in it. */
function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return false;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return bytes.length % 2 === 0 && (first === 0) !== (second === 0);
}

function unreadable(message: string, text: string, offset: number): Decoded {
  return { text, fault: { offset, message, hint: HINT, fatal: true } };
}
