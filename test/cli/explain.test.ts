// `phoenix explain` has an explanation with a remedy for every code, and finds a known failure of Proxmox by its message.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type ExplainArgs, explain } from '../../src/cli/explain.ts';
import { OUTCOMES, PROBLEMS } from '../../src/messages/problems/explanations.ts';
import { KNOWN_FAILURES } from '../../src/messages/problems/known-failures.ts';
import { problemsPage } from '../../src/messages/problems/problems-page.ts';
import { captured } from './captured.ts';

const run = (args: Partial<ExplainArgs>) => captured((io) => explain({ json: false, ...args }, io));

const CODES = [...Object.keys(PROBLEMS), ...Object.keys(OUTCOMES), ...KNOWN_FAILURES.map(({ code }) => code)];

test.each(CODES)('%s is explained, with what to do', async (code) => {
  const { exit, out, err } = await run({ code: code.toLowerCase() });
  expect([exit, err]).toEqual([0, '']);
  expect(out).toMatch(new RegExp(`^${code} \\((error|warning|outcome|failure)\\)\n\n.+\n\nWhat to do: .+\n$`));
});

describe('as JSON', () => {
  test('one code is one document', async () => {
    const { exit, out } = await run({ code: 'DUPLICATE_IP', json: true });
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({ code: 'DUPLICATE_IP', kind: 'error', ...PROBLEMS.DUPLICATE_IP });
  });

  test('all are one list', async () => {
    const { out } = await run({ json: true });
    const codes = (JSON.parse(out) as { readonly code: string }[]).map(({ code }) => code);
    expect(codes).toEqual(CODES);
  });
});

test('without a code all are listed, each on a line', async () => {
  const { exit, out } = await run({});
  expect(exit).toBe(0);
  expect(out).toMatch(/^NO_FIREWALL +warning +\S/m);
  expect(out.trim().split('\n')).toHaveLength(CODES.length);
});

test.each([
  ['DUPLICATE_IPS', 'Did you mean "DUPLICATE_IP"?'],
  ['aplied', 'Did you mean "applied"?'],
  ['nothing-like-it', 'phoenix explain lists all.'],
])('for %s, which there is not, the nearest is named', async (code, remedy) => {
  const { exit, out, err } = await run({ code });
  expect([exit, out]).toEqual([2, '']);
  expect(err).toBe(`phoenix explain: there is no code "${code}"\n${remedy}\n`);
});

test('a failure is found by the program’s message, as in a status or a log', async () => {
  const { exit, out } = await run({ code: 'pct start 101: exit 255: CT is locked (backup)' });
  expect(exit).toBe(0);
  expect(out).toMatch(
    /^GUEST_LOCKED \(failure\)\n\nA backup, .+\n\nWhat to do: Unlock it with pct unlock .+, then replay\.\n$/,
  );
});

test.each([
  ["cfs-lock 'storage-nas' error: got lock request timeout", 'LOCK_TIMEOUT'],
  ['root@pve: Permission denied (publickey,password).', 'KEY_REFUSED'],
  ['/opt/start.sh: Permission denied', 'NOT_ROOT'],
  ['please run as root', 'NOT_ROOT'],
])('%s is %s', async (code, known) => {
  expect((await run({ code })).out).toMatch(new RegExp(`^${known} `));
});

test('for a message that is not known, it is not called a code', async () => {
  const { exit, err } = await run({ code: 'the node is on fire' });
  expect(exit).toBe(2);
  expect(err).toBe(
    'phoenix explain: no known message of Proxmox is in "the node is on fire"\nphoenix explain lists all.\n',
  );
});

test('docs/problems.md is that of the code', async () => {
  const page = await readFile(new URL('../../docs/problems.md', import.meta.url), 'utf8');
  expect(page, 'write it again with: node scripts/problems-page.mjs').toBe(problemsPage());
});
