// The example of a datacenter, carried out twice on a lab host beside the guests that its pool has.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { phoenix } from '../../cli/phoenix.ts';
import { exampleFiles } from './example.ts';

test('the example comes up with what it names, and the second time does nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-datacenter-'));
  for (const [path, text] of Object.entries(exampleFiles())) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof text === 'string' ? text : JSON.stringify(text));
  }
  const { exit, stdout, stderr } = await phoenix(['rehearse', folder, '--json'], {});
  await rm(folder, { recursive: true, force: true });
  expect(stdout, stderr).not.toBe('');
  const { ok, outcomes, commands, second } = JSON.parse(stdout);
  const ours = outcomes.filter(({ target }: { target: string }) => /^(pool|backup)\//.test(target));
  expect(ours.map(({ target, outcome, reason }: Record<string, string>) => [target, outcome, reason])).toEqual([
    ['backup/weekly', 'applied', null],
    ['pool/prod', 'applied', null],
    ['backup/nightly', 'applied', null],
  ]);
  expect({ exit, ok, second }).toEqual({ exit: 0, ok: true, second: { actions: 0 } });
  const made = commands.flatMap(({ argv }: { argv: string[] }) =>
    argv[0] === 'pvesh' && argv[1] !== 'get' && /^\/(pools|cluster\/backup)/.test(argv[2] ?? '')
      ? [argv.slice(0, 3).join(' ')]
      : [],
  );
  expect(made.sort()).toEqual([
    'pvesh create /cluster/backup',
    'pvesh create /cluster/backup',
    'pvesh create /pools',
    'pvesh set /pools',
  ]);
}, 180_000);
