// Captures the output of a program for the result and the log: split into lines, redacted, and limited.

import { StringDecoder } from 'node:string_decoder';
import type { Redactor } from '../redact.ts';

export interface Capture {
  write(chunk: Uint8Array): void;
  /** The whole output, or its beginning and end with a note in between. */
  end(): string;
}

export interface CaptureOptions {
  readonly redactor: Redactor;
  /** Maximum number of characters. */
  readonly limit: number;
  readonly onLine?: (line: string) => void;
  /** Called with each line first; a line for which it returns true is left out. */
  readonly take?: (line: string) => boolean;
}

/** Maximum length of a buffered incomplete line, in characters. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Matches a line that ends like wrapped base64 or a hex dump: a secret may continue in the next line. */
const GOES_ON = /(?:[A-Za-z0-9+/=_-]{16}|(?:[0-9A-Fa-f]{2,4}[ :]){4}[0-9A-Fa-f]{2,4})\s*$/;

export function captureText({ redactor, limit, onLine, take }: CaptureOptions): Capture {
  const decoder = new StringDecoder('utf8');
  const kept = headAndTail(limit);
  let pending = '';
  /** Complete lines that may continue in the next one. */
  let held = '';

  function line(text: string, end: string): void {
    if (take?.(text)) return;
    held += text + end;
    if (end === '' || held.length > MAX_LINE_LENGTH || !GOES_ON.test(text)) release();
  }

  function release(): void {
    if (held === '') return;
    const clean = redactor.redact(held);
    held = '';
    kept.add(clean);
    if (onLine !== undefined) for (const each of clean.replace(/\n$/, '').split('\n')) onLine(each.replace(/\r$/, ''));
  }

  function flush(): void {
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const text of lines) line(text, '\n');
    if (pending.length <= MAX_LINE_LENGTH) return;
    release();
    // A secret may have started in the text to be written, so its maximum length is held back.
    const clean = redactor.redact(pending);
    const ready = clean.slice(0, clean.length - redactor.longest());
    kept.add(ready);
    pending = clean.slice(ready.length);
  }

  return {
    write(chunk) {
      pending += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      flush();
    },
    end() {
      pending += decoder.end();
      flush();
      if (pending !== '') line(pending, '');
      release();
      return kept.text();
    },
  };
}

/** Keeps the head and tail, each half of the limit. */
function headAndTail(limit: number): { add(text: string): void; text(): string } {
  const half = Math.floor(limit / 2);
  let head = '';
  let tail = '';
  let dropped = 0;
  return {
    add(text) {
      const room = Math.max(0, half - head.length);
      head += text.slice(0, room);
      tail += text.slice(room);
      // Truncated rarely, so that a long output does not copy its tail repeatedly.
      if (tail.length > 2 * half) {
        dropped += tail.length - half;
        tail = tail.slice(-half);
      }
    },
    text() {
      const left = dropped + Math.max(0, tail.length - half);
      return left === 0 ? head + tail : `${head}\n… ${left} characters left out …\n${tail.slice(-half)}`;
    },
  };
}

/** Passes lines on up to a number of characters, then reports the limit once. Blank lines are left out. */
export function limitLines(onLine: (line: string) => void, limit: number): (line: string) => void {
  let left = limit;
  return (line) => {
    if (left < 0 || line === '') return;
    left -= line.length;
    onLine(left < 0 ? '… further output is not shown …' : line);
  };
}
