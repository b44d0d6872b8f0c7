// A log that records its entries.

import type { Log } from '../../src/ports/log.ts';

export interface RecordedLog extends Log {
  readonly lines: readonly string[];
}

export function recordLog(): RecordedLog {
  const lines: string[] = [];
  const record =
    (level: string) =>
    (text: string, fields?: Record<string, unknown>): void => {
      const error = fields?.['error'];
      lines.push(`${level} ${text}${error instanceof Error ? ` (${error.message})` : ''}`);
    };
  return { lines, info: record('info'), warn: record('warn'), error: record('error') };
}
