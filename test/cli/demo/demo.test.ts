// `phoenix demo` as a user starts it: every address works at once, the demonstration succeeds, later pushes are applied, and Ctrl-C leaves no
// process or file behind.
// @module-tag long

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { workingCopy } from '../../support/git/git.ts';
import { until } from '../../support/until.ts';
import { start } from '../phoenix.ts';

/** Every link that a status of these commits has, by what the forge shows of them, with how it is answered. */
async function linksOf(forge: string, commits: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const headers = { authorization: 'Bearer demo' };
  const links = new Set<string>();
  for (const commit of commits) {
    const answer = await fetch(`${forge}/repos/phoenix/config/commits/${commit}/statuses?per_page=100`, { headers });
    for (const { target_url } of (await answer.json()) as { target_url: string }[]) links.add(target_url);
  }
  const opened = new Map<string, number>();
  for (const link of links) opened.set(link, (await fetch(link)).status);
  return opened;
}

/** Which are printed before anything else. */
function addressesIn(stdout: string): readonly string[] {
  const [early = ''] = stdout.split('  all of it answers after');
  return [...early.matchAll(/^ {2}(?:forge|agent) +(http:\/\/127\.0\.0\.1:\d+)/gm)].map(([, url = '']) => url);
}

test('its addresses are named at once; the story ends well; then what the user pushes is applied and shown, and Ctrl-C leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-demo-test-'));
  const { child, output, ended } = start(['demo'], { TMPDIR: folder });
  onTestFinished(async () => {
    child.kill('SIGINT');
    await ended;
  });
  await until(
    async () => {
      // As a person who has opened a page that asks the host.
      const [, agent] = addressesIn(output.stdout);
      if (agent !== undefined) await fetch(`${agent}/targets`).catch(() => {});
      return /Ctrl-C|Not as it should be/.test(output.stdout);
    },
    'the end of the story',
    220,
  );
  expect(output.stderr).toBe('');
  expect(output.stdout.includes('All went as it should'), output.stdout).toBe(true);
  const [, first = '', change = '', approval = '', name = '', bad = '', replay = '', renewal = '', outage = ''] =
    output.stdout.split(/^\d\. /m);
  const all = first.match(/✓ phoenix\/\S+\/\S+/g)?.length ?? 0;
  expect(first).toContain('✓ phoenix/stack/1002.website');
  expect(change).toMatch(/pull request #1[\s\S]*✓ phoenix\/plan +2 to update, 1 restart\n +\S+\/pulls\/1\n/);
  expect(change).toMatch(/│ \+ memory_mb: 3072[\s\S]*ada merges #1[\s\S]*│ \*\*Merged as `\w+`: succeeded/);
  const merge = change.slice(change.indexOf('ada merges'));
  expect(merge.match(/✓ phoenix\/\S+/g)).toEqual(['✓ phoenix/apply', '✓ phoenix/lxc/102', '✓ phoenix/vm/1002']);
  expect(change).toContain('pct set 102 --memory 3072');
  expect(approval).toMatch(
    /1 needs approval[\s\S]*ada comments:\n +│ \/phoenix approve lxc\/110[\s\S]*Approved: `lxc\/110`\.\n +ada merges #2/,
  );
  expect(approval.slice(0, approval.indexOf('ada merges'))).not.toContain('lxc/110 delete: applied');
  expect(approval).toMatch(/lxc\/110 delete: applied[\s\S]*pct destroy 110 /);
  expect(name.match(/(?<=✓ phoenix\/)\S+\/\S+/g)).toEqual(['gateway/traefik', 'hypervisor/dns', 'stack/1002.website']);
  expect(bad).toMatch(/etc\/phoenix_lxc_configs\.json:\d+:\d+: error DUPLICATE_IP/);
  expect(bad).toMatch(/✗ phoenix\/apply/);
  expect(bad).toContain('no command was run');
  expect(replay).toContain(`${all} unchanged`);
  expect(renewal.match(/ends in \d+ hours/g)).toEqual(['ends in 7 hours', 'ends in 24 hours']);
  expect(renewal).toContain('certificate/nginx.example.internal update: applied');
  expect(outage).toContain('✗ phoenix/certificate/nginx.example.internal');
  expect(outage).toMatch(/✓ phoenix\/vm\/1002 +applied/);

  const url = /git clone (\S+)/.exec(output.stdout)?.[1] ?? '';
  const copy = await workingCopy(url);
  await copy.git('pull', '--quiet', 'origin', 'main');
  const commits = (await copy.git('log', '--format=%H')).trim().split('\n');
  const [forge = '', agent = ''] = addressesIn(output.stdout);
  const links = await linksOf(forge, new Set(commits));
  expect([...links].filter(([link, status]) => status !== 200 || !link.startsWith(`${agent}/`))).toEqual([]);
  const pages = [`${agent}/pulls/1`, `${agent}/pulls/2`, `${agent}/runs/1`, `${agent}/runs/2/lxc/102`];
  expect([...links.keys()]).toEqual(expect.arrayContaining(pages));
  const file = join(copy.folder, 'etc/phoenix_lxc_configs.json');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/("name": "nginx-gateway",[\s\S]*?"memory_mb": )\d+/, '$14096'));
  await copy.git('commit', '--quiet', '--all', '--message', 'Change the gateway');
  await copy.push();
  await until(
    () => output.stdout.includes('✓ phoenix/lxc/101  applied', output.stdout.indexOf('Ctrl-C')),
    'the answer',
    60,
  );
  expect(output.stdout).toMatch(/Ctrl-C[\s\S]*pct set 101 --memory 4096/);
  child.kill('SIGINT');
  expect((await ended).exit).toBe(0);
  expect(await readdir(folder)).toEqual([]);
  await copy.remove();
  await rm(folder, { recursive: true });
}, 360_000);
