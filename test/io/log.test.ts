// Log levels: a warning is expected and may come with every poll, an error is unexpected.

import { expect, test } from 'vitest';
import { openLog } from '../../src/io/log.ts';

function written(say: (log: ReturnType<typeof openLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  say(openLog({ level: 'info', destination: { write: (line) => void lines.push(line) } }));
  return JSON.parse(lines[0] ?? '{}');
}

const failure = new Error('it cannot be fetched', { cause: new Error('HTTP 401') });

test('a warning has the reason and its cause, and no stack', () => {
  const { reason, ...line } = written((log) => log.warn('no luck', { error: failure, id: 7 }));
  expect(reason).toBe('it cannot be fetched: HTTP 401');
  expect(line).toMatchObject({ level: 'warn', msg: 'no luck', id: 7 });
  expect(JSON.stringify(line)).not.toContain('at ');
});

test('the same line again and again is written once, another is written', () => {
  const lines: string[] = [];
  const log = openLog({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  for (let count = 0; count < 10_000; count += 1) log.warn('queue', { queue: 'report', error: 'it is away' });
  for (let count = 0; count < 10; count += 1) log.error('queue', { error: failure });
  log.warn('queue', { queue: 'apply', error: 'it is away' });
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error', 'warn']);
});

test('an error has a stack, since it is unexpected', () => {
  const { error } = written((log) => log.error('a surprise', { error: failure }));
  expect((error as { stack: string }).stack).toContain('log.test.ts');
});
