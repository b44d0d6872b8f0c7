// Each example of docs/examples is sound, has a plan, and is applied to a lab host, where a second apply does nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { plan } from '../src/cli/plan.ts';
import { validate } from '../src/cli/validate.ts';
import { captured } from './cli/captured.ts';
import { phoenix } from './cli/phoenix.ts';
import { type WorkingCopy, workingCopy } from './support/git/git.ts';

const EXAMPLES = fileURLToPath(new URL('../docs/examples/', import.meta.url));
const NAMES = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

let copy: WorkingCopy | undefined;
afterEach(async () => {
  await copy?.remove();
  copy = undefined;
});

test('there are examples, and the page names each', () => {
  const page = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  expect(NAMES.length).toBeGreaterThan(1);
  expect(NAMES.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
});

test.each(NAMES)('%s is sound', async (name) => {
  const { exit, out } = await captured((io) => validate({ path: join(EXAMPLES, name), json: true }, io));
  expect([exit, JSON.parse(out).problems]).toEqual([0, []]);
});

test.each(NAMES)('%s has a plan that creates its guests', async (name) => {
  copy = await workingCopy();
  const folder = join(EXAMPLES, name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  await copy.commit(
    Object.fromEntries(files.map((file) => [file.slice(folder.length + 1), readFileSync(file, 'utf8')])),
  );
  const { folder: from } = copy;
  const { exit, out } = await captured((io) => plan({ path: from, from: 'none', to: 'HEAD', json: true }, io));
  const { ok, steps } = JSON.parse(out);
  expect([exit, ok]).toEqual([0, true]);
  const guests = steps.filter(({ kind }: { kind: string }) => kind === 'lxc' || kind === 'vm');
  expect(guests.length).toBeGreaterThan(0);
  expect(guests.every(({ verb }: { verb: string }) => verb === 'create')).toBe(true);
});

test.each(NAMES)(
  '%s is applied, and the second time nothing is done',
  async (name) => {
    const { exit, stdout } = await phoenix(['rehearse', join(EXAMPLES, name), '--json']);
    const { ok, second } = JSON.parse(stdout);
    expect({ exit, ok, second }).toEqual({ exit: 0, ok: true, second: { actions: 0 } });
  },
  60_000,
);
