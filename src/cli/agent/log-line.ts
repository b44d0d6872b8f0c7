// Formats a JSON log line for a terminal.

import { paint, type Style } from '../../messages/terminal/paint.ts';

const LEVELS: Readonly<Record<string, readonly [name: string, style: Style]>> = {
  warn: ['warning', 'yellow'],
  error: ['error', 'red'],
  fatal: ['error', 'red'],
};

/** @param json one log line; anything else is returned unchanged */
export function logLine(json: string, colours: boolean): string {
  const entry = parsed(json);
  if (entry === null) return json;
  const { level, time, msg, ...fields } = entry;
  const clock = typeof time === 'string' ? time.slice(11, 19) : '';
  const [name, style] = LEVELS[String(level)] ?? [];
  const mark = name === undefined || style === undefined ? '' : `${paint(name, style, colours)} `;
  const told = Object.entries(fields).map(([key, value]) => `${key}=${valueText(value)}`);
  return `${[`${clock} ${mark}${msg}`, ...told].join('  ')}\n`;
}

function parsed(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Errors only by their message, without stack. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return JSON.stringify(value);
}
