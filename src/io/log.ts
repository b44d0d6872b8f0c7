// The log: one JSON document per line, by pino, or a plain line for people; every known secret is redacted in the finished line.

import { pino } from 'pino';
import type { Log } from '../ports/log.ts';
import type { Redactor } from './redact.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Redacts secrets; without it, none are redacted. */
  readonly redactor?: Redactor;
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** Standard error when absent: standard output belongs to answers. */
  readonly destination?: { write(line: string): void };
}

export function openLog({ level, redactor, pretty = false, destination = process.stderr }: LogOptions): Log {
  const write = (line: string): void => {
    const shown = pretty ? forPeople(JSON.parse(line)) : line;
    destination.write(redactor?.redact(shown) ?? shown);
  };
  const logger = pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    { write },
  );
  const repeats = repeatsWithin(REPEAT_MS);
  return {
    info: (text, fields = {}) => logger.info(fields, text),
    warn(text, fields = {}) {
      const told = withReason(fields);
      repeats(`warn ${text} ${JSON.stringify(told)}`, (more) => logger.warn({ ...told, ...more }, text));
    },
    error(text, fields = {}) {
      const { error } = fields;
      const said = error instanceof Error ? { ...fields, error: error.stack } : fields;
      repeats(`error ${text} ${JSON.stringify(said)}`, (more) => logger.error({ ...fields, ...more }, text));
    },
  };
}

/** A repeated line is written once per this interval, with the number of repetitions. */
const REPEAT_MS = 60_000;
/** Maximum number of tracked lines; with more, there is no repetition to suppress. */
const MAX_LINES = 1_000;

/** Monotonic. */
function repeatsWithin(ms: number): (line: string, write: (more: object) => void) => void {
  const written = new Map<string, { at: number; repeated: number }>();
  return (line, write) => {
    const now = performance.now();
    const last = written.get(line);
    if (last !== undefined && now - last.at < ms) {
      last.repeated += 1;
      return;
    }
    write(last === undefined || last.repeated === 0 ? {} : { repeated: last.repeated });
    if (written.size >= MAX_LINES) written.clear();
    written.set(line, { at: now, repeated: 0 });
  };
}

/** A warning is an expected failure, and may recur at every poll: its reason is logged without a stack. */
function withReason({ error, ...fields }: Record<string, unknown>): Record<string, unknown> {
  return error === undefined ? fields : { ...fields, reason: reasonOf(error) };
}

/** The messages of an error and its causes, each once. */
function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    if (!messages.some((message) => message.includes((each as Error).message))) messages.push(each.message);
  }
  return messages.length === 0 ? String(error) : messages.join(': ');
}

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** `12:30:01 warn  text  field=value`; an error only with its message. */
function forPeople({ time, level, msg, ...fields }: Line): string {
  const shown = Object.entries(fields).map(([name, value]) => `  ${name}=${shortly(value)}`);
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${msg}${shown.join('')}\n`;
}

function shortly(value: unknown): string {
  if (typeof value === 'string') return value;
  const { message } = (value ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(value);
}
