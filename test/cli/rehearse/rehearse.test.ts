// `phoenix rehearse` applies a configuration in a lab as an agent would: what needs an approval waits, a second apply does nothing, and the exit
// code says whether all is well.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environment, type Files } from '../../support/environment.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST } from '../../support/long.ts';
import { phoenix } from '../phoenix.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-rehearse-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, files: Files): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), text);
  }
  return join(folder, name);
}

async function rehearsed(...args: string[]) {
  const { exit, stdout, stderr } = await phoenix(['rehearse', ...args, '--json'], {});
  return { exit, stderr, ...JSON.parse(stdout) };
}

describe('rehearse', () => {
  test('the reference configuration is applied completely, and a second apply does nothing', LONG_TEST, async () => {
    const { exit, ok, outcomes, commands, files, second } = await rehearsed(join(ROOT, 'etc'));
    expect({ exit, ok, second }).toEqual({ exit: 0, ok: true, second: { actions: 0 } });
    const ends = outcomes.map(({ target, outcome }: Record<string, string>) => `${target} ${outcome}`);
    const guests = ['lxc/101', 'lxc/102', 'lxc/103', 'lxc/900', 'vm/1001', 'vm/1002', 'vm/9000'];
    const ofGuests = ends.filter((end: string) => /^(lxc|vm)\//.test(end));
    expect(ofGuests.sort()).toEqual(guests.map((target) => `${target} applied`));
    // The network of a lab is as it is declared before anything is done.
    expect(ends.filter((end: string) => !end.endsWith(' applied'))).toEqual(['hypervisor/network unchanged']);
    const created = commands.filter(({ argv }: { argv: string[] }) => /^(pct|qm) (create|clone) /.test(argv.join(' ')));
    expect(created).toHaveLength(7);
    expect(files.map(({ path }: { path: string }) => path)).toContain('/etc/pve/firewall/101.fw');
  });

  test('from one commit to another only what changed is touched', async () => {
    const repo = await openConfigRepo(join(folder, 'repo'), 'unused');
    const before = await repo.commit(environment({ 101: {}, 102: {} }));
    const after = await repo.commit(environment({ 101: {}, 102: { memory_mb: 1024 } }));
    const { exit, outcomes, commands } = await rehearsed(join(folder, 'repo'), '--from', before, '--to', after);
    expect(exit).toBe(0);
    expect(outcomes).toEqual([{ target: 'lxc/102', outcome: 'applied', actions: 1, reason: null }]);
    const sets = commands.filter(({ argv }: { argv: string[] }) => argv[1] === 'set');
    expect(sets).toEqual([expect.objectContaining({ target: 'lxc/102', exit: 0 })]);
    expect(sets[0].argv).toEqual(expect.arrayContaining(['pct', 'set', '102', '--memory', '1024']));
  });

  test('what needs approval waits, and the answer is no', async () => {
    const repo = await openConfigRepo(join(folder, 'deleting'), 'unused');
    const before = await repo.commit(environment({ 101: {}, 102: {} }));
    const after = await repo.commit(environment({ 101: {} }));
    const { exit, ok, outcomes, commands } = await rehearsed(join(folder, 'deleting'), '--from', before, '--to', after);
    expect([exit, ok]).toEqual([1, false]);
    expect(outcomes).toEqual([
      { target: 'lxc/102', outcome: 'blocked', actions: 0, reason: expect.stringContaining('approval') },
    ]);
    expect(commands).toEqual([]);

    const approved = await rehearsed(join(folder, 'deleting'), '--from', before, '--to', after, '--approve');
    expect([approved.exit, approved.outcomes[0].outcome, approved.second.actions]).toEqual([0, 'applied', 0]);
    const destroyed = approved.commands.find(({ argv }: { argv: string[] }) => argv[1] === 'destroy');
    expect(destroyed.argv).toEqual(expect.arrayContaining(['pct', 'destroy', '102']));
  });

  test('a first commit that cannot be applied is reported, with its reason', async () => {
    const repo = await openConfigRepo(join(folder, 'unreached'), 'unused');
    const withoutTraefik = { 102: { features: ['base_setup'] } };
    const before = await repo.commit(environment({ 101: {}, ...withoutTraefik }));
    const after = await repo.commit(environment({ 101: { memory_mb: 1024 }, ...withoutTraefik }));
    const answer = await rehearsed(join(folder, 'unreached'), '--from', before, '--to', after);
    expect(answer.outcomes).toEqual([expect.objectContaining({ target: 'lxc/101', outcome: 'applied' })]);
    expect(answer.initial).toEqual([expect.objectContaining({ target: 'gateway/traefik', outcome: 'failed' })]);
    expect(answer.stderr).toMatch(
      /^The state before could not be reached: gateway\/traefik: .*traefik\.service not found/m,
    );
  });

  test('--from none means an empty host, on which people start the Portainer that no stack starts', async () => {
    const guests = { memory_mb: 1024, cores: 1, storage_pool: 'local-lvm', firewall: { enabled: false } };
    const template = { ...guests, vmid: 9000, name: 'template', is_template: true, disk_size_gb: 8 };
    const vms = [
      { ...template, template_image: 'noble-server-cloudimg-amd64.img', template_snapshot_name: 'ready' },
      {
        ...{ ...guests, vmid: 1001, name: 'app', clone_from_vmid: 9000, disk_size_gb: 10, portainer_role: 'primary' },
        ...{ network_config: { ip: '10.0.0.111/24', gw: '10.0.0.1' }, docker_stacks: ['web'] },
      },
    ];
    const portainer = { portainer_api: { admin_password: { $secret: 'env:PHOENIX_SECRET_PORTAINER' } } };
    const path = await written('from-none', {
      ...environment({}, portainer),
      'etc/phoenix_vm_configs.json': JSON.stringify({ vms }),
      'stacks/web/docker-compose.yml': 'services:\n  web:\n    image: nginx:1.27\n    environment: { USERS: $USERS }\n',
      'stacks/web/phoenix.json': JSON.stringify({
        environments: { production: { variables: [{ name: 'USERS', value: 'me:$apr1$x#y$"z' }] } },
      }),
    });
    const { exit, outcomes, second } = await rehearsed(path, '--from', 'none');
    const ends = outcomes.map(({ target, outcome }: Record<string, string>) => `${target} ${outcome}`);
    expect(ends.slice(-3)).toEqual([
      'portainer/server applied',
      'portainer/environment.app applied',
      'stack/1001.web applied',
    ]);
    expect([exit, second.actions]).toEqual([0, 0]);
  });

  test('a configuration with errors is not applied at all', async () => {
    const path = await written('bad', environment({ 101: { memory_mb: -1 } }));
    const { exit, ok, outcomes, problems } = await rehearsed(path);
    expect([exit, ok, outcomes]).toEqual([1, false, []]);
    expect(problems).toEqual([expect.objectContaining({ code: 'INVALID_VALUE', target: 'lxc/101' })]);
  });

  test('the output for people shows each step and what the second apply did', async () => {
    const path = await written('small', environment({ 101: {} }));
    const { exit, stdout } = await phoenix(['rehearse', path], {});
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^applied {4}lxc\/101 /);
    expect(stdout).toContain('all went well. The second time did nothing.');
  });
});
