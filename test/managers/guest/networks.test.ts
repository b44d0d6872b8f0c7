// Network interfaces of containers and VMs, from the file to the host: several, in both address families, found again, removed, and none at all.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Guest } from '../../../src/managers/config.ts';
import { dnsRecords } from '../../../src/managers/hypervisor/dns/names.ts';
import { managerOf } from '../../../src/managers/index.ts';
import type { Target } from '../../../src/model/target.ts';
import { environment, type Files, loadFiles } from '../../load/environment.ts';
import { found } from '../../load/rules/found.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { container, IMAGE, machine, targetOf, wanted } from '../guests.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

const { none: _, nameservers: __, searchdomain: ___, ...first } = container(101).network;
const BARE = { ...first, name: null, bridge: null, ip: null, gateway: null };

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
});
afterEach(() => host.close());

/** Applied, and applied again, which does nothing. */
async function apply(target: Target, before?: Target): Promise<readonly string[]> {
  const manager = managerOf(target.id.startsWith('lxc/') ? 'lxc' : 'vm');
  const ask = wanted(target, before === undefined ? {} : { before: before.spec });
  const end = await convergeStep(manager, host, ask);
  expect(end).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(manager, host, ask)).toEqual({ outcome: 'done', actions: [] });
  return end.actions.map(({ summary }) => summary);
}

const KINDS = [
  { kind: 'lxc', conf: '/etc/pve/lxc/101.conf', of: (own: object): Guest => container(101, own) },
  {
    kind: 'vm',
    conf: '/etc/pve/qemu-server/1001.conf',
    of: (own: object): Guest => machine(1001, { startState: 'stopped', start_at_boot: null, ...own }),
  },
] as const;

describe.each(KINDS)('of $kind', ({ kind, conf, of }) => {
  const lines = async (): Promise<string[]> =>
    (await host.read(conf)).split('\n').filter((line) => /^(net|ipconfig)\d/.test(line));
  const keys = async (): Promise<string[]> => (await lines()).map((line) => line.split(':')[0] ?? '');

  test('a line that Proxmox cannot read is shown, and replaced with its address where Proxmox can', async () => {
    const target = targetOf(of({}));
    await apply(target);
    const text = await host.read(conf);
    const cardLine = async (): Promise<string> => (await lines()).find((line) => line.startsWith('net0:')) ?? '';
    const net0 = await cardLine();
    const edited = `${net0.replace(/^net0: /, '').replaceAll(',', ', ')}, rate=5`;
    await host.write(conf, text.replace(net0, `net0: ${edited}`));
    const manager = managerOf(kind);
    const asked = wanted(target, { before: target.spec });
    const differences = manager.differences(asked, await manager.observe(host, asked));
    const address = /BC:24:11:[0-9A-F:]{8}/i.exec(net0)?.[0] ?? 'none';
    expect(differences).toMatchObject([{ field: 'network_config', observed: `${edited} (which Proxmox cannot read)` }]);
    expect(String(differences[0]?.declared)).toContain(address);
    // Of a container, Proxmox reads the old line before it changes it, so that only an editor helps.
    if (kind === 'lxc') {
      expect(await convergeStep(manager, host, asked)).toMatchObject({
        outcome: 'refused',
        reason: expect.stringContaining('correct it in that file with an editor'),
        actions: [],
      });
      await host.write(conf, text);
      expect(await apply(target, target)).toEqual([]);
      return;
    }
    const [summary] = await apply(target, target);
    expect(summary).toContain(`in place of what Proxmox cannot read: net0: ${edited}`);
    const now = await cardLine();
    expect(now).toContain(address);
    expect(now).toContain('rate=5');
    expect(now).not.toContain(', ');
  });

  test('a change is refused for a line of which the node reads nothing', async () => {
    await apply(targetOf(of({})));
    const text = await host.read(conf);
    await host.write(conf, text.replace(/^(net0: .*)$/m, '$1,later=1'));
    host.forget();
    expect(await convergeStep(managerOf(kind), host, wanted(targetOf(of({ memory_mb: 1024 }))))).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/^Proxmox cannot read "net0: .*,later=1" in .*correct it in that file/),
      actions: [],
    });
    expect(host.commands).toContain(kind === 'lxc' ? 'pct config 101 --current 1' : 'qm pending 1001');
  });

  test('further interfaces are created, changed and removed', async () => {
    const network = { ...of({}).network, ip6: 'fd00::5/64', gateway6: 'fd00::1' } as const;
    const one = targetOf(of({ network }));
    await apply(one);
    expect((await lines()).join('\n')).toContain('ip6=fd00::5/64');
    const cards = [
      { ...BARE, index: 1, bridge: 'vmbr1', ip: '10.1.0.5/24', ip6: 'auto', vlan: 7, rate: 12.5 },
      { ...BARE, index: 3, ip: 'dhcp', linkDown: true },
    ];
    const more = targetOf(of({ network, networks: cards }));
    expect(await apply(more, one)).not.toEqual([]);
    const text = (await lines()).join('\n');
    for (const part of ['bridge=vmbr1', 'tag=7', 'rate=12.5', 'ip=10.1.0.5/24', 'ip6=auto', 'link_down=1'])
      expect(text).toContain(part);
    const fewer = targetOf(of({ network, networks: cards.slice(1) }));
    await apply(fewer, more);
    expect((await keys()).filter((key) => key.endsWith('1'))).toEqual([]);
    expect((await keys()).filter((key) => key.endsWith('3'))).not.toEqual([]);
  });

  test('those that people added stay, and a declaration of them is no change', async () => {
    await apply(targetOf(of({})));
    const text = await host.read(conf);
    const theirs =
      kind === 'lxc'
        ? 'net2: name=dmz,bridge=vmbr1,hwaddr=BC:24:11:00:00:77,ip=10.9.0.2/24,type=veth'
        : 'net2: e1000=BC:24:11:00:00:77,bridge=vmbr1';
    await host.write(
      conf,
      text.replace(/^net0:.*$/m, (line) => `${line}\n${theirs}`),
    );
    expect(await apply(targetOf(of({})), targetOf(of({ networks: [{ ...BARE, index: 1 }] })))).toEqual([]);
    expect(await lines()).toContainEqual(theirs);
    const said =
      kind === 'lxc'
        ? { ...BARE, index: 1, name: 'dmz', bridge: 'vmbr1', ip: '10.9.0.2/24' }
        : { ...BARE, index: 2, model: 'e1000', bridge: 'vmbr1' };
    expect(await apply(targetOf(of({ networks: [said] })))).toEqual([]);
  });

  test('without any, none is created, and the present one is removed', async () => {
    const none = targetOf(of({ network: { ...of({}).network, ip: null, bridge: null, gateway: null, none: true } }));
    await apply(none);
    expect(await keys()).toEqual([]);
    const one = targetOf(of({}));
    await apply(one, none);
    expect(await keys()).toContain('net0');
    await apply(none, one);
    expect(await keys()).toEqual([]);
  });
});

