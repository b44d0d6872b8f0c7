import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workingCopy } from '../support/git.ts';
import { until } from '../support/until.ts';
import { start } from './phoenix.ts';

test('the story ends well; then what the user pushes is applied and shown, and Ctrl-C leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-demo-test-'));
  const { child, output, ended } = start(['demo'], { TMPDIR: folder });
  await until(() => /Ctrl-C|Not as it should be/.test(output.stdout), 'the end of the story', 220);
  expect(output.stderr).toBe('');
  expect(output.stdout.includes('All went as it should'), output.stdout).toBe(true);
  const [, first = '', change = '', name = '', bad = '', replay = '', renewal = '', outage = ''] =
    output.stdout.split(/^\d\. /m);
  const all = first.match(/✓ phoenix\/\S+\/\S+/g)?.length ?? 0;
  expect(first).toContain('✓ phoenix/stack/1002.website');
  expect(change.match(/✓ phoenix\/\S+/g)).toEqual(['✓ phoenix/apply', '✓ phoenix/lxc/102', '✓ phoenix/vm/1002']);
  expect(change).toContain('pct set 102 --memory 3072');
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
