// Calls on objects of the datacenter, answered by the lab as Proxmox's own programs were recorded to: their end, their words, and the files after them.

import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createLab, programsHere } from '../host.ts';

const REFERENCE = process.env['PHOENIX_TEST_REFERENCE'];

const FIREWALL = '/etc/pve/firewall/cluster.fw';

interface Row {
  readonly argv?: readonly string[];
  readonly rc: number;
  readonly stderr: string;
  readonly file?: string;
  readonly content: string | null;
}

/** A path of one pool is another way to say `--poolid`, which is what Phoenix sends. */
function asSent([program = '', verb = '', path = '', ...rest]: readonly string[]): string[] {
  const [, pool] = /^\/pools\/(.+)$/.exec(path) ?? [];
  return pool === undefined ? [program, verb, path, ...rest] : [program, verb, '/pools', '--poolid', pool, ...rest];
}

function isOurs({ argv = [] }: Row): boolean {
  const [program, verb = '', path = ''] = argv;
  const isChange = program === 'pvesh' && ['create', 'set', 'delete'].includes(verb);
  // The usage line names the path's own parameter, and a job without a name gets one by chance.
  const named = verb !== 'create' || path !== '/cluster/backup' || argv.includes('--id');
  return isChange && named && /^\/((pools|cluster\/backup)(\/[^/]+)?$|cluster\/firewall\/)/.test(path);
}

test.skipIf(REFERENCE === undefined)('calls on objects of the datacenter end as recorded', async () => {
  const lines = readFileSync(join(REFERENCE ?? '', 'proxmox-objects.jsonl'), 'utf8')
    .trim()
    .split('\n');
  // What follows them is about guests that are destroyed, which take their places in pools and jobs along.
  const rows = lines.slice(0, 880).map((line) => JSON.parse(line) as Row);
  const dir = await mkdtemp(join(tmpdir(), 'phoenix-lab-objects-'));
  createLab(dir, { programs: false });
  for (const guest of ['lxc/101', 'lxc/102', 'qemu-server/201', 'qemu-server/202']) {
    mkdirSync(dirname(join(dir, 'etc/pve', guest)), { recursive: true });
    writeFileSync(join(dir, `etc/pve/${guest}.conf`), 'memory: 512\n');
  }
  appendFileSync(join(dir, 'etc/pve/storage.cfg'), 'dir: backup\n\tpath /srv/backup\n\tcontent backup\n\n');
  const run = programsHere(dir);
  const differences: string[] = [];
  let asked = 0;
  for (const row of rows) {
    const jobs =
      row.file === '/etc/pve/jobs.cfg' && row.content?.includes('x9') !== undefined
        ? sectionsOf(row.content ?? '')
        : null;
    if (jobs !== null) {
      const path = join(dir, 'etc/pve/jobs.cfg');
      const here = sectionsOf(existsSync(path) ? readFileSync(path, 'utf8') : '');
      for (const [id, text] of here)
        if (jobs.has(id) && jobs.get(id) !== text) differences.push(`${id}:\n${text}\nrecorded:\n${jobs.get(id)}`);
    }
    if (row.file === FIREWALL) {
      const here = readFileSync(join(dir, FIREWALL), 'utf8');
      if (inOrder(here) !== inOrder(row.content ?? '')) differences.push(`${here}recorded:\n${row.content}`);
    }
    if (!isOurs(row)) continue;
    const [program = '', ...args] = asSent(row.argv ?? []);
    let stderr = '';
    const { exit } = await run({
      program,
      args,
      input: undefined,
      onStdout: () => {},
      onStderr: (chunk) => {
        stderr += Buffer.from(chunk).toString();
      },
    });
    asked += 1;
    const words = (text: string): string =>
      text
        .replace(/^pvesh .*$/gm, '')
        .replace(/ - unable to parse calendar event.*$/gm, '')
        .trim();
    if ((exit === 0) !== (row.rc === 0) || words(stderr) !== words(row.stderr))
      differences.push(
        `${row.argv?.join(' ')}\n  ${exit} ${stderr.trim()}\n  recorded: ${row.rc} ${row.stderr.trim()}`,
      );
  }
  await rm(dir, { recursive: true, force: true });
  process.stdout.write(`objects: ${asked - differences.length} of ${asked} rows alike\n${differences.join('\n')}\n`);
  expect(asked).toBeGreaterThan(50);
  expect(differences).toEqual([]);
});

/** Proxmox writes options in any order. */
function inOrder(text: string): string {
  const [options = '', ...others] = text.split('\n\n[');
  return [options.split('\n').sort().join('\n'), ...others].join('\n\n[');
}

/** The text of each section by its id. */
function sectionsOf(text: string): Map<string, string> {
  return new Map(
    text.split('\n\n').map((section) => [/^vzdump: (\S+)/.exec(section.trim())?.[1] ?? '', section.trim()]),
  );
}