test('a container without a declared network is created without one, and keeps those that people add', async () => {
  const none = targetOf(
    container(101, { network: { ...container(101).network, ip: null, bridge: null, gateway: null } }),
  );
  await apply(none);
  const conf = await host.read('/etc/pve/lxc/101.conf');
  expect(conf).not.toMatch(/^net/m);
  await host.write(
    '/etc/pve/lxc/101.conf',
    conf.replace(/^memory/m, 'net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:78,type=veth\nmemory'),
  );
  expect(await apply(none)).toEqual([]);
});

test('a card keeps its address when it becomes another model', async () => {
  const vm = (model: string) => targetOf(machine(1001, { networks: [{ ...BARE, index: 1, model }] }));
  await apply(vm('virtio'));
  const address = /^net1: virtio=([0-9A-F:]+)/m.exec(await host.read('/etc/pve/qemu-server/1001.conf'))?.[1];
  await apply(vm('e1000'), vm('virtio'));
  expect(await host.read('/etc/pve/qemu-server/1001.conf')).toContain(`net1: e1000=${address},bridge=vmbr0`);
});

describe('rules', () => {
  const with_ = (change: (files: Files) => void): Files => {
    const files = environment();
    change(files);
    return files;
  };
  const further = (own: object) =>
    with_((files) => {
      files[LXC].lxc_configs['101'].networks = [own];
    });

  test('further interfaces and both families are written as they are meant, and nothing is found', () => {
    const files = with_((each) => {
      const web = each[LXC].lxc_configs['101'];
      Object.assign(web.network_config, { ip6: 'fd00::101/64', gw6: 'fe80::1' });
      web.networks = [{ name: 'dmz', bridge: 'vmbr1', ip: '10.8.0.1/24', ip6: 'auto', rate: 10 }];
      web.firewall.rules = [{ type: 'in', action: 'ACCEPT', iface: 'net1', source: '10.8.0.0/24' }];
    });
    expect(loadFiles(files).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const { config } = loadFiles(files);
    const records = config === null ? [] : dnsRecords(config).filter(({ name }) => name.startsWith('web.'));
    expect(records.map(({ address }) => address)).toEqual(expect.arrayContaining(['fd00:0:0:0:0:0:0:101']));
  });

  test('a reverse lookup answers the guest of the address, also where another guest’s name leads there', () => {
    const files = with_((all) => {
      all[LXC].lxc_configs['101'].role = 'gateway';
      all[VM].vms[1].name = 'docker';
      all[HYPERVISOR].portainer_api = { portainer_hostname: 'docker.example.internal' };
    });
    const { config, draft } = loadFiles(files);
    const whole = config ?? draft;
    const records = whole === null ? [] : dnsRecords(whole).filter(({ address }) => address === '10.0.0.101');
    expect(records.map(({ name }) => name).slice(0, 2)).toEqual(['web.example.internal', 'docker.example.internal']);
  });

  test('DUPLICATE_IP', () => {
    expect(found('DUPLICATE_IP', further({ ip: '10.0.0.111/24' }))).toEqual([
      '"ip": "10.0.0.111/24", | 10.0.0.111 is also the address of net1 of lxc/101 (web)',
    ]);
    const six = with_((files) => {
      files[LXC].lxc_configs['101'].network_config.ip6 = 'fd00::7/64';
      files[VM].vms[1].network_config.ip6 = 'fd00:0::7/64';
    });
    expect(found('DUPLICATE_IP', six)).toHaveLength(1);
  });

  test('DUPLICATE_MAC', () => {
    const mac = environment()[LXC].lxc_configs['101'].mac_address;
    expect(found('DUPLICATE_MAC', further({ mac_address: mac }))).toHaveLength(1);
    expect(found('DUPLICATE_MAC', further({ mac_address: '52:54:00:AA:00:01' }))).toEqual([]);
  });

  test('BAD_ADDRESS', () => {
    expect(found('BAD_ADDRESS', further({ ip: '10.7.0.5/24' }))).toHaveLength(1);
    expect(found('BAD_ADDRESS', further({ ip: '10.7.0.5/24', bridge: 'vmbr1' }))).toEqual([]);
    expect(found('BAD_ADDRESS', further({ bridge: 'vmbr1', ip6: 'fd00::5/64', gw6: 'fd01::1' }))).toHaveLength(1);
    expect(found('BAD_ADDRESS', further({ bridge: 'vmbr1', mac_address: '53:54:00:AA:00:01' }))).toHaveLength(1);
  });

  test('BAD_RULE: a rule for an interface that the guest has not', () => {
    const rule = { type: 'in', action: 'ACCEPT', iface: 'net2', source: '10.0.0.0/24' };
    const files = further({ bridge: 'vmbr1' });
    files[LXC].lxc_configs['101'].firewall.rules = [rule];
    expect(found('BAD_RULE', files)).toEqual([
      '"iface": "net2", | "net2" is an interface that the guest does not have',
    ]);
  });

  test('UNOWNED_ADDRESS: the address of a further interface is owned', () => {
    const rule = { type: 'in', action: 'ACCEPT', source: '10.0.0.44' };
    const files = further({ bridge: 'vmbr1', ip: '10.0.0.44/24' });
    files[HYPERVISOR].firewall = { ...files[HYPERVISOR].firewall, rules: [] };
    files[VM].vms[1].firewall.rules = [rule];
    expect(found('UNOWNED_ADDRESS', files)).toEqual([]);
    files[LXC].lxc_configs['101'].networks = [];
    expect(found('UNOWNED_ADDRESS', files)).toHaveLength(1);
  });

  test('INVALID_VALUE: what does not go together', () => {
    const both = with_((files) => {
      files[LXC].lxc_configs['101'].networks = [{ index: 1 }, { index: 1 }];
    });
    expect(found('INVALID_VALUE', both)).toEqual([expect.stringContaining('two interfaces are net1')]);
    const named = further({ name: 'eth0' });
    expect(found('INVALID_VALUE', named)).toEqual([expect.stringContaining('two interfaces are called eth0')]);
    const twice = with_((files) => {
      Object.assign(files[LXC].lxc_configs['101'].network_config, { ip: 'fd00::5/64', gw: 'fd00::1', ip6: 'auto' });
    });
    expect(found('INVALID_VALUE', twice)).toEqual([expect.stringContaining('"ip" is an IPv6 address already')]);
    const none = with_((files) => {
      files[LXC].lxc_configs['101'].without_network = true;
    });
    expect(found('INVALID_VALUE', none)).toEqual([expect.stringContaining('it has a network_config too')]);
    const silent = with_((files) => {
      files[LXC].lxc_configs['101'].network_config = { bridge: 'vmbr0' };
    });
    expect(found('INVALID_VALUE', silent)).toEqual([expect.stringContaining('"ip" is missing')]);
  });
});

test('a trunk of a VM passes ranges of VLANs, written in any order; a container has none', async () => {
  const of = (trunks: unknown, file: typeof LXC | typeof VM) => {
    const files = environment();
    const entry = file === VM ? files[VM].vms[1] : files[LXC].lxc_configs['101'];
    entry.network_config.trunks = trunks;
    return loadFiles(files);
  };
  const wrongAt = (trunks: unknown, file: typeof LXC | typeof VM) =>
    of(trunks, file)
      .problems.filter(({ code }) => code === 'INVALID_VALUE')
      .map(({ path }) => path);
  const declared = of([20, '2-10', 20], VM);
  expect(declared.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(declared.config?.vm.find(({ id }) => id === 1001)?.network.trunks).toEqual(['2-10', 20]);
  for (const wrong of [['10-2'], ['1-4095'], ['2-10;20'], ['x'], []])
    expect(wrongAt(wrong, VM)[0], String(wrong)).toMatch(/^\/vms\/1\/network_config\/trunks/);
  expect(wrongAt(['2-10'], LXC)).toEqual(['/lxc_configs/101/network_config/trunks/0']);
  const { network } = machine(1001);
  await apply(targetOf(machine(1001, { network: { ...network, trunks: ['2-10', 20] }, startState: 'stopped' })));
  expect(await host.read('/etc/pve/qemu-server/1001.conf')).toMatch(/^net0: .*trunks=2-10;20/m);
});
