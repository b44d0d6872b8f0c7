import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { phoenix, start } from './phoenix.ts';

test('the story ends well, shows exactly two targets for a change of two, and refuses a bad commit at its line', async () => {
  const { exit, stdout, stderr } = await phoenix(['demo', '--once']);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const [, first = '', change = '', bad = '', replay = ''] = stdout.split(/^\d\. /m);
  expect(first.match(/✓ phoenix\/(lxc|vm)\//g)).toHaveLength(7);
  expect(change.match(/✓ phoenix\/\S+/g)).toEqual(['✓ phoenix/apply', '✓ phoenix/lxc/102', '✓ phoenix/vm/1002']);
  expect(change).toContain('pct set 102 --memory 3072');
  expect(bad).toMatch(/etc\/phoenix_lxc_configs\.json:\d+:\d+: error DUPLICATE_IP/);
  expect(bad).toMatch(/✗ phoenix\/apply/);
  expect(bad).toContain('no command was run');
  expect(replay).toContain('7 unchanged');
}, 120_000);

test('without --once it stays up for the user to push to, and Ctrl-C ends it', async () => {
  const { child, output, ended } = start(['demo']);
  await until(() => output.stdout.includes('Now you.'), 'the invitation', 90);
  expect(output.stdout).toMatch(/git clone http:\/\/phoenix:demo@127\.0\.0\.1:\d+\/phoenix\/config\.git/);
  child.kill('SIGINT');
  expect((await ended).exit).toBe(0);
}, 120_000);
