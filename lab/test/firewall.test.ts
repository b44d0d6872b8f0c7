// The lab's firewall where no session was recorded: the words of pve-firewall, PVE/Firewall.pm and PVE/API2/Firewall.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab } from '../host.ts';
import { runnerHere } from './run-here.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-firewall-'));
  createLab(dir, { programs: false });
  mkdirSync(join(dir, 'etc/pve/firewall'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

const CLUSTER = 'etc/pve/firewall/cluster.fw';
const write = (file: string, ...lines: readonly string[]) => writeFileSync(join(dir, file), `${lines.join('\n')}\n`);

const run = (...argv: readonly string[]) => runnerHere(dir)(argv);

const warnings = async () => (await run('pve-firewall', 'compile')).stderr.split('\n').filter((line) => line !== '');
const both = (...lines: readonly string[]): string[] => [...lines, ...lines];

describe('the compiler', () => {
  test('warns of names that are not where their prefix says, once for each version of IP', async () => {
    write(
      CLUSTER,
      '[OPTIONS]',
      'enable: 1',
      '[ALIASES]',
      'lan 10.0.0.0/24',
      '[IPSET away]',
      '[RULES]',
      'IN DROP -source guest/lan',
    );
    // The alias makes the rule one for IPv4.
    expect(await warnings()).toEqual(["no such alias 'guest/lan'"]);
    write(
      CLUSTER,
      '[OPTIONS]',
      'enable: 1',
      '[IPSET away]',
      '[RULES]',
      'IN DROP -source +guest/away',
      'FORWARD DROP -source +guest/away',
      '|OUT DROP -dest +sdn/away',
    );
    expect(await warnings()).toEqual(both("no such ipset 'away'"));
  });

  test('warns of a missing security group, and of names in the rules of one', async () => {
    write(
      CLUSTER,
      '[OPTIONS]',
      'enable: 1',
      '[IPSET away]',
      '[RULES]',
      'GROUP nosuch',
      'GROUP odd',
      '[group odd]',
      'IN DROP -source +guest/away',
      'OUT DROP',
    );
    expect(await warnings()).toEqual(
      both(
        "no such security group 'nosuch'",
        "no such ipset 'away'",
        // Its chain for what comes in was begun.
        "chain 'GROUP-odd-IN' already exists",
      ),
    );
    write(CLUSTER, '[OPTIONS]', 'enable: 0', '[RULES]', 'GROUP nosuch');
    expect(await warnings()).toEqual([]);
  });

  test('looks into the groups of guests only where an interface is filtered', async () => {
    write(CLUSTER, '[OPTIONS]', 'enable: 1');
    write('etc/pve/firewall/101.fw', '[OPTIONS]', 'enable: 1', '[RULES]', 'GROUP web', 'IN ACCEPT');
    const guest = (net: string) => write('etc/pve/lxc/101.conf', `net0: name=eth0,bridge=vmbr0${net}`);
    guest('');
    expect(await warnings()).toEqual([]);
    guest(',firewall=1');
    expect(await warnings()).toEqual(both("no such security group 'web'"));
    write('etc/pve/firewall/101.fw', '[OPTIONS]', 'enable: 1', '[RULES]', 'GROUP web -i net1');
    expect(await warnings()).toEqual([]);
    write('etc/pve/firewall/101.fw', '[OPTIONS]', 'enable: 0', '[RULES]', 'GROUP web');
    expect(await warnings()).toEqual([]);
  });

  test('drops a rule for both versions of IP by an alias, and keeps one by its lists', async () => {
    const rules = ['IN DROP -source lan -dest 2001:db8::1', 'IN DROP -source 10.0.0.1 -dest 2001:db8::1'];
    write(CLUSTER, '[ALIASES]', 'lan 10.0.0.0/24', '[RULES]', ...rules);
    write(CLUSTER, '[ALIASES]', 'six 2001:db8::/64', '[RULES]', 'IN DROP -source 10.0.0.1 -dest six', rules[1] ?? '');
    expect(await warnings()).toEqual([
      '/etc/pve/firewall/cluster.fw (line 4): detected mixed ipv4/ipv6 addresses in rule',
      `/etc/pve/firewall/cluster.fw (line 5) - errors in rule parameters: ${rules[1]}`,
      '  dest: detected mixed ipv4/ipv6 addresses in rule',
    ]);
    // The next change of the file writes the rules that were read.
    await run('pvesh', 'set', '/cluster/firewall/options', '--policy_in', 'DROP');
    expect(readFileSync(join(dir, CLUSTER), 'utf8')).toContain(`[RULES]\n\n${rules[1]}\n\n`);
  });
});

describe('the API', () => {
  const rules = '/cluster/firewall/rules';

  test('refuses a rule for both versions of IP in the words of the check that finds it', async () => {
    write(CLUSTER, '[ALIASES]', 'six 2001:db8::/64');
    const create = (...more: readonly string[]) =>
      run('pvesh', 'create', rules, '--type', 'in', '--action', 'DROP', '--source', '10.0.0.1', ...more);
    expect(await create('--dest', 'six')).toMatchObject({
      exit: 255,
      stderr: 'detected mixed ipv4/ipv6 addresses in rule\n',
    });
    expect((await create('--dest', '2001:db8::1')).stderr).toMatch(
      /^400 Parameter verification failed.\ndest: detected/,
    );
  });

  test('shows the version of IP of an alias', async () => {
    write(CLUSTER, '[ALIASES]', 'six 2001:db8::/64', 'lan 10.0.0.0/24');
    const list = JSON.parse((await run('pvesh', 'get', '/cluster/firewall/aliases', '--output-format', 'json')).stdout);
    expect(list).toMatchObject([
      { name: 'lan', ipversion: 4 },
      { name: 'six', ipversion: 6 },
    ]);
    const one = await run('pvesh', 'get', '/cluster/firewall/aliases/SIX', '--output-format', 'json');
    expect(JSON.parse(one.stdout)).toEqual({ name: 'six', cidr: '2001:db8::/64', ipversion: 6 });
  });

  test('keeps no comment that Perl takes for none', async () => {
    await run('pvesh', 'create', rules, '--type', 'in', '--action', 'DROP', '--comment', '0', '--enable', '1');
    await run(
      'pvesh',
      'create',
      '/cluster/firewall/aliases',
      '--name',
      'lan',
      '--cidr',
      '10.0.0.0/24',
      '--comment',
      '0',
    );
    expect(readFileSync(join(dir, CLUSTER), 'utf8')).toBe('[ALIASES]\n\nlan 10.0.0.0/24\n\n[RULES]\n\nIN DROP\n\n');
  });
});

test('a firewall is enabled by 1: a larger number is a time that is over', async () => {
  write(CLUSTER, '[OPTIONS]', 'enable: 2');
  expect((await run('pve-firewall', 'status')).stdout).toBe('Status: disabled/running\n');
});
