// Firewall rules of a guest that Proxmox skips: the outcome is `applied` only for a firewall that Proxmox parsed completely.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allTargets, managerOf } from '../../src/managers/index.ts';
import type { Wanted } from '../../src/managers/manager.ts';
import { kindOf, type TargetId } from '../../src/model/ids.ts';
import { type Files, loadFiles } from '../load/environment.ts';
import { convergeStep } from '../managers/carry-out.ts';
import { ORIGIN } from '../managers/guests.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const CLUSTER = '/etc/pve/firewall/cluster.fw';
const SSH = { type: 'in', action: 'DROP', proto: 'tcp', port: 22 };

function home(rules: readonly object[], host: object = {}): Files {
  return {
    [HYPERVISOR]: {
      domain_name: 'home.example',
      network: { interfaces: { name: 'vmbr0', address: '10.0.0.13/24', gateway: '10.0.0.1' } },
      ...host,
    },
    [LXC]: {
      lxc_configs: {
        '301': {
          name: 'shelf',
          memory_mb: 512,
          cores: 1,
          template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
          storage_pool: 'local-lvm',
          storage_size_gb: 4,
          start_at_boot: true,
          network_config: { ip: '10.0.0.31/24', gw: '10.0.0.1' },
          firewall: { policy_in: 'ACCEPT', rules },
        },
      },
    },
    'etc/phoenix_vm_configs.json': { vms: [] },
    'etc/certificate-manifest.json': [],
  };
}

function shelf(files: Files, before?: Wanted): Wanted {
  const { config, problems } = loadFiles(files);
  if (config === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  const target = 'lxc/301' as TargetId;
  const spec = allTargets(config).get(target)?.spec;
  return { target, spec, before: before?.spec, protected: false, approved: false, origin: ORIGIN };
}

describe('a rule that Proxmox leaves out', () => {
  let host: LabHost;
  beforeEach(async () => {
    host = await openLabHost();
  });
  afterEach(() => host.close());
  const bring = (wanted: Wanted) => convergeStep(managerOf(kindOf(wanted.target)), host, wanted);

  test('fails the step with the line of the rule, and succeeds once the host has what the rule names', async () => {
    const wanted = shelf(home([{ ...SSH, source: 'office' }], { known_aliases: ['office'] }));
    const first = await bring(wanted);
    expect(first).toMatchObject({ outcome: 'refused' });
    expect(first).toHaveProperty('reason', expect.stringContaining('/etc/pve/firewall/301.fw (line 11)'));
    expect(first).toHaveProperty('reason', expect.stringContaining("no such alias 'office'"));
    expect(await bring(wanted)).toMatchObject({ outcome: 'refused', actions: [] });

    await host.write(CLUSTER, '[ALIASES]\n\noffice 10.1.0.0/16\n');
    expect(await bring(wanted)).toEqual({ outcome: 'done', actions: [] });
  });

  test('is found by the survey of all guests as well, when the host has lost what it names', async () => {
    const wanted = shelf(home([{ ...SSH, source: '+admins' }], { known_ip_sets: ['admins'] }));
    await host.write(CLUSTER, '[IPSET admins]\n\n10.0.0.50\n');
    expect(await bring(wanted)).toMatchObject({ outcome: 'done' });
    const manager = managerOf('lxc');
    const settled = async () => manager.quickCheck(await manager.inventory(host), wanted) !== null;
    expect(await settled()).toBe(true);
    await host.write(CLUSTER, '[OPTIONS]\n\nenable: 1\n');
    expect(await settled()).toBe(false);
  });

  test('is not blamed on another guest, nor on one whose rules are sound', async () => {
    await host.write('/etc/pve/firewall/302.fw', '[RULES]\n\nIN DROP -source nosuch\n');
    await host.write('/etc/pve/lxc/302.conf', 'arch: amd64\nhostname: other\nmemory: 512\n');
    expect(await bring(shelf(home([SSH])))).toMatchObject({ outcome: 'done' });
  });

  test('costs a command only where rules are to be proved', async () => {
    const wanted = shelf(home([SSH]));
    await bring(wanted);
    expect(host.commands.filter((line) => line === 'pve-firewall compile')).toHaveLength(1);
    host.forget();
    await bring(shelf(home([{ ...SSH, port: 23 }]), wanted));
    expect(host.commands.filter((line) => line === 'pve-firewall compile')).toHaveLength(1);
  });
});
